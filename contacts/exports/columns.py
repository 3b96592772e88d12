"""What a line of an exported file says of a person, read for many people at once.

A way by which somebody may not be written to is left empty: whoever takes the file must not use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel
from contacts.models import Contact, EmailAddress, PhoneNumber, PostalAddress, Reach

PEOPLE_AT_A_TIME = 2_000
COLUMNS: dict[str, str | Promise] = {
    "number": _("Number of the record"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "street": _("Number and street"),
    "complement": _("Address complement"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "commune": _("Commune"),
}
USUAL = ("first_name", "last_name", "email", "phone", "street", "complement", "postcode", "city")
PHONES = (Channel.SMS, Channel.CALL)


def lines_of(people: QuerySet[Contact], columns: Sequence[str]) -> Iterator[list[str]]:
    """The cells of each person, in the order of their numbers."""
    last = 0
    while True:
        batch = list(
            people.filter(pk__gt=last).select_related("commune").order_by("pk").distinct()[:PEOPLE_AT_A_TIME]
        )
        if not batch:
            return
        facts = _facts(batch)
        for person in batch:
            yield [facts[person.pk].get(column, "") for column in columns]
        last = batch[-1].pk


def _facts(batch: list[Contact]) -> dict[int, dict[str, str]]:
    facts = {
        one.pk: {
            "number": str(one.pk),
            "first_name": one.first_name,
            "last_name": one.last_name,
            "commune": one.commune.name if one.commune else "",
        }
        for one in batch
    }
    open_points: dict[str, list[int]] = {channel: [] for channel in Channel.values}
    reach = Reach.objects.open_on(timezone.localdate()).filter(contact__in=facts)
    for channel, point in reach.values_list("channel", "point_id"):
        if point is not None:  # of a letter to somebody whose address is that of a roll
            open_points[channel].append(point)
    for mail in EmailAddress.objects.filter(pk__in=open_points[Channel.EMAIL]):
        facts[mail.contact_id]["email"] = mail.address
    for phone in PhoneNumber.objects.filter(pk__in=[pk for each in PHONES for pk in open_points[each]]):
        facts[phone.contact_id]["phone"] = phone.e164
    for home in PostalAddress.objects.filter(pk__in=open_points[Channel.POST]):
        facts[home.contact_id] |= {
            "street": home.line1 or home.locality,
            "complement": home.line2,
            "postcode": home.postcode,
            "city": home.city,
        }
    return facts
