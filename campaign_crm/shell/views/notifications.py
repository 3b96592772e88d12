"""What a member of the team was told: an import finished, a mailing paused."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from campaign_crm.platform.models import Notification
from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.services.notifications import mark_all_read, mark_read
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import number_of


class Notifications(StaffView, TemplateView):
    """One's own, newest first. Looking marks nothing: opening one does, or the button for all."""

    right_required = None
    title = gettext_lazy("Notifications")
    template_name = "crm/notifications.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = newest_first(self.request, Notification.objects.filter(user=self.request.user))
        return super().get_context_data(page=page, newest=page.rows[0].pk if page.rows else 0, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        up_to = number_of(request.POST.get("up_to", ""))
        if up_to is not None:
            mark_all_read(user=request.user, up_to=up_to)
        return redirect("shell:notifications")


class NotificationOpen(StaffView, View):
    """Mark one as read and go where it leads: a POST, as a GET changes nothing."""

    right_required = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        told = get_object_or_404(Notification, pk=pk, user=request.user)
        mark_read(notification=told)
        leads_here = url_has_allowed_host_and_scheme(told.url, None)
        return redirect(told.url if leads_here else "shell:notifications")
