"""Asking for an approval and answering, from the page before sending."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from messaging.errors import MessagingError
from messaging.models import Campaign
from messaging.services import approvals
from messaging.views.campaigns import mailings


class ApprovalAct(StaffView, View):
    """One POST: `ask`, `approve`, `decline` or `alone`; back to the page before sending."""

    right_required = Right.APPROVE_CAMPAIGN
    in_territory = True

    def right_for(self, request: HttpRequest) -> str | None:
        return Right.EDIT_CAMPAIGN if self.kwargs["act"] == "ask" else Right.APPROVE_CAMPAIGN

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        try:
            messages.success(request, self._do(campaign, act))
        except MessagingError as error:
            messages.error(request, str(error))
        return redirect("messaging:campaign_review", pk=pk)

    def _do(self, campaign: Campaign, act: str) -> str:
        """Do it; returns what to say."""
        user, sent = self.request.user, self.request.POST
        reason, content = sent.get("reason", ""), sent.get("content", "")
        match act:
            case "ask":
                approvals.ask_approval(campaign=campaign, by=user)
                return _("Everybody who can approve it has been told.")
            case "approve":
                approvals.approve(campaign=campaign, content=content, by=user)
                return _("Approved: it can leave as it is now.")
            case "decline":
                approvals.decline(campaign=campaign, content=content, reason=reason, by=user)
                return _("Sent back, with your reason.")
            case "alone":
                approvals.approve_alone(campaign=campaign, reason=reason, by=user)
                return _("Approved with your reason: you will have ten minutes to cancel.")
        raise Http404
