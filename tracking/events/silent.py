"""The silence before a vote and events (Code électoral, art. L49).

No event takes place inside it, and public pages stay as they are while it holds. Cancelling is possible at
any moment, and so are registering and leaving.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.services.silence import Silence, begins_between, silence_for, silence_of_page
from tracking.errors import PublicPagesAreSilent
from tracking.events.errors import EventRefused
from tracking.events.places import places_of
from tracking.events.slots import SlotPlan
from tracking.models import Event


def ask_page_may_change(event: Event) -> None:
    """Raises PublicPagesAreSilent while the silence of its place holds."""
    silence = silence_of_page(places_of(event), timezone.now())
    if silence is not None:
        message = _(
            "The silence before “%(election)s” holds until %(end)s: public pages stay as they are. An event "
            "may be cancelled, or prepared as a draft and published afterwards."
        )
        raise PublicPagesAreSilent(message % {"election": silence.election, "end": silence.until})


def ask_dates_allowed(event: Event, slots: Sequence[SlotPlan]) -> None:
    """Raises EventRefused for a date inside a silence of its place."""
    for slot in slots:
        silence = silence_of_slot(event, slot)
        if silence is not None:
            message = _(
                "The silence before “%(election)s” holds until %(end)s: no event takes place then. Choose "
                "another date."
            )
            raise EventRefused(message % {"election": silence.election, "end": silence.until})


def silence_of_slot(event: Event, slot: SlotPlan) -> Silence | None:
    """What mutes the place of an event while a slot lasts."""
    places = places_of(event)
    begins = [begin.at for round_ in begins_between(places, slot.starts_at, slot.ends_at) for begin in round_
              if begin.of_all]  # fmt: skip
    moments = [slot.starts_at, *begins, slot.ends_at]
    return next((found for moment in moments if (found := silence_for(places, moment))), None)
