"""`/api/v1/people/`: the people of the base, newest first."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api_reads import check_reading, count_read
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from campaign_crm.platform.typed import line_of
from contacts.api.reach import Asked, ReachOn, reach_of
from contacts.api.support import NotedSupport, may_see_support, noted_support, with_support
from contacts.models import Contact
from contacts.selectors import search_contacts
from contacts.services.openings import note_person_opened


class PersonSerializer(serializers.ModelSerializer[Contact]):
    """A person with their addresses and the channels on which they may be written to."""

    commune = serializers.CharField(source="commune.code", default=None, read_only=True)
    extra_fields = serializers.JSONField(
        source="custom",
        read_only=True,
        help_text="Extra fields by their keys: texts, numbers, ISO days, booleans.",
    )
    emails = serializers.SerializerMethodField()
    phones = serializers.SerializerMethodField()
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
            *[
                "id",
                "civility",
                "first_name",
                "last_name",
                "gender",
                "birth_date",
                "birth_year",
                "language",
                "relationship",
            ],
            *["commune", "extra_fields", "emails", "phones", "reachable_by", "reach", "support_level"],
            *["created_at", "updated_at"],
        ]
        read_only_fields = fields

    def get_emails(self, contact: Contact) -> list[str]:
        return [point.address for point in contact.emailaddress_set.all()]

    def get_phones(self, contact: Contact) -> list[str]:
        return [point.e164 for point in contact.phonenumber_set.all()]

    def to_representation(self, instance: Contact) -> dict[str, Any]:
        told = super().to_representation(instance)
        if not may_see_support(self.context.get("request")):
            del told["support_level"]
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


def _people(request: Request) -> QuerySet[Contact]:
    people: QuerySet[Contact] = Contact.objects.visible().select_related("commune")
    people = people.prefetch_related("emailaddress_set", "phonenumber_set", "reach")
    return with_support(people) if may_see_support(request) else people


class PeopleApi(ListAPIView[Contact]):
    """List people; `?q=` keeps the best matches of a search (name, e-mail, phone, commune).

    A browser session reads the first page; to go on it needs what an export needs. Keys and sessions have a
    number of requests a minute, and the journal counts whom they read.
    """

    in_territory = True

    scope = Scope.PEOPLE_READ
    right = Right.VIEW_PEOPLE
    serializer_class = PersonSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        check_reading(request)
        answer = super().list(request, *args, **kwargs)
        count_read(request, len(answer.data["results"]))
        return answer

    def get_queryset(self) -> QuerySet[Contact]:
        query = line_of(self.request.query_params.get("q", ""), at_most=100)
        if not query:
            return _people(self.request)
        return _people(self.request).filter(pk__in=[contact.pk for contact in search_contacts(query)])


class PersonApi(RetrieveAPIView[Contact]):
    """One person."""

    in_territory = True

    scope = Scope.PEOPLE_READ
    right = Right.VIEW_PEOPLE
    serializer_class = PersonSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        check_reading(request)
        answer = super().retrieve(request, *args, **kwargs)
        if isinstance(request.user, User):
            note_person_opened(answer.data["id"], by=request.user)
        else:
            count_read(request, 1)
        return answer

    def get_queryset(self) -> QuerySet[Contact]:
        return _people(self.request)
