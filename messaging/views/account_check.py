"""The button "Check this account"."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.services.addresses import InvalidAddress
from messaging.models import ProviderAccount
from messaging.providers.registry import Finding
from messaging.services.account_check import check_with_message, connection_findings


class CheckAccount(StaffView, View):
    """Send a real message to the address given; without one, connect only. Answers with a fragment."""

    right_required = Right.MANAGE_SETTINGS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        account = get_object_or_404(ProviderAccount, pk=pk)
        address = request.POST.get("address", "").strip()
        try:
            if address:
                found = check_with_message(account=account, address=address, by=request.user)
            else:
                found = connection_findings(account)
        except InvalidAddress as error:
            found = [Finding("error", str(error))]
        return render(request, "messaging/provider_findings.html", {"findings": found})
