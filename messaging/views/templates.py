"""Templates: what the team has prepared to begin from."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from messaging.errors import MessagingError
from messaging.models import Template
from messaging.services.templates import create_template, delete_template

PAGE = 24


class TemplateList(StaffView, TemplateView):
    """Every template with its look."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True
    title = gettext_lazy("Templates")
    subtitle = gettext_lazy("Beginnings of mailings, ready to be filled in.")
    template_name = "messaging/templates.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = Template.objects.select_related("created_by").defer("blocks")
        return super().get_context_data(
            page=newest_first(self.request, found, size=PAGE),
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
            **kwargs,
        )


class NewTemplate(StaffView, View):
    """An empty template under the name given, or a copy of another one."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest) -> HttpResponse:
        origin = None
        if request.POST.get("copy_of", "").isdecimal():
            origin = get_object_or_404(Template, pk=int(request.POST["copy_of"]))
        try:
            template = create_template(
                name=request.POST.get("name", ""),
                by=request.user,
                subject=origin.subject if origin else "",
                preview_text=origin.preview_text if origin else "",
                blocks=origin.blocks if origin else [],
            )
        except MessagingError as error:
            messages.error(request, str(error))
            return redirect("messaging:templates")
        return redirect("messaging:template_compose", pk=template.pk)


class DeleteTemplate(StaffView, View):
    """Remove a beginning; mailings made from it stay as they are."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        delete_template(template=template, by=request.user)
        messages.success(request, _("The template “%(name)s” is deleted.") % {"name": template.name})
        return redirect("messaging:templates")
