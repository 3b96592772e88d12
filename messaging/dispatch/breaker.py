"""When one family of mailboxes refuses, returns or reports too much of a mailing, its rows alone wait.

Judged on the ledger's own counts: not below `AT_LEAST` accepted messages, and only when the lower bound of
the 95 % interval passes the limit, so that an accident of small numbers stops nobody. A paused family's rows
are *parked*: due so far away that no claim walks over them. A person lets them go on, and counting begins
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from campaign_crm.platform import audit
from messaging.dispatch.families import label_of
from messaging.dispatch.intervals import wilson_lower
from messaging.dispatch.notices import language_of, tell_author
from messaging.enums import CampaignState
from messaging.models import Campaign, FamilyPause

AT_LEAST = 500
"""Accepted messages before anything is said of a family."""

PARK_LIMIT = 10_000  # rows a statement
PARKED_DAYS = 36_500
"""Parked rows are due so much later, and again at their own time afterwards; nothing else waits so long."""


class Trouble(StrEnum):
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


LIMITS: Mapping[Trouble, float] = {
    Trouble.REFUSED: 0.10,
    Trouble.BOUNCED: 0.05,
    Trouble.COMPLAINED: 0.003,  # Gmail and Yahoo, sender rules of 2024: never 0.3 %
}
WORDS: Mapping[Trouble, str] = {
    Trouble.REFUSED: gettext_noop("%(family)s refuses too many messages (surely over %(limit)s %%)"),
    Trouble.BOUNCED: gettext_noop("%(family)s returns too many messages (surely over %(limit)s %%)"),
    Trouble.COMPLAINED: gettext_noop(
        "Too many readers at %(family)s report it as spam (surely over %(limit)s %%)"
    ),
}


@dataclass(frozen=True)
class Tally:
    """One family's rows of a mailing. `accepted`: also what came back later; `refused`: by their servers."""

    accepted: int = 0
    refused: int = 0
    bounced: int = 0
    complained: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(mine + theirs for mine, theirs in zip(self._values(), other._values(), strict=True)))

    def since(self, before: Mapping[str, int]) -> Tally:
        """Without what was counted before."""
        return Tally(**{name: max(0, value - before.get(name, 0)) for name, value in asdict(self).items()})

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    def _values(self) -> tuple[int, ...]:
        return (self.accepted, self.refused, self.bounced, self.complained)


class Verdict(NamedTuple):
    """Why a family should be paused: its trouble, how much there surely is of it, and how much may be."""

    trouble: Trouble
    share: float
    limit: float


def judge(tally: Tally) -> Verdict | None:
    """The first trouble whose lower bound passes its limit; None while there is too little to say."""
    if tally.accepted < AT_LEAST:
        return None
    shares = {
        Trouble.REFUSED: wilson_lower(tally.refused, tally.accepted + tally.refused),
        Trouble.BOUNCED: wilson_lower(tally.bounced, tally.accepted),
        Trouble.COMPLAINED: wilson_lower(tally.complained, tally.accepted),
    }
    for trouble, share in shares.items():
        if share > LIMITS[trouble]:
            return Verdict(trouble, share, LIMITS[trouble])
    return None


def watch_families(campaign: Campaign, tallies: Mapping[str, Tally], domains: Mapping[str, list[str]]) -> int:
    """Pause the families of a mailing that have come to a limit; returns how many.

    `tallies` by family, `domains`: those of each family that the mailing writes to.
    """
    pauses = list(FamilyPause.objects.filter(campaign=campaign).order_by("paused_at"))
    before = {pause.family: pause.counts for pause in pauses}
    held = {pause.family: pause for pause in pauses if pause.released_at is None}
    for family, pause in held.items():
        _add_domains(pause, domains.get(family, []))
    paused = 0
    for family, tally in tallies.items():
        verdict = judge(tally.since(before.get(family, {}))) if family not in held else None
        if verdict is not None:
            paused += _pause(campaign, family, domains[family], verdict, tally)
    if pauses or paused:
        park(campaign)
        unpark_released(campaign)
    return paused


def _add_domains(pause: FamilyPause, domains: Iterable[str]) -> None:
    """Domains that were learnt to be of the family since it was paused wait too."""
    known = set(pause.domains)
    if not known.issuperset(domains):
        FamilyPause.objects.filter(pk=pause.pk).update(domains=sorted(known.union(domains)))


def reason_of(pause: FamilyPause) -> str:
    """Why it waits, in the active language."""
    limit = number_format(f"{pause.limit * 100:g}", use_l10n=True)
    return _(WORDS[Trouble(pause.kind)]) % {"family": label_of(pause.family), "limit": limit}


def release(pause: FamilyPause, tally: Tally) -> None:
    """Let a family's rows go on; `tally`, as counted now, no longer speaks against it."""
    FamilyPause.objects.filter(pk=pause.pk).update(released_at=timezone.now(), counts=tally.as_json())
    unpark_released(pause.campaign)


_LATER = f"due_at + interval '{PARKED_DAYS} days'"
_AS_BEFORE = f"due_at - interval '{PARKED_DAYS} days'"
# Asked by the statement that moves the rows, not before it: a person may release a family meanwhile.
_HELD = """lower(split_part(address, '@', 2)) IN (
    SELECT unnest(domains) FROM messaging_familypause
    WHERE campaign_id = %(campaign)s AND released_at IS NULL)"""
_SHIFT = """
WITH found AS (
    SELECT ctid AS place FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND state IN ('queued', 'retry_wait')
        AND {which}
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE messaging_delivery d SET due_at = {due} FROM found
WHERE d.ledger_month = %(month)s AND d.ctid = found.place AND d.state IN ('queued', 'retry_wait')
"""
_WAITING, _PARKED = "due_at < now() + interval '1 year'", "due_at > now() + interval '1 year'"


def park(campaign: Campaign) -> int:
    """Put the waiting rows of paused families out of every claim's way; returns how many."""
    return _shift(campaign, f"{_WAITING} AND {_HELD}", _LATER)


def unpark_released(campaign: Campaign) -> int:
    """Make parked rows due that are of no paused family; returns how many.

    Rows that another statement holds are passed over: each watch asks again.
    """
    return _shift(campaign, f"{_PARKED} AND NOT {_HELD}", _AS_BEFORE)


def unpark(campaign: Campaign) -> int:
    """Make all parked rows due; returns how many."""
    return _shift(campaign, _PARKED, _AS_BEFORE)


def _shift(campaign: Campaign, which: str, due: str) -> int:
    shifted = 0
    statement = _SHIFT.format(which=which, due=due)
    values: dict[str, Any] = {
        "month": campaign.ledger_month,
        "campaign": campaign.pk,
        "limit": PARK_LIMIT,
    }
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            if not cursor.rowcount:
                return shifted
            shifted += cursor.rowcount


def _pause(campaign: Campaign, family: str, domains: list[str], verdict: Verdict, tally: Tally) -> int:
    with transaction.atomic(), override(language_of(campaign)):
        sending = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
        if sending.state != CampaignState.SENDING:
            return 0
        pause = FamilyPause.objects.create(
            campaign=campaign,
            family=family,
            domains=sorted(domains),
            kind=verdict.trouble,
            share=verdict.share,
            limit=verdict.limit,
            counts=tally.as_json(),
        )
        audit.record(
            action="campaign.pause_family",
            on=campaign,
            by=None,
            detail={"family": family, "trouble": verdict.trouble.value, "share": round(verdict.share, 5)},
        )
        message = _("“%(name)s” waits at one family of mailboxes: %(reason)s") % {
            "name": campaign.name,
            "reason": reason_of(pause),
        }
        tell_author(campaign, "campaign.family_paused", message)
    return 1
