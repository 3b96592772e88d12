"""One click logs a call on a person's timeline."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.models import Contact
from tracking.enums import InteractionKind
from tracking.services.interactions import record_interaction


class LogCall(StaffView, View):
    right_required = Right.EDIT_PEOPLE
    in_territory = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = get_object_or_404(Contact.objects.visible(), pk=pk)
        record_interaction(kind=InteractionKind.CALL, contact_id=contact.pk, data={"by": request.user.pk})
        messages.success(request, _("Call logged. Add a note if there is something to remember."))
        return redirect("contacts:person", pk=pk)
