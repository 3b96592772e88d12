"""One event of the team: its figures, who registered, and what is done with it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import line_of, number_of
from contacts.models import Contact
from tracking.errors import TrackingError
from tracking.events.preparing import cancel_event, publish
from tracking.events.registering import cancel
from tracking.events.repeating import duplicate_event, repeat_as_events, repeat_as_slots
from tracking.events.selectors import Figures, events_of, figures_by_slot
from tracking.events.staff_form import RepeatForm
from tracking.models import Event, Rsvp

REASON = 300  # characters


class OfEvent(StaffView):
    """A page of one event that whoever asks may see."""

    right_required: str | None = Right.CHECK_IN
    in_territory = True

    def get_title(self) -> str:
        return self.event.title

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Events"), reverse("tracking:events"))]

    @property
    def event(self) -> Event:
        if not hasattr(self, "_event"):
            events = events_of(self.request.user).select_related("territory", "series", "commune")
            self._event: Event = get_object_or_404(events, pk=self.kwargs["pk"])
        return self._event


class EventPage(OfEvent, TemplateView):
    """How many registered, wait, came and did not, by time slot; for its hosts the way to the entrance."""

    template_name = "tracking/events/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event, user = self.event, self.request.user
        figures = figures_by_slot(event)
        slots = list(event.slots.select_related("event").order_by("starts_at"))
        public_url = f"{settings.PUBLIC_URL}{reverse('tracking:event_public', args=[event.slug])}"
        return super().get_context_data(
            event=event,
            slots=[(slot, figures.get(slot.pk, Figures())) for slot in slots],
            total=sum(figures.values(), Figures()),
            is_settled=any(slot.closed_at for slot in slots),
            hosts=event.hosts.order_by("full_name"),
            public_url=public_url,
            embed=embed_code(),
            may_edit=user.has_right(Right.EDIT_EVENTS),
            repeat=RepeatForm(),
            **kwargs,
        )


def embed_code() -> str:
    """The list of events for a page of another website."""
    address = f"{settings.PUBLIC_URL}{reverse('tracking:events_embedded')}"
    title = _("Our events")
    return f'<iframe src="{address}" title="{title}" width="100%" height="640" loading="lazy"></iframe>'


class EventPeople(OfEvent, TemplateView):
    """Who registered: by slot and state, newest first; searched by name."""

    right_required = Right.EDIT_EVENTS
    template_name = "tracking/events/people.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [
            *super().get_breadcrumbs(),
            (self.event.title, reverse("tracking:event", args=[self.event.pk])),
        ]

    def get_title(self) -> str:
        return _("Registrations")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        rsvps = Rsvp.objects.filter(event=self.event).select_related("slot__event")
        typed, state = line_of(asked.get("q", ""), at_most=80), asked.get("state", "")
        if typed:
            rsvps = rsvps.filter(name__icontains=typed)
        if state in Rsvp.State.values:
            rsvps = rsvps.filter(state=state)
        elif state == "came":
            rsvps = rsvps.filter(came_at__isnull=False)
        elif state == "missed":
            rsvps = rsvps.filter(missed_at__isnull=False)
        if (slot := number_of(asked.get("slot", ""))) is not None:
            rsvps = rsvps.filter(slot=slot)
        page = newest_first(self.request, rsvps)
        seen = Contact.objects.visible().filter(
            pk__in=[one.contact_id for one in page.rows if one.contact_id]
        )
        return super().get_context_data(
            event=self.event,
            page=page,
            seen=set(seen.values_list("pk", flat=True)),
            q=typed,
            state=state,
            slot=slot,
            slots=self.event.slots.select_related("event").order_by("starts_at"),
            states=[*Rsvp.State.choices, ("came", _("Came")), ("missed", _("Did not come"))],
            may_export=self.request.user.has_right(Right.EXPORT_PEOPLE),
            **kwargs,
        )


class ChangeEvent(OfEvent, View):
    """A button of an event's page; goes back to it with what became of it."""

    right_required = Right.EDIT_EVENTS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return self.act(self.event)
        except TrackingError as error:
            messages.error(request, str(error))
            return self.back(self.event)

    def act(self, event: Event) -> HttpResponse:
        raise NotImplementedError

    def back(self, event: Event, said: str = "") -> HttpResponse:
        if said:
            messages.success(self.request, said)
        return redirect("tracking:event", pk=event.pk)


class PublishEvent(ChangeEvent):
    def act(self, event: Event) -> HttpResponse:
        publish(event=event, by=self.request.user)
        return self.back(event, _("Published: share its page."))


class CancelEvent(ChangeEvent):
    def is_a_stop(self, request: HttpRequest) -> bool:
        return True

    def act(self, event: Event) -> HttpResponse:
        because = line_of(self.request.POST.get("because", ""), at_most=REASON)
        cancel_event(event=event, because=because, by=self.request.user)
        return self.back(event, _("Cancelled. Everybody who is registered is being told."))


class DuplicateEvent(ChangeEvent):
    def act(self, event: Event) -> HttpResponse:
        copy = duplicate_event(event=event, by=self.request.user)
        messages.success(self.request, _("Copied as a draft: check its date."))
        return redirect("tracking:event_edit", pk=copy.pk)


class RepeatEvent(ChangeEvent):
    """Make the dates of a series."""

    def act(self, event: Event) -> HttpResponse:
        form = RepeatForm(self.request.POST)
        if not form.is_valid():
            messages.error(self.request, _("Choose a day until which it repeats."))
            return self.back(event)
        rule, until, by = form.cleaned_data["rule"], form.cleaned_data["until"], self.request.user
        if form.cleaned_data["makes"] == "slots":
            number = repeat_as_slots(event=event, rule=rule, until=until, by=by)
            return self.back(event, _("%(number)s time slots added.") % {"number": number})
        made = repeat_as_events(event=event, rule=rule, until=until, by=by)
        return self.back(event, _("%(number)s drafts made: publish each when it is ready.")
                         % {"number": len(made)})  # fmt: skip


class CancelRsvp(OfEvent, View):
    """Give somebody's seat back for them: they rang, or wrote."""

    right_required = Right.EDIT_EVENTS

    def post(self, request: HttpRequest, pk: int, rsvp: int) -> HttpResponse:
        found = Rsvp.objects.filter(event=self.event, pk=rsvp).select_related("event").first()
        if found is None:
            raise Http404
        cancel(rsvp=found)
        messages.success(request, _("Their seat is given back."))
        return redirect("tracking:event_people", pk=pk)
