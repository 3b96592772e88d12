"""`/api/v1/people/`: the people of the base, newest first; adding somebody, correcting what is known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import member_of
from campaign_crm.platform.api.problems import Conflict
from campaign_crm.platform.api.reads import check_reading, count_read
from campaign_crm.platform.api.views import ListView, OneView
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.api.person import PersonSerializer, count_person, people_for, person_of
from contacts.api.person_input import NewPersonSerializer, PersonChangeSerializer
from contacts.models import Contact, ContactTag, EmailAddress, Source
from contacts.selectors import search_contacts
from contacts.services.contact_points import add_email, add_phone, set_primary
from contacts.services.matching import find_person
from contacts.services.people import create_contact, update_contact
from contacts.services.sources import api_source, hand_source
from contacts.territories.lookup import PLACES_OF_RESIDENCE


def _found(people: QuerySet[Contact], query: str) -> QuerySet[Contact]:
    return people.filter(pk__in=[contact.pk for contact in search_contacts(query)])


def _with_email(people: QuerySet[Contact], address: str) -> QuerySet[Contact]:
    return people.filter(pk__in=EmailAddress.objects.filter(normalised=address.lower()).values("contact"))


def _with_tag(people: QuerySet[Contact], name: str) -> QuerySet[Contact]:
    return people.filter(pk__in=ContactTag.objects.filter(tag__name=name).values("contact"))


def _living_in(people: QuerySet[Contact], code: str) -> QuerySet[Contact]:
    return people.filter(commune__code=code, commune__kind__in=PLACES_OF_RESIDENCE)


def _changed_since(people: QuerySet[Contact], moment: datetime) -> QuerySet[Contact]:
    return people.filter(updated_at__gte=moment)


class PeopleApi(ListView[Contact]):
    """List people. A browser session or a personal token reads the first page, and asks for an export to have
    more; keys have a number of requests a minute. The journal counts whom they read."""

    in_territory = True
    scope, scope_to_write = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE
    right, right_to_write = Right.VIEW_PEOPLE, Right.EDIT_PEOPLE
    serializer_class = PersonSerializer
    narrowed_by = (
        filters.words("q", _found, "The best matches of a search: name, e-mail, phone, commune"),
        filters.words("email", _with_email, "Exactly this e-mail address"),
        filters.words("tag", _with_tag, "With this tag"),
        filters.words("commune", _living_in, "The INSEE code of where they live"),
        filters.moment("updated_since", _changed_since, "Changed at this moment or later"),
    )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        check_reading(request)
        answer = super().list(request, *args, **kwargs)
        count_read(request, len(answer.data["results"]))
        return answer

    def get_queryset(self) -> QuerySet[Contact]:
        return people_for(self.request)

    @extend_schema(request=NewPersonSerializer, responses={201: PersonSerializer})
    def post(self, request: Request) -> Response:
        """Add somebody. Whoever is known by the same address and name is not added again: 409 says that they
        are there, `people/?email=` finds them."""
        check_reading(request)
        sent = NewPersonSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = dict(sent.validated_data)
        source = _named_source(request, given.pop("source", None)) or told_by(request)
        _refuse_known(given, source)
        contact = create_contact(source=source, by=member_of(request), **given)
        count_person(request, contact.pk)
        told = PersonSerializer(people_for(request).get(pk=contact.pk), context={"request": request})
        return Response(told.data, status=status.HTTP_201_CREATED)


class PersonApi(OneView[Contact]):
    """One person."""

    in_territory = True
    scope, scope_to_write = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE
    right, right_to_write = Right.VIEW_PEOPLE, Right.EDIT_PEOPLE
    serializer_class = PersonSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        check_reading(request)
        answer = super().retrieve(request, *args, **kwargs)
        count_person(request, kwargs["pk"])
        return answer

    def get_queryset(self) -> QuerySet[Contact]:
        return people_for(self.request)

    @extend_schema(request=PersonChangeSerializer, responses=PersonSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is named. With `If-Match`, only while nobody else changed the person."""
        contact = person_of(request, pk, to_change=True)
        self.check_version(self._told(pk))
        sent = PersonChangeSerializer(data=request.data)
        sent.known = contact
        sent.is_valid(raise_exception=True)
        given = dict(sent.validated_data)
        source, by = told_by(request), member_of(request)
        if email := given.pop("email", ""):
            set_primary(point=add_email(contact=contact, address=email, source=source, by=by), by=by)
        if phone := given.pop("phone", ""):
            set_primary(point=add_phone(contact=contact, number=phone, source=source, by=by), by=by)
        update_contact(contact=contact, by=by, source=None if by else source, **given)
        return Response(self._told(pk))

    def _told(self, pk: int) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=pk)).data


def _named_source(request: Request, source: Source | None) -> Source | None:
    """What allows to write to somebody is said by those who import, or by the organisation's programs."""
    member = member_of(request)
    if source is not None and member is not None and not member.has_right(Right.IMPORT_PEOPLE):
        raise PermissionDenied(_("Only who may import names another source."))
    return source


def told_by(request: Request) -> Source:
    """A member types by hand, also with a token; a machine passes on."""
    return hand_source() if isinstance(request.user, User) else api_source()


def _refuse_known(given: dict[str, Any], source: Source) -> None:
    """Raise Conflict for somebody who is there already, as an import would find them."""
    known = find_person(
        email=given.get("email", ""),
        phone=given.get("phone", ""),
        first_name=given.get("first_name", ""),
        last_name=given.get("last_name", ""),
        birth_date=given.get("birth_date"),
        source=source,
    )
    if known is not None:
        raise Conflict(_("This person is there already, with the number %(id)s.") % {"id": known.pk})
