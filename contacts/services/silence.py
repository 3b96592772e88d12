"""Whether the silence before a vote (Code électoral, art. L49) holds: the one place where it is asked.

Each message is asked again at hand-over, in SQL (`contacts.rules.silence`). Here whole pieces of work are:
a file of letters, a list of calls, a public page, a mailing that is planned. None of them is muted while the
rulebook does not refuse it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.enums import TerritoryKind
from contacts.models import (
    Contact,
    Election,
    ElectoralRegistration,
    PostalAddress,
    SilenceWindow,
    Territory,
    TerritoryAncestor,
)
from contacts.rules.rulebook import refuses
from contacts.rules.silence import MARGIN, windows_sql
from contacts.territories.zones import OVERSEAS

RULE = "silence"
MAINLAND = ""

_MUTED = """SELECT count(*) FROM contacts_contact c
CROSS JOIN LATERAL (SELECT c.id AS contact_id, coalesce((
    SELECT t.code FROM contacts_territoryancestor a JOIN contacts_territory t ON t.id = a.ancestor_id
    WHERE a.descendant_id = c.commune_id AND t.kind = 'department' LIMIT 1), '') AS department) person
WHERE c.id IN ({people}) AND EXISTS (SELECT {windows})"""


@dataclass(frozen=True)
class Silence:
    """The silence of one vote, in the time of one place."""

    election: Election
    begins_at: datetime
    ends_at: datetime

    @property
    def is_everywhere(self) -> bool:
        return self.election.territory_id is None

    @property
    def until(self) -> str:
        """Its end, as people read it."""
        return date_format(timezone.localtime(self.ends_at), "DATETIME_FORMAT")


def silence_for(territories: Collection[int] | None, moment: datetime) -> Silence | None:
    """What mutes some territories at a moment; None: the whole country, in the time of mainland France.

    A vote of part of the country mutes the territories that it has a place in common with. A mailing to the
    whole country is not muted by it: its people who vote there are, each by themselves.
    """
    found = (window for window in _windows_at(moment) if _mutes(window, territories))
    return _first(found)


def silence_anywhere(moment: datetime) -> Silence | None:
    """What mutes anybody at all: for messages to people of whom it is not known where they live."""
    return _first(_windows_at(moment))


def silence_of_page(territories: Collection[int] | None, moment: datetime) -> Silence | None:
    """What keeps a public page as it is, about some territories or about none (None).

    A page about no place is read wherever people vote: any vote mutes it, in the time of its own place.
    """
    if territories is not None:
        return silence_for(territories, moment)
    found = (
        window
        for window in _windows_at(moment)
        if _mutes(window, None if window.territory_id is None else [window.territory_id])
    )
    return _first(found)


@dataclass(frozen=True)
class Begin:
    """When a silence begins somewhere; `of_all`: in all of the territories that were asked about."""

    at: datetime
    of_all: bool


def begins_between(territories: Collection[int] | None, start: datetime, end: datetime) -> list[list[Begin]]:
    """When silences begin within some time, a list a round of voting, the first one first.

    `territories` None: the whole country.
    """
    if not refuses(RULE):
        return []
    windows = SilenceWindow.objects.filter(begins_at__gt=start, begins_at__lt=end).order_by("begins_at")
    rounds: dict[int, list[Begin]] = {}
    for window in windows:
        begin = Begin(window.begins_at, _mutes(window, territories))
        rounds.setdefault(window.round_id, []).append(begin)
    return list(rounds.values())


def count_muted(people: QuerySet[Contact], moment: datetime) -> int:
    """How many of some people are muted at a moment, each asked as at hand-over."""
    windows = _windows_at(moment)
    if not windows:
        return 0
    if all(window.areas or window.territory_id is not None for window in windows):
        people = people.filter(_perhaps_muted(windows))
    try:
        chosen, values = people.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    sql = _MUTED.replace("{people}", chosen).replace(
        "{windows}", "true " + windows_sql("person", now="%s::timestamptz")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, moment, moment])
        return int(cursor.fetchone()[0])


def _windows_at(moment: datetime) -> list[SilenceWindow]:
    """Those that are open, the ones of the whole country first; none while the rule refuses nothing."""
    found = SilenceWindow.objects.filter(begins_at__lte=moment + MARGIN, ends_at__gt=moment)
    windows = list(found.select_related("round__election__territory").order_by("-ends_at"))
    if not windows or not refuses(RULE):
        return []
    return sorted(windows, key=lambda window: (window.territory_id is not None, bool(window.areas)))


def _first(windows: Collection[SilenceWindow] | Iterator[SilenceWindow]) -> Silence | None:
    window = next(iter(windows), None)
    return None if window is None else Silence(window.round.election, window.begins_at, window.ends_at)


def _mutes(window: SilenceWindow, territories: Collection[int] | None) -> bool:
    """Whether a window is that of some territories, or of the whole country (None)."""
    if territories is None:
        return window.territory_id is None and not window.areas
    if window.territory_id is not None and not _overlap(window.territory_id, territories):
        return False
    areas = _areas_of(territories)
    if not areas or areas.intersection(window.areas):
        return True
    if window.areas:
        return False
    others = SilenceWindow.objects.filter(round=window.round_id).values_list("areas", flat=True)
    return bool(areas.difference(*others))


def _overlap(one: int, territories: Collection[int]) -> bool:
    if one in territories:
        return True
    inside = TerritoryAncestor.objects.filter(ancestor__in=territories).values("descendant")
    return bool(TerritoryAncestor.objects.filter(ancestor=one, descendant__in=inside).exists())


def _areas_of(territories: Collection[int]) -> frozenset[str]:
    """Areas of time that territories lie in: overseas codes, or mainland; none when it is not known."""
    above = TerritoryAncestor.objects.filter(descendant__in=territories).values("ancestor")
    below = TerritoryAncestor.objects.filter(ancestor__in=territories).values("descendant")
    departments = Territory.objects.filter(
        Q(pk__in=territories) | Q(pk__in=above) | Q(pk__in=below), kind=TerritoryKind.DEPARTMENT
    ).values_list("code", flat=True)
    return frozenset(code if code in OVERSEAS else MAINLAND for code in departments)


def _perhaps_muted(windows: Collection[SilenceWindow]) -> Q:
    """Whom to look at one by one where the country is not silent: overseas, abroad, in a by-election."""
    found = Q(pk__in=[])
    if codes := {area for window in windows for area in window.areas}:
        overseas = TerritoryAncestor.objects.filter(
            descendant=OuterRef("commune"), ancestor__kind=TerritoryKind.DEPARTMENT, ancestor__code__in=codes
        )
        abroad = PostalAddress.objects.filter(contact=OuterRef("pk")).exclude(country="")
        found |= Q(Exists(overseas)) | Q(Exists(abroad))
    if voting := {window.territory_id for window in windows if window.territory_id is not None}:
        inside = TerritoryAncestor.objects.filter(ancestor__in=voting).values("descendant")
        around = TerritoryAncestor.objects.filter(descendant__in=inside).values("ancestor")
        registered = ElectoralRegistration.objects.filter(contact=OuterRef("pk"), polling_station__in=around)
        found |= Q(commune__in=around) | Q(Exists(registered))
    return found


def why_silent(silence: Silence) -> str:
    """The sentence for staff: what holds, and until when."""
    return _(
        "The silence before “%(election)s” holds until %(end)s: nothing political leaves. "
        "Choose another moment."
    ) % {"election": silence.election, "end": silence.until}
