"""What people ask of their data: the queue, and writing a request down by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from contacts.errors import ContactsError
from contacts.models import Contact, PersonRequest
from contacts.requests.reminders import tell_of_arrival
from contacts.requests.service import open_request
from contacts.views.request_forms import NewRequestForm

SHOWN_AT_MOST = 300
"""Open requests on one page, those due first: whoever has more has no time to read further."""


class RequestQueue(StaffView, TemplateView):
    """Those to handle, the most overdue first; or those that were answered, the newest first."""

    right_required = Right.HANDLE_REQUESTS
    title = gettext_lazy("Requests")
    subtitle = gettext_lazy("What people ask of their data. Each has one month.")
    template_name = "contacts/requests/queue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        requests = PersonRequest.objects.select_related("contact", "handled_by")
        shows_closed = self.request.GET.get("show") == "closed"
        open_ones = [] if shows_closed else requests.unanswered().order_by("due_on", "pk")[:SHOWN_AT_MOST]
        closed = newest_first(self.request, requests.exclude(state="open")) if shows_closed else None
        return super().get_context_data(
            shows_closed=shows_closed,
            rows=closed.rows if closed else open_ones,
            page=closed,
            overdue=PersonRequest.objects.overdue().count(),
            today=timezone.localdate(),
            **kwargs,
        )


class NewRequest(StaffView, TemplateView):
    """Write down what somebody asked; whoever may record what people say may do this."""

    right_required = Right.EDIT_COMPLIANCE
    in_territory = True
    title = gettext_lazy("Write a request down")
    template_name = "contacts/requests/new.html"

    @cached_property
    def contact(self) -> Contact | None:
        pk = number_of(self.request.GET.get("person", ""))
        return None if pk is None else get_object_or_404(Contact.objects.visible(), pk=pk)

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        if self.contact is not None:
            return [
                (_("People"), reverse("contacts:people")),
                (str(self.contact), reverse("contacts:person", args=[self.contact.pk])),
            ]
        return [(_("Requests"), reverse("contacts:requests"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(NewRequestForm(known=self.contact is not None))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewRequestForm(request.POST, known=self.contact is not None)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            written = open_request(
                came_by=PersonRequest.CameBy.HAND, contact=self.contact, by=request.user, **form.request()
            )
        except (ContactsError, ValidationError) as error:
            form.add_error(None, str(error) if isinstance(error, ContactsError) else error)
            return self._page(form, status=422)
        if request.user.has_right(Right.HANDLE_REQUESTS):
            return redirect("contacts:request", written.pk)
        tell_of_arrival(written)
        messages.success(request, _("Written down. Whoever handles requests was told."))
        return redirect("contacts:person", self.contact.pk) if self.contact else redirect("contacts:people")

    def _page(self, form: NewRequestForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, contact=self.contact)
        return render(self.request, self.template_name, context, status=status)
