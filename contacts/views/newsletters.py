"""Newsletters and topics that people may choose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView, show_only
from contacts.enums import TerritoryKind
from contacts.models import Newsletter, Subscription
from contacts.services.newsletters import NewsletterIsPublic, save_newsletter
from contacts.territories.lookup import PLACES_OF_RESIDENCE
from contacts.views.place_field import PlaceField

COUNTED_SECONDS = 60  # a count of every subscription: a minute old at most


class NewsletterForm(forms.ModelForm[Newsletter]):
    territory = PlaceField(
        label=gettext_lazy("Territory"),
        kinds=(TerritoryKind.REGION, TerritoryKind.DEPARTMENT, *PLACES_OF_RESIDENCE),
        required=False,
        help_text=gettext_lazy("A region, department or commune, by its name or code. Empty: everywhere."),
    )

    class Meta:
        model = Newsletter
        fields = ["name", "description", "territory", "is_open"]


class NewsletterList(StaffView, TemplateView):
    right_required = Right.VIEW_SEGMENTS
    title = gettext_lazy("Newsletters")
    subtitle = gettext_lazy(
        "What people may choose to receive. Writing to those who chose it is never targeting."
    )
    template_name = "contacts/newsletters/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        receiving = remembered("newsletters-receiving", seconds=COUNTED_SECONDS, compute=_count_receiving)
        newsletters = list(Newsletter.objects.select_related("territory").order_by("name"))
        for newsletter in newsletters:
            newsletter.receiving = receiving.get(newsletter.pk, 0)  # type: ignore[attr-defined]
        return super().get_context_data(
            newsletters=newsletters,
            may_edit=self.request.user.has_right(Right.EDIT_SEGMENTS),
            **kwargs,
        )


def _count_receiving() -> dict[int, int]:
    """People who receive each newsletter now; those without anybody are left out."""
    running = Subscription.objects.filter(ended_at=None).values_list("newsletter_id")
    return dict(running.annotate(Count("id")))


class EditNewsletter(StaffView, TemplateView):
    right_required = Right.VIEW_SEGMENTS
    right_to_write = Right.EDIT_SEGMENTS
    template_name = "contacts/newsletters/edit.html"

    def get_title(self) -> str:
        return self._newsletter().name if "pk" in self.kwargs else _("New newsletter")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Newsletters"), reverse("contacts:newsletters"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewsletterForm(instance=self._newsletter())
        may_edit = request.user.has_right(Right.EDIT_SEGMENTS)
        if not may_edit:
            show_only(form)
        return render(request, self.template_name, self.get_context_data(form=form, may_edit=may_edit))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewsletterForm(request.POST, instance=self._newsletter())
        if not form.is_valid():
            context = self.get_context_data(form=form, may_edit=True)
            return render(request, self.template_name, context, status=422)
        try:
            save_newsletter(newsletter=form.instance, changed=form.changed_data, by=request.user)
        except NewsletterIsPublic as error:
            form.add_error(None, str(error))
            context = self.get_context_data(form=form, may_edit=True)
            return render(request, self.template_name, context, status=422)
        messages.success(request, _("Saved."))
        return redirect("contacts:newsletters")

    def _newsletter(self) -> Newsletter:
        return get_object_or_404(Newsletter, pk=self.kwargs["pk"]) if "pk" in self.kwargs else Newsletter()
