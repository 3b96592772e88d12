"""The lines of the list of people, fifty at a time: one statement for what stands beside their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform.paging import Page, Row, newest_first
from campaign_crm.platform.reads import check_turning, tally
from contacts.enums import Channel
from contacts.models import Contact

# One main address and one main number a person (`contacts.models.contact_points`), one Reach row a channel.
_BESIDE = """
SELECT person.id, email.address, phone.e164,
       ARRAY(SELECT reach.channel FROM contacts_reach AS reach
              WHERE reach.contact_id = person.id AND reach.political AND reach.political_until >= %(today)s)
  FROM unnest(%(ids)s::bigint[]) AS person (id)
  LEFT JOIN contacts_emailaddress AS email ON email.contact_id = person.id AND email.is_primary
  LEFT JOIN contacts_phonenumber AS phone ON phone.contact_id = person.id AND phone.is_primary
"""
NOBODY = 0  # stands for a person in the pattern of their address


@dataclass(frozen=True)
class PersonRow:
    """One line as its template draws it; `reached_by` are the labels of the channels open today."""

    pk: int
    name: str
    initials_of: str
    select: str
    url: str
    email: str
    phone: str
    commune: str
    reached_by: list[str]
    since: datetime


def people_page(request: HttpRequest, people: QuerySet[Row]) -> Page[Row]:
    """A page of a list of people. Those after the first are counted: nobody copies a country out of them."""
    goes_on = bool(request.GET.get("before") or request.GET.get("after"))
    if goes_on:
        check_turning(request.user)
    page = newest_first(request, people)
    if goes_on:
        tally(people=len(page.rows), member=request.user)
    return page


def rows_of(people: Sequence[Contact]) -> list[PersonRow]:
    """Lines of people whose `commune` was read with them, in the order given."""
    if not people:
        return []
    ids = [person.pk for person in people]
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE, {"ids": ids, "today": timezone.localdate()})
        beside = {pk: found for pk, *found in cursor.fetchall()}
    labels = {value: str(label) for value, label in Channel.choices}
    select, pattern = _("Select %(person)s"), reverse("contacts:person", args=[NOBODY])
    rows = []
    for person in people:
        email, phone, channels = beside[person.pk]
        rows.append(
            PersonRow(
                pk=person.pk,
                name=str(person),
                initials_of=person.full_name,
                select=select % {"person": person},
                url=pattern.replace(str(NOBODY), str(person.pk)),
                email=email or "",
                phone=phone or "",
                commune=person.commune.name if person.commune else "",
                reached_by=[label for value, label in labels.items() if value in channels],
                since=person.created_at,
            )
        )
    return rows
