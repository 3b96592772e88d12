"""How the API tells of a person, and whom it may tell of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request

from campaign_crm.platform.api.access import member_of
from campaign_crm.platform.api.chosen import ChosenFields, chosen_fields
from campaign_crm.platform.api.reads import check_reading, count_read
from contacts.api.reach import Asked, ReachOn, reach_of
from contacts.api.support import NotedSupport, may_see_support, noted_support, with_support
from contacts.enums import Gender
from contacts.models import Contact, ContactTag, EmailAddress, PhoneNumber
from contacts.services.openings import note_person_opened

GENDERS = ["", *Gender.values]


class PersonSerializer(ChosenFields, serializers.ModelSerializer[Contact]):
    """A person with their addresses and the channels on which they may be written to."""

    commune = serializers.CharField(source="commune.code", default=None, allow_null=True, read_only=True)
    gender = serializers.ChoiceField(choices=GENDERS, read_only=True)
    extra_fields = serializers.JSONField(
        source="custom",
        read_only=True,
        help_text="Extra fields by their keys: texts, numbers, ISO days, booleans.",
    )
    emails = serializers.SerializerMethodField()
    phones = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    reachable_by = serializers.SerializerMethodField()
    reach = serializers.SerializerMethodField(
        help_text="Each channel; where a message may not leave, the reason, the rule of law and its sentence."
    )
    support_level = serializers.SerializerMethodField(
        help_text="What the team noted, for whoever may see support levels; others get no such field."
    )

    class Meta:
        model = Contact
        fields = [
            *["id", "civility", "first_name", "last_name", "birth_name", "gender", "birth_date"],
            *["birth_year", "language", "relationship", "commune", "extra_fields", "emails", "phones"],
            *["tags", "reachable_by", "reach", "support_level", "created_at", "updated_at"],
        ]
        read_only_fields = fields

    def get_emails(self, contact: Contact) -> list[str]:
        return [point.address for point in contact.emailaddress_set.all()]

    def get_phones(self, contact: Contact) -> list[str]:
        return [point.e164 for point in contact.phonenumber_set.all()]

    def get_tags(self, contact: Contact) -> list[str]:
        return sorted(link.tag.name for link in contact.tag_links.all())

    def to_representation(self, instance: Contact) -> dict[str, Any]:
        told = super().to_representation(instance)
        if not may_see_support(self.context.get("request")):
            told.pop("support_level", None)
        return told

    def get_support_level(self, contact: Contact) -> NotedSupport:
        return noted_support(contact)

    def get_reach(self, contact: Contact) -> list[ReachOn]:
        return reach_of(contact, self._asked)

    @cached_property
    def _asked(self) -> Asked:
        return Asked()

    def get_reachable_by(self, contact: Contact) -> list[str]:
        today = timezone.localdate()
        return [row.channel for row in contact.reach.all() if row.closed_because(today) is None]


COLUMNS = {field.name for field in Contact._meta.local_concrete_fields}
ALWAYS_READ = ("birth_date", "birth_year", "custom", "erased_at")  # what reach and extra fields are told by


def parts_of(names: frozenset[str]) -> Iterator[str | Prefetch[Any]]:
    """What fields need beside the row of the person, read only when they are asked for: inside the scope."""
    if "emails" in names:
        yield Prefetch("emailaddress_set", EmailAddress.objects.only("contact", "address"))
    if "phones" in names:
        yield Prefetch("phonenumber_set", PhoneNumber.objects.only("contact", "e164"))
    if "tags" in names:
        tags = ContactTag.objects.select_related("tag").only("contact", "tag__name", "tag")
        yield Prefetch("tag_links", tags)
    if names & {"reach", "reachable_by"}:
        yield "reach"


def people_for(request: Request) -> QuerySet[Contact]:
    """The people whom an answer may tell of, with what its fields need."""
    names = chosen_fields(request, PersonSerializer.Meta.fields)
    columns = {*(names & COLUMNS), *ALWAYS_READ}
    people: QuerySet[Contact] = Contact.objects.visible()
    if "commune" in names:
        people = people.select_related("commune")
        columns.add("commune__code")
    people = people.only(*columns).prefetch_related(*parts_of(names))
    return with_support(people) if "support_level" in names and may_see_support(request) else people


def person_of(request: Request, pk: int, *, to_change: bool = False) -> Contact:
    """The person of an address, counted as read: 404 for who is outside, or erased."""
    check_reading(request)
    people = Contact.objects.visible()
    found = get_object_or_404(people.select_for_update(of=("self",)) if to_change else people, pk=pk)
    count_person(request, found.pk)
    return found


def count_person(request: Request, pk: int) -> None:
    """Note in the journal that somebody's record was read."""
    member = member_of(request)
    if member is not None:
        note_person_opened(pk, by=member)
    else:
        count_read(request, 1)
