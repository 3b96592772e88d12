"""A message to those whom a breach concerns, from the page of the incident."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.errors import ContactsError
from contacts.models import Incident
from messaging.errors import MessagingError
from messaging.services.incident_words import prepare_incident_mailing


class PrepareIncidentMailing(StaffView, View):
    """Make the draft and open it; whoever may not write mailings is told so."""

    right_required = Right.CHANGE_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        incident = get_object_or_404(Incident, pk=pk, closed_at=None)
        try:
            campaign = prepare_incident_mailing(incident=incident, by=request.user)
        except (ContactsError, MessagingError) as error:
            messages.error(request, str(error))
            return redirect("contacts:incident", pk)
        messages.success(request, _("Here is a draft: nothing is sent before you say so."))
        return redirect("messaging:campaign_compose", pk=campaign.pk)
