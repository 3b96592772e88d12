"""`/api/v1/people/<id>/interactions/`: what somebody did, newest first; writing down calls and meetings."""

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
from campaign_crm.platform.api.access import key_of, member_of
from campaign_crm.platform.api.pages import LatestFirst
from campaign_crm.platform.api.views import ListView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.api.person import person_of
from tracking.enums import HitClass, InteractionKind
from tracking.models import Interaction
from tracking.services.interactions import record_interaction

WRITTEN_DOWN = (InteractionKind.CALL, InteractionKind.MEETING)


class InteractionSerializer(serializers.ModelSerializer[Interaction]):
    """One thing a person did; `campaign` and `link_number` where a mailing led to it."""

    id = serializers.UUIDField(source="event_id")

    class Meta:
        model = Interaction
        fields = ["id", "at", "kind", "campaign", "link_number"]
        read_only_fields = fields


class NewInteractionSerializer(serializers.Serializer[Any]):
    """A call or a meeting; `at`: now, unless it was earlier."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in WRITTEN_DOWN])
    at = serializers.DateTimeField(required=False)

    def validate_at(self, at: Any) -> Any:
        if at > timezone.now():
            raise serializers.ValidationError(_("This day is still to come."))
        if at.year < 2000:
            raise serializers.ValidationError(_("This is too long ago."))
        return at


class InteractionsApi(ListView[Interaction]):
    """What a person did; opens and clicks of robots are left out."""

    in_territory = True
    scope, scope_to_write = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE
    right, right_to_write = Right.VIEW_PEOPLE, Right.EDIT_PEOPLE
    serializer_class = InteractionSerializer
    pagination_class = LatestFirst
    narrowed_by = (
        filters.choice("kind", InteractionKind.values, lambda rows, kind: rows.filter(kind=kind)),
        filters.moment("since", lambda rows, at: rows.filter(at__gte=at), "At this moment or later"),
    )

    def get_queryset(self) -> QuerySet[Interaction]:
        person = person_of(self.request, self.kwargs["pk"])
        people = [HitClass.HUMAN, HitClass.NOT_A_HIT]
        return Interaction.objects.filter(contact=person, hit_class__in=people)

    @extend_schema(request=NewInteractionSerializer, responses={201: InteractionSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Write down a call or a meeting."""
        contact = person_of(request, pk)
        sent = NewInteractionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        member, key = member_of(request), key_of(request)
        done = record_interaction(
            kind=InteractionKind(sent.validated_data["kind"]),
            contact_id=contact.pk,
            data={"by": member.pk} if member is not None else {"key": key.pk if key else None},
            at=sent.validated_data.get("at"),
        )
        return Response(InteractionSerializer(done).data, status=status.HTTP_201_CREATED)
