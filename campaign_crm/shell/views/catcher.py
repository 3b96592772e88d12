"""The mail catcher's page: what this machine's own SMTP server received, links live. Development only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from campaign_crm.platform.mail_catcher.mailbox import (
    CaughtMessage,
    NoSuchMessage,
    count_messages,
    delete_all,
    list_messages,
    read_message,
)
from campaign_crm.platform.mail_catcher.safe_html import FRAME_POLICY, FRAME_SANDBOX
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView, staff_view
from messaging.services.senders import leads_out

PAGE = 50
FACES = ("message", "text", "links", "headers")


def caught(message_id: str) -> CaughtMessage:
    """Return one message; 404 when it is not (or no longer) there."""
    try:
        return read_message(settings.MAILBOX_DIR, message_id)
    except NoSuchMessage as error:
        raise Http404(str(error)) from error


class Catcher(StaffView, TemplateView):
    """Everything caught, newest first; POST empties the mailbox."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Mail catcher")
    template_name = "crm/catcher.html"

    def get_subtitle(self) -> str:
        if leads_out():
            return _("Only what goes through this machine’s catcher stops here: another way out is in use.")
        return _("Messages stop here: on this machine nothing leaves for the real world.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").strip()
        before = self.request.GET.get("before") or None
        found = list_messages(settings.MAILBOX_DIR, before=before, limit=PAGE + 1, search=words)
        return super().get_context_data(
            found=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else "",
            total=count_messages(settings.MAILBOX_DIR),
            q=words,
            is_first=before is None,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        number = delete_all(settings.MAILBOX_DIR)
        messages.success(request, _("%(number)s messages deleted.") % {"number": number})
        return redirect("shell:catcher")


class Caught(StaffView, TemplateView):
    """One message: as it looks, its text, its links, its headers."""

    right_required = Right.MANAGE_SETTINGS
    template_name = "crm/caught.html"

    @cached_property
    def message(self) -> CaughtMessage:
        return caught(self.kwargs["message_id"])

    def get_title(self) -> str:
        return self.message.summary.subject or _("(no subject)")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mail catcher"), reverse("shell:catcher"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        face = self.request.GET.get("face", "")
        default = "message" if self.message.safe_html else "text"
        return super().get_context_data(
            message=self.message,
            face=face if face in FACES else default,
            sandbox=FRAME_SANDBOX,
            **kwargs,
        )


@require_safe
@xframe_options_sameorigin
@staff_view(Right.MANAGE_SETTINGS)
def caught_body(request: HttpRequest, message_id: str) -> HttpResponse:
    """Answer with the cleaned HTML of a message, under a policy of its own, for the sandboxed frame."""
    response = HttpResponse(caught(message_id).safe_html)
    response["Content-Security-Policy"] = FRAME_POLICY
    return response


@require_safe
@staff_view(Right.MANAGE_SETTINGS)
def caught_source(request: HttpRequest, message_id: str) -> HttpResponse:
    """Answer with the whole message as it came, to download."""
    response = HttpResponse(caught(message_id).raw, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{message_id}.eml"'
    return response
