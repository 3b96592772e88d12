"""What people wrote back: read, and turned into a request where it is one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.walls import current_scope
from contacts.models import Contact
from contacts.requests.reminders import tell_of_arrival
from contacts.services.openings import note_opened_with_person
from messaging.models import Reply
from messaging.services.reply_requests import request_from_reply, request_of


def readable_replies() -> QuerySet[Reply]:
    """Answers of people who may be seen; those of nobody known are read in the whole country only."""
    replies = Reply.objects.exclude(contact__erased_at__isnull=False)
    if current_scope() is not None:
        replies = replies.filter(contact__in=Contact.objects.visible())
    return replies.select_related("contact", "campaign")


class ReplyList(StaffView, TemplateView):
    """The newest first; absence notices only when they are asked for."""

    right_required = Right.VIEW_PEOPLE
    title = gettext_lazy("Answers of people")
    subtitle = gettext_lazy("What came to the mailboxes that are read.")
    template_name = "messaging/replies.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        automatic = self.request.GET.get("show") == "automatic"
        page = newest_first(self.request, readable_replies().filter(is_automatic=automatic))
        return super().get_context_data(page=page, automatic=automatic, **kwargs)


class ReplyPage(StaffView, TemplateView):
    right_required = Right.VIEW_PEOPLE
    template_name = "messaging/reply.html"

    @cached_property
    def reply(self) -> Reply:
        return get_object_or_404(readable_replies(), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_opened_with_person(self.reply, self.reply.contact_id, by=request.user)
        return super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return self.reply.subject or _("no subject")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Answers of people"), reverse("messaging:replies"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            reply=self.reply,
            opened=request_of(self.reply),
            may_open=user.has_right(Right.EDIT_COMPLIANCE),
            may_handle=user.has_right(Right.HANDLE_REQUESTS),
            **kwargs,
        )


class ReplyToRequest(StaffView, View):
    """It asks something of their data: one click, and it waits in the queue with its day."""

    right_required = Right.EDIT_COMPLIANCE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        reply = get_object_or_404(readable_replies(), pk=pk)
        opened = request_from_reply(reply=reply, by=request.user)
        if request.user.has_right(Right.HANDLE_REQUESTS):
            return redirect("contacts:request", opened.pk)
        tell_of_arrival(opened)
        return redirect("messaging:reply", pk)
