"""`/e/`: what takes place, as pages, as a list to embed, and as calendar files. `/e/<slug>`: register.

All of it works without JavaScript; nothing here knows who looks.
"""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from campaign_crm.platform.addresses import client_address
from campaign_crm.platform.models import Organisation
from campaign_crm.platform.typed import line_of, number_of
from contacts.models import Territory
from contacts.views.place_field import places_named
from tracking.events.calendar_files import MEDIA_TYPE, calendar_of
from tracking.events.errors import RegistrationClosed
from tracking.events.people import may_confirm
from tracking.events.public_form import RegistrationForm
from tracking.events.registering import register
from tracking.events.selectors import LISTED, fed_slots, public_slots, slots_near
from tracking.events.tickets import page_of, public_host
from tracking.models import Event, EventSlot
from tracking.services.sign_up_limits import may_sign_up
from tracking.views.language import SPOKEN

EMBEDDED = 8  # slots of an embedded list, if its address does not say
TOO_MANY = gettext_lazy(
    "Many registrations came from your connection, or with addresses like yours, in a short time. Please wait"
    " some minutes and try again."
)


def language_of(request: HttpRequest) -> str:
    """The one that the address names (`?lang=en`), else what the browser asks for."""
    asked = request.GET.get("lang", "")
    return asked if asked in SPOKEN else translation.get_language_from_request(request)[:2]


class PublicEvents(View):
    """What comes, by month; near a place with `?near=`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            return render(request, "tracking/events/public_list.html", self._context(request))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        typed = line_of(request.GET.get("near", ""), at_most=120)
        kind = request.GET.get("kind", "")
        context: dict[str, Any] = {"near": typed, "kinds": Event.Kind.choices, "kind": kind}
        found = places_named(typed.rstrip(")").rpartition("(")[2] or typed) if typed else []
        if len(found) == 1:
            here, around, online = slots_near(found[0])
            return context | {"place": found[0], "here": here, "around": around, "online": online}
        wanted = Q(kind=kind) if kind in Event.Kind.values else Q()
        return context | {"places": found, "unknown": bool(typed) and not found,
                          "slots": public_slots(wanted)[:LISTED]}  # fmt: skip


@method_decorator([xframe_options_exempt, csp_replace({"frame-ancestors": ["*"]})], name="dispatch")
class EmbeddedEvents(View):
    """The list for an iframe of any website: `?territory=` a place and what is in it, `?limit=`, `?kind=`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = Q()
        if (number := number_of(request.GET.get("territory", ""))) is not None:
            place = get_object_or_404(Territory, pk=number)
            inside = Territory.objects.inside(place.pk).values("pk")
            wanted &= Q(commune__in=inside) | Q(territory__in=inside)
        if (kind := request.GET.get("kind", "")) in Event.Kind.values:
            wanted &= Q(kind=kind)
        limit = min(number_of(request.GET.get("limit", "")) or EMBEDDED, LISTED)
        with translation.override(language_of(request)):
            context = {"slots": public_slots(wanted)[:limit]}
            return render(request, "tracking/events/embedded.html", context)


class EventFeed(View):
    """All of them for a calendar that follows ours: what moves or is cancelled does so there too."""

    def get(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            name = _("%(organisation)s: events") % {"organisation": Organisation.current().name}
            return as_calendar(fed_slots(), name=name)


class EventCalendarFile(View):
    """The time slots of one event."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        event = get_object_or_404(Event.objects.public(), slug=slug)
        slots = list(event.slots.select_related("event").order_by("starts_at"))
        with translation.override(language_of(request)):
            return as_calendar(slots, name=event.shown_title, file_name=f"{event.slug}.ics")


def as_calendar(slots: list[EventSlot], *, name: str, file_name: str = "events.ics") -> HttpResponse:
    body = calendar_of(slots, name=name, host=public_host(), urls={slot.pk: page_of(slot) for slot in slots})
    return HttpResponse(
        body,
        content_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'inline; filename="{file_name}"', "X-Robots-Tag": "noindex"},
    )


@method_decorator(csrf_exempt, name="dispatch")  # open to all, signs nobody in: there is no session to abuse
class PublicEvent(View):
    """One event, and its registration form; a draft answers as if there were none."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        event, language = self._event(slug), language_of(request)
        with translation.override(language):
            return self._page(request, event, RegistrationForm(event, language))

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        event, language = self._event(slug), language_of(request)
        with translation.override(language):
            form = RegistrationForm(event, language, request.POST)
            if not form.slots or not form.is_valid():
                return self._page(request, event, form, status=422)
            if not may_sign_up(ip=client_address(request), email=form.cleaned_data["email"]):
                form.add_error(None, TOO_MANY)
                return self._page(request, event, form, status=429)
            return self._register(request, event, form)

    def _register(self, request: HttpRequest, event: Event, form: RegistrationForm) -> HttpResponse:
        context: dict[str, Any] = {"event": event, "slot": form.slot, "email": form.cleaned_data["email"]}
        if not form.looks_automatic:
            try:
                came_from = line_of(request.GET.get("from", ""), at_most=80)
                rsvp = register(slot=form.slot, answers=form.answers(came_from=came_from))
            except RegistrationClosed as error:
                form.add_error(None, str(error))
                return self._page(request, event, form, status=422)
            context |= {"rsvp": rsvp, "is_asked": may_confirm(rsvp)}
        return render(request, "tracking/events/public_registered.html", context)

    def _page(
        self, request: HttpRequest, event: Event, form: RegistrationForm, status: int = 200
    ) -> HttpResponse:
        slots = list(event.slots.select_related("event").order_by("starts_at"))
        context = {"event": event, "form": form, "slots": slots, "is_open": bool(form.slots)}
        return render(request, "tracking/events/public_event.html", context, status=status)

    def _event(self, slug: str) -> Event:
        event = Event.objects.public().filter(slug=slug).select_related("commune").first()
        if event is None:
            raise Http404
        return event
