"""Prepare an event, or change one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from tracking.errors import TrackingError
from tracking.events.preparing import create_event, update_event
from tracking.events.selectors import events_of
from tracking.events.staff_form import EventForm, SlotForms, plans_of, slot_initial
from tracking.models import Event


class EditEvent(StaffView, TemplateView):
    """What, when, where, who, and what its form asks."""

    right_required = Right.EDIT_EVENTS
    in_territory = True
    template_name = "tracking/events/edit.html"

    def get_title(self) -> str:
        return self._event().title if "pk" in self.kwargs else _("New event")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Events"), reverse("tracking:events"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        event = self._event()
        return self._page(EventForm(instance=event, by=request.user), SlotForms(initial=slot_initial(event)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        event = self._event()
        # The form writes on a copy: what differs is found by the service.
        form = EventForm(request.POST, instance=self._copy(event), by=request.user)
        slots = SlotForms(request.POST, initial=slot_initial(event))
        if not (form.is_valid() & slots.is_valid()):
            return self._page(form, slots, status=422)
        try:
            event = self._save(event, form, slots)
        except TrackingError as error:
            form.add_error(None, str(error))
            return self._page(form, slots, status=422)
        messages.success(request, _("Saved."))
        return redirect("tracking:event", pk=event.pk)

    def _save(self, event: Event, form: EventForm, slots: Any) -> Event:
        values, hosts = form.chosen(), list(form.cleaned_data["hosts"])
        placed = form.instance
        placed.commune = values["commune"]
        plans = plans_of(placed, slots)
        if event.pk is None:
            return create_event(by=self.request.user, slots=plans, hosts=hosts, **values)
        update_event(event=event, by=self.request.user, slots=plans, hosts=hosts, **values)
        return event

    def _copy(self, event: Event) -> Event:
        return Event() if event.pk is None else Event.objects.get(pk=event.pk)

    def _page(self, form: EventForm, slots: Any, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, slots=slots, event_pk=self.kwargs.get("pk"))
        return render(self.request, self.template_name, context, status=status)

    def _event(self) -> Event:
        if "pk" not in self.kwargs:
            return Event()
        found: Event = get_object_or_404(events_of(self.request.user), pk=self.kwargs["pk"])
        return found
