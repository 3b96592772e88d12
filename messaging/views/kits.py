"""Local kits on screen: shared, taken back, and begun in a territory."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from messaging.errors import MessagingError
from messaging.forms.kits import LocalMailingForm
from messaging.models import Template
from messaging.services.kits import share_kit, start_local_mailing


class ShareTemplate(StaffView, View):
    """Share a template with the territories, or stop."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        try:
            template = share_kit(
                template=template, shared=request.POST.get("shared") == "yes", by=request.user
            )
        except MessagingError as error:
            messages.error(request, str(error))
        else:
            text = _("“%(name)s” is shared: territories fill in its local blocks.")
            if not template.is_kit:
                text = _("“%(name)s” is no longer shared with territories.")
            messages.success(request, text % {"name": template.name})
        return redirect("messaging:templates")


class LocalMailing(StaffView, TemplateView):
    """Choose the territory of a kit; then straight to its blocks."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True
    template_name = "messaging/kit.html"

    def get_title(self) -> str:
        return self._kit().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Templates"), reverse("messaging:templates"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", LocalMailingForm())
        return super().get_context_data(template=self._kit(), **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = LocalMailingForm(request.POST)
        if form.is_valid():
            try:
                return redirect("messaging:campaign_compose", pk=self._start(form))
            except MessagingError as error:
                form.add_error(None, str(error))
        return render(request, self.template_name, self.get_context_data(form=form), status=422)

    def _start(self, form: LocalMailingForm) -> int:
        template, territory = self._kit(), form.cleaned_data["territory"]
        name = " ".join(form.cleaned_data["name"].split()) or f"{template.name} – {territory.name}"[:150]
        campaign = start_local_mailing(
            template=template, territory=territory, name=name, by=self.request.user
        )
        return campaign.pk

    def _kit(self) -> Template:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(Template, pk=self.kwargs["pk"], is_kit=True)
        return self._found
