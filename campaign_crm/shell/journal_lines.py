"""The journal as people read it: acts of the team and changes of rows, one list, newest first.

A page begins where the one before ended, at (moment, kind, number): its cost does not grow with its depth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign_crm.platform.models import AuditEntry, HistoryEntry, RecordRead, User
from campaign_crm.shell.journal import act_words
from campaign_crm.shell.journal_words import detail_words, field_words, thing_words, work_words

PAGE = 50
PERSON = "contacts.contact"
OPENED = "record.read"
CHANGES, ACTS = 1, 0  # at one moment, what became of the rows stands above the act
OUR_APPS = ("platform", "contacts", "messaging", "tracking")


@dataclass(frozen=True)
class Asked:
    """Which lines: `act` is a code of the journal, or "row.I", "row.U", "row.D"; `numbers` of `thing`."""

    who: User | None = None
    act: str = ""
    thing: str = ""
    numbers: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass
class Line:
    """One line. `earlier`: (field, value before) pairs, filled by whoever may show them."""

    at: datetime
    rank: int
    number: int
    act: str
    who: str
    things: str
    thing_url_of: int | None  # a person's number
    details: list[str]
    reason: str = ""
    entry: HistoryEntry | None = None
    earlier: list[tuple[str, str]] = field(default_factory=list)

    @property
    def cursor(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.number}"


def journal_page(asked: Asked, before: str = "") -> tuple[list[Line], str]:
    """A page of lines, and where the next begins ("" at the end).

    Who opened a record is shown when it is asked for (`OPENED`): it would hide what was done.
    """
    place = _place(before)
    if asked.act == OPENED:
        lines = [_of_opening(one) for one in _openings(asked, place)[: PAGE + 1]]
        return lines[:PAGE], lines[PAGE - 1].cursor if len(lines) > PAGE else ""
    lines = [_of_act(entry) for entry in _acts(asked, place)[: PAGE + 1]]
    lines += [_of_change(entry) for entry in _changes(asked, place)[: PAGE + 1]]
    lines.sort(key=lambda line: (line.at, line.rank, line.number), reverse=True)
    return lines[:PAGE], lines[PAGE - 1].cursor if len(lines) > PAGE else ""


def things() -> list[tuple[str, str]]:
    """(label, words) of what the journal may be asked for."""
    models = [model for label in OUR_APPS for model in apps.get_app_config(label).get_models()]
    kept = [model for model in models if getattr(model._meta, "triggers", None)]
    found = [(model._meta.label_lower, capfirst(str(model._meta.verbose_name))) for model in kept]
    return sorted(found, key=lambda one: one[1])


def _place(before: str) -> tuple[datetime, int, int] | None:
    parts = before.split("~")
    try:
        moment = parse_datetime(parts[0])
        if moment is None or timezone.is_naive(moment):
            return None
        return moment, int(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        return None


def _older(place: tuple[datetime, int, int] | None, rank: int) -> Q:
    if place is None:
        return Q()
    at, rank_there, number = place
    if rank < rank_there:
        return Q(at__lte=at)
    return Q(at__lt=at) | Q(at=at, id__lt=number) if rank == rank_there else Q(at__lt=at)


def _period(asked: Asked) -> Q:
    found = Q()
    if asked.since:
        found &= Q(at__gte=timezone.make_aware(datetime.combine(asked.since, time.min)))
    if asked.until:
        found &= Q(at__lte=timezone.make_aware(datetime.combine(asked.until, time.max)))
    return found


def _acts(asked: Asked, place: tuple[datetime, int, int] | None) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.filter(_period(asked), _older(place, ACTS)).select_related("actor")
    if asked.act:
        found = found.none() if asked.act.startswith("row.") else found.filter(action=asked.act)
    if asked.who:
        found = found.filter(actor=asked.who)
    if asked.thing:
        found = found.filter(object_type=asked.thing)
    if asked.numbers:
        found = found.filter(object_id__in=[str(number) for number in asked.numbers])
    return found.order_by("-at", "-id")


def _changes(asked: Asked, place: tuple[datetime, int, int] | None) -> QuerySet[HistoryEntry]:
    found = HistoryEntry.objects.filter(_period(asked), _older(place, CHANGES)).select_related("actor")
    if asked.act:
        by_row = asked.act.startswith("row.")
        found = found.filter(operation=asked.act.removeprefix("row.")) if by_row else found.none()
    if asked.who:
        found = found.filter(actor=asked.who)
    numbers = list(asked.numbers)
    if asked.thing == PERSON and numbers:  # also their addresses, consents, tags…
        return found.filter(people__overlap=numbers).order_by("-at", "-id")
    if asked.thing:
        found = found.filter(table=_table(asked.thing))
    if numbers:
        found = found.filter(objects_changed__overlap=numbers)
    return found.order_by("-at", "-id")


def _openings(asked: Asked, place: tuple[datetime, int, int] | None) -> QuerySet[RecordRead]:
    found = RecordRead.objects.filter(_period(asked), _older(place, ACTS)).select_related("member")
    if asked.who:
        found = found.filter(member=asked.who)
    if asked.thing:
        found = found.filter(object_type=asked.thing)
    if asked.numbers:
        found = found.filter(object_id__in=asked.numbers)
    return found.order_by("-at", "-id")


def _of_opening(opening: RecordRead) -> Line:
    return Line(
        at=opening.at,
        rank=ACTS,
        number=opening.pk,
        act=act_words(OPENED),
        who=str(opening.member),
        things=thing_words(opening.object_type, str(opening.object_id)),
        thing_url_of=opening.object_id if opening.object_type == PERSON else None,
        details=[],
    )


def _of_act(entry: AuditEntry) -> Line:
    fields = [field_words(entry.object_type, name) for name in entry.fields]
    return Line(
        at=entry.at,
        rank=ACTS,
        number=entry.pk,
        act=act_words(entry.action),
        who=str(entry.actor or _("the system")),
        things=thing_words(entry.object_type, entry.object_id),
        thing_url_of=int(entry.object_id) if entry.object_type == PERSON else None,
        details=[
            *([", ".join(fields)] if fields else []),
            *(detail_words(key, value) for key, value in entry.detail.items()),
        ],
        reason=entry.reason,
    )


def _of_change(entry: HistoryEntry) -> Line:
    label = label_of(entry.table)
    numbers = entry.objects_changed
    people = entry.people or []
    fields = [field_words(label, name) for name in entry.fields]
    return Line(
        at=entry.at,
        rank=CHANGES,
        number=entry.id,
        act=str(HistoryEntry.Operation(entry.operation).label),
        who=str(entry.actor) if entry.actor else _came_by(entry.came_by),
        things=thing_words(label, str(numbers[0])) if len(numbers) == 1 else _many(label, len(numbers)),
        thing_url_of=people[0] if len(people) == 1 else None,
        details=[
            *([", ".join(fields)] if fields else []),
            *([_way(entry.came_by)] if entry.actor and not entry.came_by.startswith("web") else []),
            *([_("import %(number)s") % {"number": entry.import_id}] if entry.import_id else []),
        ],
        entry=entry,
    )


def _many(label: str, number: int) -> str:
    model = apps.get_model(label) if "." in label else None
    name = capfirst(str(model._meta.verbose_name_plural)) if model else label
    return ngettext("%(name)s: %(n)s row", "%(name)s: %(n)s rows", number) % {"name": name, "n": number}


def _came_by(came_by: str) -> str:
    """Who it was where no member of the team is named."""
    kind, _colon, more = came_by.partition(":")
    if kind == "sql":
        return _("%(login)s, directly in the database") % {"login": more}
    if kind == "api_key":
        return _("API key %(number)s") % {"number": more}
    return _("a visitor") if kind == "web" else _("the system")


def _way(came_by: str) -> str:
    kind, _colon, more = came_by.partition(":")
    return work_words(more) if kind == "job" else _came_by(came_by)


def earlier_words(entry: HistoryEntry, values: dict[str, Any]) -> list[tuple[str, str]]:
    """(field, value before) as people read them, without numbers; of a removed row, what was filled."""
    label = label_of(entry.table)
    hidden = {"id", "contact_id", "created_at", "created_by_import_id"}
    shown: Iterable[tuple[str, Any]] = sorted(values.items())
    if entry.operation == HistoryEntry.Operation.DELETE:
        shown = ((name, value) for name, value in shown if value not in (None, "", {}, []))
    return [
        (field_words(label, name), "–" if value in (None, "") else str(value))
        for name, value in shown
        if name not in hidden
    ]


@lru_cache(maxsize=256)
def label_of(table: str) -> str:
    """`contacts_emailaddress` → "contacts.emailaddress"; the table of an earlier version as it is."""
    for model in apps.get_models():
        if model._meta.db_table == table:
            return str(model._meta.label_lower)
    return table


def _table(label: str) -> str:
    try:
        return apps.get_model(label)._meta.db_table
    except (LookupError, ValueError):
        return ""
