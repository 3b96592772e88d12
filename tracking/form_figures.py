"""What forms brought: counters for the public, figures for the team."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import TruncDate
from django.utils import timezone

from campaign_crm.platform.caching import remembered
from tracking.enums import Confirmation, SubmissionState
from tracking.forms.content import Block, Content
from tracking.models import Form, Submission

COUNTED_SECONDS = 60  # a count of every answer: a minute old at most
COUNTER_SECONDS = 15  # of what the public sees, also whoever has just signed
NAMES_SHOWN = 12
DAYS_SHOWN = 30
CREDITS_SHOWN = 12
WORDS_SHOWN = 50


@dataclass(frozen=True)
class Counter:
    """A petition's: signatures, the goal (0: none), and the last names of those who agreed to be named."""

    count: int
    goal: int
    label: dict[str, str]
    names: list[str]

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.count / self.goal)) if self.goal else 0

    @property
    def left(self) -> int:
        return max(0, self.goal - self.count)


def signatures(form: Form) -> QuerySet[Submission]:
    """Answers that the public may be told of: of a strict form, those whose address was confirmed."""
    found = Submission.objects.filter(form=form, state=SubmissionState.ACCEPTED)
    return found if form.confirmation == Confirmation.SOFT else found.filter(confirmed_at__isnull=False)


def counter_of(form: Form, content: Content) -> Counter | None:
    """The counter that a form shows; None without its block."""
    block = next(iter(content.of_type("counter")), None)
    if block is None or form.pk is None:
        return None
    count, names = remembered(
        f"form-counter-{form.pk}", seconds=COUNTER_SECONDS, compute=lambda: _count(form)
    )
    shown = names if block.values["names"] else []
    return Counter(count, block.values["goal"], block.values["label"], shown)


def _count(form: Form) -> tuple[int, list[str]]:
    found = signatures(form)
    named = found.filter(shows_name=True, contact__erased_at=None, contact__isnull=False)
    people = named.select_related("contact").order_by("-at")[:NAMES_SHOWN]
    names = (f"{one.contact.first_name} {one.contact.last_name}".strip() for one in people if one.contact)
    return found.count(), [name for name in names if name]


@dataclass(frozen=True)
class Line:
    """One bar of a chart: what, how many, and its share of the largest (percent)."""

    label: Any
    count: int
    share: int


@dataclass(frozen=True)
class Question:
    """How one question of a survey was answered; `answered`: by how many people."""

    block: Block
    label: str
    answered: int
    lines: list[Line]
    words: list[str]
    mean: float | None = None


@dataclass(frozen=True)
class Totals:
    answers: int
    counted: int
    unconfirmed: int
    waiting: int


def totals_of(form: Form) -> Totals:
    """How the answers of a form stand."""
    counted = Q(confirmed_at__isnull=False) | Q(counted_at__isnull=False)
    accepted = Q(state=SubmissionState.ACCEPTED)

    return Totals(
        **form.submissions.aggregate(
            answers=Count("pk", filter=accepted),
            counted=Count("pk", filter=accepted & counted),
            unconfirmed=Count("pk", filter=accepted & ~counted & Q(address_hash__isnull=False)),
            waiting=Count("pk", filter=Q(state=SubmissionState.WAITING)),
        )
    )


@dataclass(frozen=True)
class Report:
    """What the page of a form shows of its answers; a minute old at most."""

    totals: Totals
    days: list[tuple[date, int]]
    credits: list[Line]
    questions: list[Question]


def report_of(form: Form, language: str) -> Report:
    def read() -> Report:
        questions = questions_of(form, form.content, language)
        return Report(totals_of(form), by_day(form), by_credit(form), questions)

    return remembered(f"form-report-{form.pk}-{language}", seconds=COUNTED_SECONDS, compute=read)


def by_day(form: Form, *, today: date | None = None) -> list[tuple[date, int]]:
    """Accepted answers of each of the last days, also of those without any."""
    last = today or timezone.localdate()
    first = last - timedelta(days=DAYS_SHOWN - 1)
    found = dict(
        _accepted(form)
        .filter(at__date__gte=first)
        .annotate(day=TruncDate("at"))
        .values_list("day")
        .annotate(count=Count("pk"))
    )
    days = [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
    return [(day, found.get(day, 0)) for day in days]


def by_credit(form: Form) -> list[Line]:
    """Where answers came from, most first; "" for those whose link said nothing."""
    rows = _accepted(form).values_list("credit").annotate(count=Count("pk")).order_by("-count", "credit")
    return _lines(list(rows[:CREDITS_SHOWN]))


def questions_of(form: Form, content: Content, language: str) -> list[Question]:
    """The answers to each question, in one query a question."""
    asked = content.of_type("choice", "scale", "words")
    return [_question(form, block, content, language) for block in asked]


def _question(form: Form, block: Block, content: Content, language: str) -> Question:
    label = content.said(block.values["label"], language)
    if block.type == "words":
        rows = _accepted(form).filter(data__answers__has_key=block.id).order_by("-at")
        said = KeyTextTransform(block.id, KeyTransform("answers", "data"))
        texts = rows.annotate(said=said).values_list("said", flat=True)
        return Question(block, label, rows.count(), [], [str(text) for text in texts[:WORDS_SHOWN]])
    counts, answered = _options(form, block.id)
    options = [(content.said(one["label"], language), counts.get(one["id"], 0)) for one in block.options]
    mean = None
    if block.type == "scale" and answered:
        mean = sum(int(value) * count for value, count in counts.items() if value.isdecimal()) / answered
    return Question(block, label, answered, _lines(options), [], mean)


def _options(form: Form, block_id: str) -> tuple[dict[str, int], int]:
    """How often each option was chosen, and by how many people at all."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN, {"form": form.pk, "block": block_id})
        counts = dict(cursor.fetchall())
    answered = counts.pop(None, 0)
    return counts, answered


# One row an option, and one (null) of how many answered.
_CHOSEN = """
WITH given AS (
    SELECT id, data->'answers'->%(block)s AS chosen FROM tracking_submission
    WHERE form_id = %(form)s AND state = 'accepted' AND jsonb_typeof(data->'answers'->%(block)s) = 'array')
SELECT option, count(*) FROM given, jsonb_array_elements_text(chosen) AS option GROUP BY option
UNION ALL SELECT NULL, count(*) FROM given
"""


def _accepted(form: Form) -> QuerySet[Submission]:
    return Submission.objects.filter(form=form, state=SubmissionState.ACCEPTED)


def _lines(counts: Sequence[tuple[Any, int]]) -> list[Line]:
    most = max((count for _label, count in counts), default=0) or 1
    return [Line(label, count, round(100 * count / most)) for label, count in counts]
