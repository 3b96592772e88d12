"""How often a person is written to at most, by their own word."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from contacts.enums import Channel
from contacts.models import ChosenFrequency, Contact


def chosen_days(contact: Contact, channel: Channel) -> int:
    """At least so many days between two messages; 0 when the person chose nothing."""
    found = ChosenFrequency.objects.filter(contact=contact, channel=channel).aggregate(days=Max("days"))
    return found["days"] or 0


@transaction.atomic
def choose_frequency(*, contact: Contact, channel: Channel, days: int) -> bool:
    """Write down the person's choice (0: no limit); True when it was another before.

    Raises ValueError for a number of days that is not offered.
    """
    if days and days not in ChosenFrequency.Days.values:
        raise ValueError(f"{days} days is not a frequency that is offered.")
    if days == chosen_days(contact, channel):
        return False
    ChosenFrequency.objects.filter(contact=contact, channel=channel).delete()
    if days:
        ChosenFrequency.objects.create(contact=contact, channel=channel, days=days)
    return True
