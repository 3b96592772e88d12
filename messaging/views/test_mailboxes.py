"""Test mailboxes: the list for the team, and the page on which an owner confirms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.services.addresses import InvalidAddress
from messaging.errors import MessagingError
from messaging.models import MailboxForTests
from messaging.services.test_mailboxes import (
    MailboxRefused,
    ask_mailbox,
    confirm_mailbox,
    mailbox_of,
    remove_mailbox,
)


class TestMailboxes(StaffView, TemplateView):
    """Those that take tests beside the team, and one more to ask."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.EDIT_CAMPAIGN
    title = gettext_lazy("Test mailboxes")
    subtitle = gettext_lazy("Tests go to your team, and to these mailboxes once their owners have confirmed.")
    template_name = "messaging/test_mailboxes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            mailboxes=MailboxForTests.objects.select_related("asked_by"),
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        address = request.POST.get("address", "").strip()
        try:
            if "remove" in request.POST:
                pk = request.POST["remove"]
                mailbox = get_object_or_404(MailboxForTests, pk=pk if pk.isdecimal() and len(pk) < 19 else 0)
                remove_mailbox(mailbox=mailbox, by=request.user)
                messages.success(request, _("Removed: no test goes there any more."))
            else:
                ask_mailbox(address=address, by=request.user)
                messages.success(request, _("A message with a link to confirm is on its way."))
        except (MessagingError, InvalidAddress, ValueError) as error:
            messages.error(request, str(error))
        return redirect("messaging:test_mailboxes")


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ConfirmTestMailbox(View):
    """GET only asks, because mail scanners follow every link; the button confirms."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            mailbox = mailbox_of(token)
        except MailboxRefused as error:
            return self._page(request, status=410, error=str(error))
        return self._page(request, mailbox=mailbox)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            mailbox = confirm_mailbox(token=token)
        except MailboxRefused as error:
            return self._page(request, status=410, error=str(error))
        return self._page(request, mailbox=mailbox, done=True)

    def _page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, "public/test_mailbox.html", context, status=status)
