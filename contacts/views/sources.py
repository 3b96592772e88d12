"""Where data comes from, and what allows its use."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView, show_only
from contacts.enums import Channel
from contacts.errors import ContactsError
from contacts.models import Source
from contacts.services.sources import SourceRefused, create_source, update_source


class SourceForm(forms.ModelForm[Source]):
    """A source as people describe it."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels this opens"),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Only what the basis allows; each person's own word comes before it."),
    )

    class Meta:
        model = Source
        fields = [
            *["name", "kind", "lawful_basis", "channels", "supplier", "licence_ends_on", "consent_wording"],
            *["proof", "balance", "origin_text", "elections"],
        ]
        widgets = {
            "licence_ends_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "consent_wording": forms.Textarea({"rows": 3}),
            "proof": forms.Textarea({"rows": 2}),
            "balance": forms.Textarea({"rows": 3}),
            "elections": forms.CheckboxSelectMultiple,
        }

    def _post_clean(self) -> None:
        """The service checks the whole source; checking here as well would say everything twice."""


class SourceList(StaffView, TemplateView):
    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("Where data comes from")
    subtitle = gettext_lazy("Every fact has a source, and every source says what allows its use.")
    template_name = "contacts/sources/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sources = Source.objects.annotate(imported=Count("imports", distinct=True)).order_by("name")
        return super().get_context_data(
            sources=sources,
            today=timezone.localdate(),
            may_edit=self.request.user.has_right(Right.EDIT_COMPLIANCE),
            **kwargs,
        )


class EditSource(StaffView, TemplateView):
    """Describe a source, or correct one; correcting needs a reason."""

    right_required = Right.VIEW_COMPLIANCE
    right_to_write = Right.EDIT_COMPLIANCE
    template_name = "contacts/sources/edit.html"

    def get_title(self) -> str:
        return str(self._source()) if "pk" in self.kwargs else _("New source")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Where data comes from"), reverse("contacts:sources"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SourceForm(instance=self._source())
        if not request.user.has_right(Right.EDIT_COMPLIANCE):
            show_only(form)
        return self._page(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SourceForm(request.POST, instance=self._source())
        if not form.is_valid():
            return self._page(form, status=422)
        source = self._source()
        try:
            if source.pk is None:
                create_source(by=request.user, **form.cleaned_data)
            else:
                update_source(
                    source=source, by=request.user, reason=request.POST.get("reason", ""), **form.cleaned_data
                )
        except (SourceRefused, ValidationError) as error:
            show_refusal(error, form)
            return self._page(form, status=422)
        messages.success(request, _("Saved."))
        return redirect("contacts:sources")

    def _page(self, form: SourceForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            known="pk" in self.kwargs,
            may_edit=self.request.user.has_right(Right.EDIT_COMPLIANCE),
        )
        return render(self.request, self.template_name, context, status=status)

    def _source(self) -> Source:
        return get_object_or_404(Source, pk=self.kwargs["pk"]) if "pk" in self.kwargs else Source()


def show_refusal(error: ContactsError | ValidationError, form: SourceForm) -> None:
    """Put what a service refused beside the field it names."""
    if not isinstance(error, ValidationError):
        form.add_error(None, str(error))
        return
    for field, texts in getattr(error, "message_dict", {"__all__": error.messages}).items():
        for text in texts:
            form.add_error(field if field in form.fields else None, text)
