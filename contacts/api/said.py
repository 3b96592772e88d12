"""`/api/v1/people/<id>/consents/` and `…/objections/`: what a person said of being written to, with proof."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import member_of
from campaign_crm.platform.api.views import Conventions, ListView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.api.people import told_by
from contacts.api.person import person_of
from contacts.enums import Channel, ConsentPurpose
from contacts.models import Consent, ConsentWording
from contacts.services.consents import record_consent
from contacts.services.objections import record_objection

PROOF_CHARACTERS = 300


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    """One entry of the ledger; the newest of a channel and purpose is what holds."""

    class Meta:
        model = Consent
        fields = ["id", "channel", "purpose", "given", "at", "wording", "source"]
        read_only_fields = fields


class SaidSerializer(serializers.Serializer[Any]):
    """How a person said it; `reference`: where it can be read again."""

    how = serializers.CharField(max_length=40, required=False)
    reference = serializers.CharField(max_length=PROOF_CHARACTERS, required=False)

    def proof(self) -> dict[str, str]:
        said = self.validated_data
        return {name: said[name] for name in ("how", "reference") if said.get(name)}


class NewConsentSerializer(SaidSerializer):
    """Something a person agreed to, or takes back. An agreement needs its proof: `reference`, or the number
    of the `wording` that they read. `at`: now, unless it was said earlier."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    given = serializers.BooleanField()
    wording = serializers.PrimaryKeyRelatedField(queryset=ConsentWording.objects.all(), required=False)
    at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wording = attrs.get("wording")
        if attrs["given"] and not (attrs.get("reference") or wording):
            text = _("An agreement that cannot be proven is not one: say where its proof is.")
            raise serializers.ValidationError({"reference": [text]})
        if wording and (wording.channel, wording.purpose) != (attrs["channel"], attrs["purpose"]):
            raise serializers.ValidationError({"wording": [_("This wording is of something else.")]})
        if attrs.get("at") and attrs["at"] > timezone.now():
            raise serializers.ValidationError({"at": [_("This day is still to come.")]})
        return attrs


class NewObjectionSerializer(SaidSerializer):
    """Channels on which a person no longer wants political messages."""

    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices), allow_empty=False, max_length=4
    )


class ConsentsApi(ListView[Consent]):
    """What a person said, newest first: the whole ledger."""

    in_territory = True
    scope, scope_to_write = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE
    right, right_to_write = Right.VIEW_PEOPLE, Right.EDIT_COMPLIANCE
    serializer_class = ConsentSerializer
    narrowed_by = (
        filters.choice("channel", Channel.values, lambda rows, one: rows.filter(channel=one)),
        filters.choice("purpose", ConsentPurpose.values, lambda rows, one: rows.filter(purpose=one)),
    )

    def get_queryset(self) -> QuerySet[Consent]:
        return Consent.objects.filter(contact=person_of(self.request, self.kwargs["pk"]))

    @extend_schema(request=NewConsentSerializer, responses={201: ConsentSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Write down what a person said. An agreement never lifts an objection: only they do, by a form."""
        contact = person_of(request, pk, to_change=True)
        sent = NewConsentSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        entry = record_consent(
            contact=contact,
            channel=Channel(said["channel"]),
            purpose=ConsentPurpose(said["purpose"]),
            given=said["given"],
            source=told_by(request),
            wording=said.get("wording"),
            proof=sent.proof(),
            at=said.get("at"),
            by=member_of(request),
        )
        entry.refresh_from_db()
        return Response(ConsentSerializer(entry).data, status=status.HTTP_201_CREATED)


class ObjectionsApi(Conventions):
    """A person wants no more political messages: their addresses join the do-not-contact list for good."""

    in_territory = True
    scope = Scope.PEOPLE_WRITE
    right = Right.EDIT_COMPLIANCE

    @extend_schema(request=NewObjectionSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        contact = person_of(request, pk, to_change=True)
        sent = NewObjectionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        channels = [Channel(one) for one in dict.fromkeys(sent.validated_data["channels"])]
        record_objection(
            contact=contact,
            channels=channels,
            source=told_by(request),
            proof=sent.proof(),
            by=member_of(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
