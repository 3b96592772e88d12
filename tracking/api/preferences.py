"""`/api/v1/people/<id>/preferences/`: what a person receives, as on the page of their link."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import key_of
from campaign_crm.platform.api.views import Conventions
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.api.person import person_of
from contacts.enums import Channel, ConsentPurpose
from contacts.models import ChosenFrequency, Contact, Newsletter
from contacts.services.consents import current_wording
from contacts.services.sources import api_source
from tracking.services.preferences import Preferences, change_preferences, preferences_of

OF_CHANNEL = (filters.choice("channel", Channel.values, lambda rows, _one: rows, "email unless it is said"),)
DAYS = [0, *ChosenFrequency.Days.values]


class OfferedSerializer(serializers.Serializer[Any]):
    """One box of the page: show `wording` beside it, whose version is kept as proof of what is ticked."""

    purpose = serializers.CharField()
    wording = serializers.CharField()
    chosen = serializers.BooleanField()


class PreferencesSerializer(serializers.Serializer[Any]):
    """`objected`: the address is on the do-not-contact list, and no message comes whatever is chosen. `days`:
    at least so many between two messages; 0: no limit. `newsletters`: their numbers."""

    channel = serializers.CharField()
    objected = serializers.BooleanField()
    purposes = OfferedSerializer(many=True)
    newsletters = serializers.ListField(child=serializers.IntegerField())
    days = serializers.IntegerField()


class ChoiceSerializer(serializers.Serializer[Any]):
    """All that the person chose: what is left out is no longer chosen."""

    purposes = serializers.ListField(
        child=serializers.ChoiceField(choices=ConsentPurpose.choices), max_length=len(ConsentPurpose)
    )
    newsletters = serializers.ListField(
        child=serializers.PrimaryKeyRelatedField(queryset=Newsletter.objects.all()), max_length=100
    )
    days = serializers.ChoiceField(choices=DAYS, default=0)


class PreferencesApi(Conventions):
    """What a person receives on a channel: purposes agreed to, newsletters, how often at most."""

    in_territory = True
    scope, scope_to_write = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE
    right, right_to_write = Right.VIEW_PEOPLE, Right.EDIT_COMPLIANCE
    narrowed_by = OF_CHANNEL

    @extend_schema(parameters=filters.as_parameters(OF_CHANNEL), responses=PreferencesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_told(person_of(request, pk), _channel(request)))

    @extend_schema(
        parameters=filters.as_parameters(OF_CHANNEL),
        request=ChoiceSerializer,
        responses=PreferencesSerializer,
    )
    def put(self, request: Request, pk: int) -> Response:
        """Pass on what the person chose on a page of yours, beside our wordings."""
        contact, channel = person_of(request, pk, to_change=True), _channel(request)
        self.check_version(_told(contact, channel))
        sent = ChoiceSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        key = key_of(request)
        wanted = Preferences(
            purposes=frozenset(ConsentPurpose(one) for one in sent.validated_data["purposes"]),
            newsletters=frozenset(one.pk for one in sent.validated_data["newsletters"]),
            days=int(sent.validated_data["days"]),
        )
        by = {"key": key.pk} if key is not None and key.owner is None else {"member": request.user.pk}
        change_preferences(
            contact=contact, channel=channel, wanted=wanted, source=api_source(), proof={"how": "api"} | by
        )
        return Response(_told(contact, channel))


def _channel(request: Request) -> Channel:
    return Channel(filters.chosen(request, OF_CHANNEL, "channel") or Channel.EMAIL)


def _told(contact: Contact, channel: Channel) -> dict[str, Any]:
    held = preferences_of(contact, channel)
    offered = [
        {
            "purpose": purpose.value,
            "wording": current_wording(channel, purpose, contact.language).text,
            "chosen": purpose in held.purposes,
        }
        for purpose in held.offered
    ]
    told = {"channel": channel.value, "objected": held.objected, "purposes": offered, "days": held.days}
    return dict(PreferencesSerializer(told | {"newsletters": sorted(held.newsletters)}).data)
