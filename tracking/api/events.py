"""`/api/v1/events/`: what takes place and when, registering for it, who registered, who came."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform import walls
from campaign_crm.platform.addresses import client_address
from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import key_of, member_of
from campaign_crm.platform.api.chosen import ChosenFields
from campaign_crm.platform.api.pages import NewestFirst
from campaign_crm.platform.api.reads import check_reading, count_read
from campaign_crm.platform.api.views import Conventions, ListView, OneView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from tracking.events.attendance import mark
from tracking.events.public_form import QUESTIONS, RegistrationForm, wordings_of
from tracking.events.registering import register
from tracking.events.selectors import events_of
from tracking.models import Event, EventSlot, Rsvp
from tracking.services.sign_up_limits import WITHIN_SECONDS, may_send_with, may_sign_up

MARKS_AT_ONCE = 500
LANGUAGES = [code for code, _name in settings.LANGUAGES]


class SlotSerializer(serializers.ModelSerializer[EventSlot]):
    """`seats_left`: null without limit; where it is 0, whoever registers waits."""

    seats_left = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = EventSlot
        fields = ["id", "starts_at", "ends_at", "capacity", "seats_left"]
        read_only_fields = fields


class BoxOfEventSerializer(serializers.Serializer[Any]):
    """One box, never ticked beforehand: show `wording` beside it, send `name` when it is ticked."""

    name = serializers.CharField()
    wording = serializers.CharField()


class EventSerializer(ChosenFields, serializers.ModelSerializer[Event]):
    """An event with its time slots. The link to take part online is told to registered people alone."""

    commune = serializers.CharField(source="commune.code", default=None, allow_null=True, read_only=True)
    map_url = serializers.CharField(source="map_link", read_only=True)
    url = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()
    slots = SlotSerializer(many=True, read_only=True)

    class Meta:
        model = Event
        fields = [
            *["slug", "kind", "state", "title", "title_en", "text", "text_en", "venue", "street", "postcode"],
            *["city", "commune", "map_url", "time_zone", "guests_allowed", "consents", "url", "slots"],
        ]
        read_only_fields = fields

    def get_url(self, event: Event) -> str:
        return settings.PUBLIC_URL + reverse("tracking:event_public", args=[event.slug])

    @extend_schema_field(BoxOfEventSerializer(many=True))
    def get_consents(self, event: Event) -> list[dict[str, str]]:
        boxes = wordings_of(event, (translation.get_language() or settings.LANGUAGE_CODE)[:2])
        return [{"name": f"{one.channel}:{one.purpose}", "wording": one.text} for one in boxes]


class NewRsvpSerializer(serializers.Serializer[Any]):
    """Who registers: `answers` by the questions of the page (first_name, last_name, email, phone, postcode),
    the boxes ticked, how many guests, for which `slot` (the only one that is open may be left out)."""

    slot = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=300))
    consents = serializers.ListField(child=serializers.CharField(max_length=40), default=list)
    guests = serializers.IntegerField(min_value=0, max_value=20, default=0)
    language = serializers.ChoiceField(choices=LANGUAGES, default=settings.LANGUAGE_CODE)
    ip = serializers.IPAddressField(
        default=None, help_text="Where the person wrote from, as the website saw it."
    )


class RegisteredSerializer(serializers.Serializer[Any]):
    """`state`: registered, or waiting for a seat. The ticket goes to the person by e-mail."""

    slot = serializers.IntegerField()
    state = serializers.CharField()


class RsvpSerializer(ChosenFields, serializers.ModelSerializer[Rsvp]):
    """Who registered; `came_at` and `missed_at` follow the marks at the door."""

    class Meta:
        model = Rsvp
        fields = [
            *["id", "slot", "contact", "name", "guests", "state", "is_walk_in", "at", "confirmed_at"],
            *["cancelled_at", "came_at", "missed_at"],
        ]
        read_only_fields = fields


class MarkSerializer(serializers.Serializer[Any]):
    """One mark at the door. `id` is yours, and makes a mark sent twice one; `came` false takes one back."""

    id = serializers.UUIDField()
    rsvp = serializers.IntegerField(min_value=1, max_value=2**62)
    came = serializers.BooleanField(default=True)
    at = serializers.DateTimeField()


class MarksSerializer(serializers.Serializer[Any]):
    marks = serializers.ListField(child=MarkSerializer(), allow_empty=False, max_length=MARKS_AT_ONCE)


class MarkedSerializer(serializers.Serializer[Any]):
    """The numbers of the marks that were written, now or before; others are of nobody of this event."""

    marked = serializers.ListField(child=serializers.UUIDField())


def events_for(request: Request) -> QuerySet[Event]:
    """What a member sees; for a machine, what was published; for a public key, what public lists name."""
    key, member = key_of(request), member_of(request)
    if member is not None:
        found = events_of(member)
    else:
        found = Event.objects.listed() if key is not None and key.is_public else Event.objects.public()
    slots = Prefetch("slots", EventSlot.objects.order_by("starts_at"))
    return found.select_related("commune").prefetch_related(slots)


class EventsApi(ListView[Event]):
    """List events."""

    in_territory = True
    scope = Scope.EVENTS_READ
    right = Right.CHECK_IN
    public_methods = frozenset({"GET"})
    serializer_class = EventSerializer
    narrowed_by = (
        filters.choice("kind", Event.Kind.values, lambda rows, kind: rows.filter(kind=kind)),
        filters.choice("state", Event.State.values, lambda rows, state: rows.filter(state=state)),
        filters.words("commune", lambda rows, code: rows.filter(commune__code=code), "Its INSEE code"),
        filters.moment(
            "ends_after",
            lambda rows, at: rows.filter(pk__in=EventSlot.objects.filter(ends_at__gt=at).values("event")),
            "With a time slot that ends after this moment: now, for what is to come",
        ),
    )

    def get_queryset(self) -> QuerySet[Event]:
        return events_for(self.request)


class EventApi(OneView[Event]):
    """One event."""

    in_territory = True
    scope = Scope.EVENTS_READ
    right = Right.CHECK_IN
    public_methods = frozenset({"GET"})
    serializer_class = EventSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Event]:
        return events_for(self.request)


class RsvpsApi(ListView[Rsvp]):
    """Who registered for an event, newest first; counted in the journal as people read."""

    in_territory = True
    scope, scope_to_write = Scope.RSVPS_READ, Scope.RSVPS_WRITE
    right = Right.EDIT_EVENTS
    public_methods = frozenset({"POST"})
    serializer_class = RsvpSerializer
    pagination_class = NewestFirst
    narrowed_by = (
        filters.choice("state", Rsvp.State.values, lambda rows, state: rows.filter(state=state)),
        filters.number("slot", lambda rows, slot: rows.filter(slot=slot)),
        filters.yes_or_no("came", lambda rows, wanted: rows.filter(came_at__isnull=not wanted)),
    )

    def get_queryset(self) -> QuerySet[Rsvp]:
        return Rsvp.objects.filter(
            event=get_object_or_404(events_for(self.request), slug=self.kwargs["slug"])
        )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        check_reading(request)
        answer = super().list(request, *args, **kwargs)
        count_read(request, len(answer.data["results"]))
        return answer

    @extend_schema(request=NewRsvpSerializer, responses={201: RegisteredSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Register somebody, as the public page does: they get their ticket by e-mail, and confirm there."""
        event, key = get_object_or_404(events_for(request), slug=slug), key_of(request)
        if key is not None and not may_send_with(key.pk):
            raise Throttled(wait=WITHIN_SECONDS)
        sent = NewRsvpSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        asked, address = sent.validated_data, sent.validated_data["ip"] or ""
        if key is not None and key.is_public:  # the person's own browser
            address = client_address(request._request)
        with translation.override(asked["language"]), walls.acting_within(None):
            form = RegistrationForm(event, asked["language"], _as_posted(asked, event))
            if not form.is_valid():
                raise serializers.ValidationError({"answers": form.errors})
            if not may_sign_up(ip=address, email=form.cleaned_data["email"]):
                raise Throttled(wait=WITHIN_SECONDS)
            rsvp = register(slot=form.slot, answers=form.answers(came_from="api"))
        return Response({"slot": rsvp.slot_id, "state": rsvp.state}, status=status.HTTP_201_CREATED)


class AttendanceApi(Conventions):
    """Say who came: marks as a phone at the door sends them, each written once whatever is sent again."""

    in_territory = True
    scope = Scope.ATTENDANCE_WRITE
    right = Right.CHECK_IN

    @extend_schema(request=MarksSerializer, responses=MarkedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        event = get_object_or_404(events_for(request).filter(state=Event.State.PUBLISHED), slug=slug)
        sent = MarksSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        marks = sorted(sent.validated_data["marks"], key=lambda one: one["at"])
        with walls.acting_within(None):  # whoever welcomes people meets all who come, wherever they live
            known = Rsvp.objects.select_for_update(of=("self",)).filter(event=event).order_by("pk")
            rsvps = {rsvp.pk: rsvp for rsvp in known.filter(pk__in={one["rsvp"] for one in marks})}
            done = [one for one in marks if one["rsvp"] in rsvps]
            for one in done:
                mark(
                    rsvp=rsvps[one["rsvp"]],
                    number=one["id"],
                    came=one["came"],
                    at=one["at"],
                    by=member_of(request),
                )
        return Response(MarkedSerializer({"marked": [one["id"] for one in done]}).data)


def _as_posted(asked: dict[str, Any], event: Event) -> QueryDict:
    """The same fields a browser would post; questions and boxes that the page does not have are refused."""
    offered = {f"{box['channel']}:{box['purpose']}" for box in event.consents}
    unknown = [*(set(asked["answers"]) - set(QUESTIONS)), *(set(asked["consents"]) - offered)]
    if unknown:
        text = _("This form does not ask for: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise serializers.ValidationError({"unknown": [text]})
    posted = QueryDict(mutable=True)
    posted.update(asked["answers"] | {"guests": str(asked["guests"])})
    if "slot" in asked:
        posted["slot"] = str(asked["slot"])
    for consent in asked["consents"]:
        posted[f"consent_{consent.replace(':', '_')}"] = "on"
    return posted
