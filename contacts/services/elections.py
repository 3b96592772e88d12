"""Writing down elections, and who is muted when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import AreaTime, Election, ElectionRound, SilenceWindow, Territory
from contacts.models.election import POLLS_CLOSE
from contacts.rules.hours import areas
from contacts.rules.silence import windows_of


class ElectionRefused(ContactsError):
    """What is asked of an election cannot be; the message says why."""


@dataclass(frozen=True)
class Round:
    """One day of voting in mainland France, and when its last polls close there."""

    day: date
    closes_at: time = POLLS_CLOSE


@transaction.atomic
def save_election(
    *,
    name: str,
    suffrage: str,
    rounds: Sequence[Round],
    territory: Territory | None = None,
    election: Election | None = None,
    by: User | None,
) -> Election:
    """Write an election with its one or two rounds, and compute the silence of each.

    Raises ElectionRefused while a silence of it holds: it cannot be moved away; ValidationError for a value.
    """
    if not rounds:
        raise ElectionRefused(_("Say on which day people vote."))
    if len(rounds) > 1 and rounds[1].day <= rounds[0].day:
        raise ElectionRefused(_("The second round comes after the first."))
    is_new = election is None
    election = election or Election(created_by=by)
    if not is_new:
        _not_silent_now(election)
    election.name, election.suffrage, election.territory = name.strip(), suffrage, territory
    election.full_clean()
    election.save()
    election.rounds.all().delete()
    for number, one in enumerate(rounds, start=1):
        written = ElectionRound.objects.create(
            election=election, number=number, day=one.day, closes_at=one.closes_at
        )
        SilenceWindow.objects.bulk_create(
            SilenceWindow(
                round=written,
                territory=territory,
                areas=list(window.areas),
                begins_at=window.begins_at,
                ends_at=window.ends_at,
            )
            for window in windows_of(one.day, one.closes_at, suffrage)
        )
    audit.record(
        action="election.create" if is_new else "election.update",
        on=election,
        by=by,
        detail={"rounds": [one.day.isoformat() for one in rounds]},
    )
    return election


@transaction.atomic
def delete_election(*, election: Election, by: User | None) -> None:
    """Forget an election; refused while its silence holds."""
    _not_silent_now(election)
    audit.record(action="election.delete", on=election, by=by)
    election.delete()


def votes_to_come() -> tuple[date, ...]:
    """Voting days from today on, the next one first, of every election that is written down."""
    days = ElectionRound.objects.filter(day__gte=timezone.localdate()).order_by("day")
    return tuple(days.values_list("day", flat=True))


def _not_silent_now(election: Election) -> None:
    now = timezone.now()
    windows = SilenceWindow.objects.filter(round__election=election)
    if windows.filter(begins_at__lte=now, ends_at__gt=now).exists():
        raise ElectionRefused(
            _("The silence of this election has begun: it can be changed once the polls have closed.")
        )


def write_area_times() -> int:
    """Keep local times and public holidays of every place as the libraries have them; returns how many."""
    found = [
        AreaTime(area=area, zones=list(zones), holidays=public_holidays)
        for area, zones, public_holidays in areas()
    ]
    AreaTime.objects.bulk_create(
        found, update_conflicts=True, unique_fields=["area"], update_fields=["zones", "holidays"]
    )
    return len(found)
