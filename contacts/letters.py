"""Electors chosen for letters, by where they vote, age and sex: what rolls are for.

On this channel alone: the same facts never filter an e-mail or an SMS (Regulation (EU) 2024/900).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Replace, Trim

from contacts.enums import Channel, TerritoryKind, UnreachableReason
from contacts.models import ElectoralRegistration, Reach, Suppression, Territory
from contacts.services.post_keys import PURPOSE
from contacts.territories.lookup import PLACES_OF_RESIDENCE

OBJECTED = (UnreachableReason.ERASED, UnreachableReason.SUPPRESSED, UnreachableReason.WITHDRAWN)
"""Why a person the base knows gets no letter, whatever roll they stand on."""


@dataclass(frozen=True)
class LetterChoice:
    """Which electors: ages are in whole years on `day`, both ends included; None leaves a side open."""

    place: Territory
    day: date
    station: Territory | None = None
    gender: str = ""
    age_from: int | None = None
    age_to: int | None = None

    def electors(self) -> QuerySet[ElectoralRegistration]:
        """Everybody who fits and has an address on the roll; objections are `without_objections`'s."""
        found = ElectoralRegistration.objects.on_the_roll().filter(self._where(), ~Q(street="", locality=""))
        if self.gender:
            found = found.filter(gender=self.gender)
        if self.age_from is not None:
            found = found.filter(birth_date__lte=years_before(self.day, self.age_from))
        if self.age_to is not None:
            found = found.filter(birth_date__gt=years_before(self.day, self.age_to + 1))
        return found

    def _where(self) -> Q:
        communes = Territory.objects.inside(self.place.pk).filter(kind__in=PLACES_OF_RESIDENCE)
        where = Q(commune__in=list(communes.values_list("pk", flat=True)))
        return where & Q(polling_station=self.station) if self.station else where

    def as_detail(self) -> dict[str, object]:
        """What the audit trail keeps of it."""
        return {
            "place": self.place.code,
            "station": self.station.code if self.station else None,
            "gender": self.gender,
            "age_from": self.age_from,
            "age_to": self.age_to,
        }


def stations_of(place: Territory) -> QuerySet[Territory]:
    """The polling stations of a commune or a city; none for a department, which has thousands."""
    if place.kind not in PLACES_OF_RESIDENCE:
        return Territory.objects.none()
    return Territory.objects.inside(place.pk).filter(kind=TerritoryKind.POLLING_STATION).order_by("code")


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 28 February where that year has no 29th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def without_objections(electors: QuerySet[ElectoralRegistration]) -> QuerySet[ElectoralRegistration]:
    """Without those who want no letters: as a person of the base, or by name and address.

    Needs `lend_hash_key()` in the transaction. Two hashes a row: for a file, never for a count on a page.
    """
    known = Reach.objects.filter(contact=OuterRef("contact"), channel=Channel.POST, reason__in=OBJECTED)
    electors = electors.exclude(Q(contact__isnull=False) & Q(Exists(known)))
    objections = Suppression.objects.filter(channel=Channel.POST, lifted_at__isnull=True)
    if not objections.exists():
        return electors
    named = objections.filter(
        Q(address_hash=_PostHash(OuterRef("birth_name"))) | Q(address_hash=_PostHash(OuterRef("used_name")))
    )
    return electors.exclude(Exists(named))


class _PostHash(models.Func):
    """`contacts.services.post_keys.post_hash` of an elector under one of their names, in SQL."""

    function = "crm_keyed_hash"
    output_field = models.BinaryField()

    def __init__(self, last_name: OuterRef) -> None:
        forenames = Trim(Replace(OuterRef("first_names"), Value(","), Value(" ")))
        forename = models.Func(
            forenames, Value(" "), Value(1), function="split_part", output_field=models.TextField()
        )
        name = Concat(last_name, Value(" "), forename, output_field=models.TextField())
        address = [OuterRef(field) for field in ("street", "locality", "postcode", "city")]
        super().__init__(
            Value(PURPOSE), models.Func(name, *address, function="post_key", output_field=models.TextField())
        )
