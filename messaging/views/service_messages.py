"""Service messages: what became of confirmations, answers and tests, and settling what is uncertain."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from messaging.dispatch.ways_out import service_sender
from messaging.enums import DeliveryState, ShownState
from messaging.errors import MessagingError
from messaging.services.service_figures import service_lines
from messaging.services.uncertain import DECISIONS, settle_uncertain_service


class ServiceMessages(StaffView, TemplateView):
    """By kind and month; the uncertain ones are settled together."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.SEND_CAMPAIGN
    title = gettext_lazy("Service messages")
    subtitle = gettext_lazy("Confirmations, answers and tests: they leave by themselves, before any mailing.")
    template_name = "messaging/service_messages.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = service_lines()
        return super().get_context_data(
            lines=lines,
            words=ShownState,
            to_check=sum(line.to_check for line in lines),
            sender=service_sender(),
            may_send=self.request.user.has_right(Right.SEND_CAMPAIGN),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        decision = request.POST.get("decision", "")
        if decision not in DECISIONS:
            messages.error(request, _("Choose what to do with them."))
            return redirect("messaging:service_messages")
        try:
            number = settle_uncertain_service(
                decision=DeliveryState(decision),
                by=request.user,
                reason=request.POST.get("reason", "").strip()[:300],
            )
        except MessagingError as error:
            messages.error(request, str(error))
        else:
            text = ngettext("%(number)s recipient settled.", "%(number)s recipients settled.", number)
            messages.success(request, text % {"number": number})
        return redirect("messaging:service_messages")
