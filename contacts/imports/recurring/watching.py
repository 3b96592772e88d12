"""What happens by itself: places are looked at when it is time, and their imports go on or wait for a person.

The tick reads no place: it decides what can be decided, and what is due becomes a job.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaign_crm.platform.jobs import JobFailed, JobStopped, RunningJob, enqueue, handler
from campaign_crm.platform.locks import only_one
from campaign_crm.platform.logs import plain
from campaign_crm.platform.models import Job, Notification, User
from contacts.imports.errors import ImportProblem
from contacts.imports.notices import LONGEST
from contacts.imports.profiles import KEPT_OPTIONS
from contacts.imports.recurring.schedule import next_of
from contacts.imports.recurring.taking import take
from contacts.imports.remembered import reading_of
from contacts.imports.service import enqueue_run
from contacts.imports.signatures import keys_of, signature_of
from contacts.imports.sketch import Layout
from contacts.models import Import, RecurringImport

logger = logging.getLogger(__name__)

LOOK_JOB = "contacts.recurring_look"
REJECTED, NEW, SHORT_ROWS, FILLED = "rejected", "new", "short_rows", "filled"
"""Why an import waits for a person after its preview: `questions` of RecurringImport."""

MOST_MAPPINGS = 20  # layouts of files that one recurring import remembers
State = Import.State


@handler(LOOK_JOB)
def look(job: RunningJob) -> None:
    """Look at one place; what is wrong with it is written beside it, and the next look comes as planned."""
    with only_one(f"contacts.recurring.{job.payload['recurring']}") as held:
        every = RecurringImport.objects.select_related("source", "created_by")
        found = every.filter(pk=job.payload["recurring"]).first()
        if held and found is not None and found.open_import_id is None:
            with translation.override(_language(found)):
                _look(found)


def _look(recurring: RecurringImport) -> None:
    try:
        taken = take(recurring)
    except ImportProblem as problem:
        _note(recurring, str(problem), next_at=next_of(recurring))
        return
    except (DatabaseError, JobStopped):
        raise  # tried again by another worker
    except Exception as error:
        logger.exception("Recurring import %s failed", recurring.pk)
        _note(
            recurring, _("Something failed on our side. Ask the administrator."), next_at=next_of(recurring)
        )
        raise JobFailed(plain(error)) from error
    next_at = timezone.now() if taken.more else next_of(recurring)
    _note(recurring, taken.problem, next_at=next_at)
    if taken.run is not None and (questions := _questions(recurring)):
        _tell(recurring, waiting_words(questions))


def tick() -> None:
    """Go on with what was taken, and have the places looked at whose time has come."""
    open_ones = RecurringImport.objects.exclude(open_import=None).filter(
        ~Q(open_import__state__in=[State.PREVIEWING, State.RUNNING])
    )
    for recurring in open_ones.select_related("open_import", "created_by"):
        with translation.override(_language(recurring)):
            go_on(recurring)
    for recurring in RecurringImport.objects.due().select_related("job"):
        if recurring.job is None or recurring.job.finished_at is not None:
            enqueue_look(recurring, by=None)


@transaction.atomic
def enqueue_look(recurring: RecurringImport, *, by: User | None) -> Job:
    """Have a place looked at now."""
    job = enqueue(kind=LOOK_JOB, payload={"recurring": recurring.pk}, by=by)
    RecurringImport.objects.filter(pk=recurring.pk).update(job=job)
    return job


def go_on(recurring: RecurringImport) -> None:
    """Run the import that was previewed when nothing about it is unusual; let go of one that ended."""
    run = recurring.open_import
    if run is None:
        return
    if run.state == State.PREVIEWED and not recurring.questions:
        _decide(recurring, run)
    elif run.state == State.DONE:
        _learn(recurring, run)
    elif run.state == State.FAILED and run.options.get("short_rows"):
        _ask_about_short_rows(recurring, run)
    elif run.state in (State.FAILED, State.CANCELLED, State.UNDOING, State.UNDONE):
        _let_go(recurring)


def _decide(recurring: RecurringImport, run: Import) -> None:
    questions = unusual(recurring, run.preview)
    if questions:
        RecurringImport.objects.filter(pk=recurring.pk).update(questions=questions)
        _tell(recurring, waiting_words(questions))
        return
    try:
        enqueue_run(run=run, by=recurring.created_by)
    except ImportProblem as problem:  # its source or list is not what it was
        _note(recurring, str(problem))


def _ask_about_short_rows(recurring: RecurringImport, run: Import) -> None:
    """Only a person can say that missing cells are empty; of the next file it is known (`_learn`)."""
    if any(one["code"] == SHORT_ROWS for one in recurring.questions):
        return
    asked = {"code": SHORT_ROWS, "found": run.options["short_rows"]}
    RecurringImport.objects.filter(pk=recurring.pk).update(questions=[*recurring.questions, asked])
    _tell(recurring, waiting_words([asked]))


def unusual(recurring: RecurringImport, preview: dict[str, Any]) -> list[dict[str, Any]]:
    """What a person should look at before this is written; nothing when the import may run by itself."""
    found = []
    rows, rejected, new = (preview.get(name, 0) for name in ("rows", "rejected", "new"))
    share = round(100 * rejected / rows, 1) if rows else 0
    if share > recurring.most_rejected:
        found.append({"code": REJECTED, "found": share, "limit": recurring.most_rejected})
    if recurring.most_new is not None and new > recurring.most_new:
        found.append({"code": NEW, "found": new, "limit": recurring.most_new})
    return found


def _learn(recurring: RecurringImport, run: Import) -> None:
    """Keep how a person, or an earlier file, had the columns read: the next file is read like that."""
    signature, kept = learnt(run)
    mappings = {key: one for key, one in recurring.mappings.items() if key != signature}
    mappings = dict([*mappings.items(), (signature, kept)][-MOST_MAPPINGS:])
    options = {key: run.options[key] for key in KEPT_OPTIONS if run.options.get(key)}
    RecurringImport.objects.filter(pk=recurring.pk).update(mappings=mappings, options=options)
    _let_go(recurring)


def learnt(run: Import) -> tuple[str, dict[str, Any]]:
    """The signature of an import's columns, what they hold, and how the file was read."""
    header: list[str] = run.layout["header"]
    keys = keys_of(header)
    columns = {keys[int(index)]: field for index, field in run.mapping.items()}
    return signature_of(header), {
        "columns": columns,
        "month_first": bool(run.layout.get("month_first")),
        "reading": reading_of(Layout.from_json(run.layout)),
    }


def _let_go(recurring: RecurringImport) -> None:
    """The import has ended: the next file may come."""
    RecurringImport.objects.filter(pk=recurring.pk).update(open_import=None, questions=[])


def _note(recurring: RecurringImport, problem: str, **values: Any) -> None:
    """Write what a look found; whoever set it up is told of a new problem once, not at every look."""
    RecurringImport.objects.filter(pk=recurring.pk).update(error=problem, checked_at=Now(), **values)
    if problem and problem != recurring.error:
        logger.warning("Recurring import %s failed", recurring.pk)
        _tell(recurring, problem)


def _tell(recurring: RecurringImport, words: str) -> None:
    if recurring.created_by_id is None:
        return
    message = _("Recurring import “%(name)s”: %(words)s") % {"name": recurring.name, "words": words}
    Notification.objects.create(
        user_id=recurring.created_by_id,
        kind="import.recurring",
        message=message[:LONGEST],
        url=reverse("contacts:recurring", args=[recurring.pk]),
    )


def questions_of(run: Import) -> list[dict[str, Any]]:
    """Why the open import of a recurring one waits, as it is now: what was said of short rows is said."""
    asked = RecurringImport.objects.filter(open_import=run).values_list("questions", flat=True).first() or []
    is_said = bool(run.layout.get("may_pad"))
    return [{**one, "code": FILLED} if is_said and one["code"] == SHORT_ROWS else one for one in asked]


def waiting_words(questions: list[dict[str, Any]]) -> str:
    """Why an import waits, in a sentence for each reason."""
    words = {
        "encoding": _(
            "its accents are doubtful, it may be in %(found)s: go back to the step “File” and choose its "
            "encoding."
        ),
        "sheet": _(
            "its sheet is “%(found)s”, and not “%(limit)s” as before: look at the preview and run it, or "
            "take another sheet."
        ),
        "columns": _("its columns are new: say what they hold, look at the preview and run it."),
        SHORT_ROWS: _(
            "%(found)s lines have fewer cells than the header: say that the missing ones are empty, if a "
            "spreadsheet left them out. The next files are then read like that too."
        ),
        FILLED: _(
            "the missing cells of %(found)s lines are taken as empty: look at the preview and run it. The "
            "next files are then read like that too."
        ),
        REJECTED: _("%(found)s %% of the rows are rejected, more than the usual %(limit)s %%."),
        NEW: _("%(found)s people or electors would be new, more than the usual %(limit)s."),
        "gone": _("%(found)s %% of the cards are gone there, more than the usual %(limit)s %%."),
    }
    return " ".join(words[one["code"]] % one for one in questions)


def _questions(recurring: RecurringImport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = RecurringImport.objects.values_list("questions", flat=True).get(
        pk=recurring.pk
    )
    return found


def _language(recurring: RecurringImport) -> str:
    return getattr(recurring.created_by, "language", "") or settings.LANGUAGE_CODE
