"""A few invented people who differ in everything a segment can ask, and short ways to ask."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from contacts.enums import Channel, ConsentPurpose, LawfulBasis, SourceKind, TargetingClass
from contacts.models import (
    Contact,
    CustomField,
    ElectoralRegistration,
    List,
    Newsletter,
    Source,
    SupportLevel,
    Tag,
    Territory,
    TerritoryAncestor,
)
from contacts.segments.compile import people_matching
from contacts.segments.tree import parse_tree
from contacts.services.consents import record_consent
from contacts.services.lists import add_to_list
from contacts.services.people import add_source, add_tag, create_contact
from contacts.services.projections import refresh_projections
from contacts.services.subscriptions import end_subscription, subscribe

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""The moment at which the tests ask."""


class World:
    """Léa (Beauvais, member), Tom (Lyon, 17 years), Ana (unknown place and age), Roll (an elector's stub)."""

    def __init__(self) -> None:
        self._places()
        self._sources()
        self.tags = {name: Tag.objects.create(name=name) for name in ("donor", "volunteer", "press")}
        self.joined = List.objects.create(name="Committee", targeting_class=TargetingClass.SUBSCRIPTION)
        self.picked = List.objects.create(name="Notables", targeting_class=TargetingClass.CRITERION)
        self.letter = Newsletter.objects.create(name="Letter of the Oise")
        self.digest = Newsletter.objects.create(name="Digest")
        for key, kind in (
            ("shirt", "choice"),
            ("job", "text"),
            ("gifts", "number"),
            ("met", "date"),
            ("car", "boolean"),
        ):
            CustomField.objects.create(
                key=key, label=key, kind=kind, choices=["S", "M"] if kind == "choice" else []
            )
        self._people()

    def _places(self) -> None:
        self.hauts = self._place("region", "32", "Hauts-de-France")
        self.oise = self._place("department", "60", "Oise", self.hauts)
        self.beauvais = self._place("commune", "60057", "Beauvais", self.oise, self.hauts)
        self.rhone = self._place("department", "69", "Rhône")
        self.lyon = self._place("commune", "69123", "Lyon", self.rhone)
        self.canton = self._place("canton", "6001", "Beauvais-1")
        self.constituency = self._place("constituency", "6001", "Oise 1")
        self.station = self._place(
            "polling_station",
            "60057-0001",
            "Mairie",
            self.beauvais,
            self.oise,
            self.hauts,
            self.canton,
            self.constituency,
        )

    def _place(self, kind: str, code: str, name: str, *above: Territory) -> Territory:
        """The place of the reference data if the database has it, else an invented one."""
        place, _new = Territory.objects.get_or_create(kind=kind, code=code, defaults={"name": name})
        for depth, ancestor in enumerate((place, *above)):
            TerritoryAncestor.objects.get_or_create(
                ancestor=ancestor, descendant=place, defaults={"depth": depth}
            )
        return place

    def _sources(self) -> None:
        every = [channel.value for channel in Channel]
        self.form = Source.objects.create(
            name="Form", kind=SourceKind.FORM, lawful_basis=LawfulBasis.CONSENT, channels=["email"]
        )
        self.members = Source.objects.create(
            name="Members", kind=SourceKind.HAND, lawful_basis=LawfulBasis.MEMBER, channels=every
        )
        self.broker = Source.objects.create(
            name="Broker",
            kind=SourceKind.BROKER_PURCHASE,
            lawful_basis=LawfulBasis.CONSENT,
            channels=every,
            supplier="Example Data",
        )
        self.roll = Source.objects.create(
            name="Roll", kind=SourceKind.ROLL, lawful_basis=LawfulBasis.PUBLIC_ROLL, channels=["post"]
        )

    def _people(self) -> None:
        self.lea = create_contact(
            source=self.members,
            by=None,
            first_name="Léa",
            last_name="Lefèvre",
            gender="F",
            language="fr",
            birth_date=date(1990, 3, 1),
            commune=self.beauvais,
            email="lea@example.org",
            phone="06 39 98 00 01",
            address={"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"},
            custom={"shirt": "M", "job": "Nurse", "gifts": 30, "met": "2027-01-05", "car": True},
        )
        self.tom = create_contact(
            source=self.form,
            by=None,
            first_name="Tom",
            last_name="Martin",
            gender="M",
            language="en",
            birth_date=date(2009, 3, 2),
            commune=self.lyon,
            email="tom@example.org",
            phone="01 99 00 00 02",
            custom={"shirt": "S", "gifts": 5.5, "met": "2026-12-24", "car": False},
        )
        self.ana = create_contact(source=self.broker, by=None, last_name="Almeida", email="ana@example.org")
        self.stub = Contact.objects.create(is_stub=True, relationship="roll_only")
        add_source(contact=self.stub, source=self.roll, by=None)
        self._register(self.stub, birth_date=date(1950, 1, 1), gender="F", roll_kind=1)
        self._register(
            self.tom,
            birth_date=date(2009, 3, 2),
            gender="M",
            roll_kind=3,
            polling_station=None,
            commune=self.lyon,
        )
        SupportLevel.objects.create(contact=self.lea, level=5)
        SupportLevel.objects.create(contact=self.ana, level=5)  # of whom none may be kept
        for contact, tags in ((self.lea, "donor volunteer"), (self.tom, "volunteer")):
            for tag in tags.split():
                add_tag(contact=contact, tag=self.tags[tag], by=None)
        add_to_list(to=self.joined, contacts=[self.lea, self.tom], by=None)
        add_to_list(to=self.picked, contacts=[self.lea], by=None)
        subscribe(contact=self.lea, newsletter=self.letter, source=self.form, by=None)
        subscribe(contact=self.tom, newsletter=self.letter, source=self.form, by=None)
        subscribe(contact=self.tom, newsletter=self.digest, source=self.form, by=None)
        end_subscription(contact=self.tom, newsletter=self.letter, by=None)
        self.say(self.lea, ConsentPurpose.TARGETING, given=True)
        self.say(self.tom, ConsentPurpose.TARGETING, given=True)
        self.say(self.tom, ConsentPurpose.TARGETING, given=False)
        Contact.objects.filter(pk=self.tom.pk).update(created_at=datetime(2027, 2, 20, tzinfo=UTC))
        Contact.objects.exclude(pk=self.tom.pk).update(created_at=datetime(2026, 6, 1, tzinfo=UTC))
        refresh_projections(list(Contact.objects.values_list("pk", flat=True)))

    def say(self, contact: Contact, purpose: ConsentPurpose, *, given: bool) -> None:
        record_consent(
            contact=contact,
            channel=Channel.EMAIL,
            purpose=purpose,
            given=given,
            source=self.form,
            at=timezone.now(),
            by=None,
        )

    def _register(self, contact: Contact, **values: Any) -> None:
        place = {"commune": self.beauvais, "polling_station": self.station} | values
        ElectoralRegistration.objects.create(
            identity=uuid.uuid4(),
            source=self.roll,
            contact=contact,
            birth_name="Roy",
            street="1 rue Basse",
            **place,
        )

    def names(self, tree: Any) -> set[str]:
        """The people a tree finds: "lea", "tom", "ana", "stub"."""
        called = {getattr(self, name).pk: name for name in ("lea", "tom", "ana", "stub")}
        return {called[pk] for pk in people_matching(parse_tree(tree), at=NOON).values_list("pk", flat=True)}

    def rule(self, condition: str, operator: str, value: Any = None) -> dict[str, Any]:
        return {"condition": condition, "operator": operator, "value": value}


EVERYONE = {"lea", "tom", "ana", "stub"}
