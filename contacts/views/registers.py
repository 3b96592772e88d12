"""Registers of data protection: the documents that the program fills in, and incidents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.errors import ContactsError
from contacts.models import Incident, Source
from contacts.registers.concerned import KINDS
from contacts.registers.documents import DOCUMENTS, parts_of, title_of
from contacts.registers.notices import to_people, to_the_authority
from contacts.registers.page import as_file
from contacts.registers.service import close_incident, note_told, save_incident, write_note

NOTE = 5000  # characters
INCIDENTS_SHOWN = 200


class Registers(StaffView, TemplateView):
    """One document at a time, and the incidents."""

    right_required = Right.VIEW_COMPLIANCE
    right_to_write = Right.CHANGE_RULES
    title = gettext_lazy("Registers")
    subtitle = gettext_lazy("Filled in from the real settings; what you add stays beside it.")
    template_name = "contacts/registers/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("show", DOCUMENTS[0])
        shown = asked if asked in (*DOCUMENTS, "incidents") else DOCUMENTS[0]
        return super().get_context_data(
            tabs=[(name, title_of(name)) for name in DOCUMENTS] + [("incidents", _("Incidents"))],
            shown=shown,
            parts=parts_of(shown) if shown in DOCUMENTS else [],
            incidents=Incident.objects.order_by("-known_at")[:INCIDENTS_SHOWN]
            if shown == "incidents"
            else [],
            may_change=self.request.user.has_right(Right.CHANGE_RULES),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        document, key = request.POST.get("document", ""), request.POST.get("part", "")
        try:
            write_note(document=document, key=key, text=request.POST.get("text", "")[:NOTE], by=request.user)
        except ContactsError as error:
            messages.error(request, str(error))
            return redirect("contacts:registers")
        messages.success(request, _("Saved."))
        shown = next(name for name in DOCUMENTS if name == document)
        part = next(part for part in parts_of(shown) if part.key == key)
        return redirect(f"{reverse('contacts:registers')}?show={shown}#{part.key}")


class RegisterFile(StaffView, View):
    """A document to keep: one file, without anything from elsewhere."""

    right_required = Right.VIEW_COMPLIANCE

    def get(self, request: HttpRequest, document: str) -> HttpResponse:
        if document not in DOCUMENTS:
            raise Http404
        answer = HttpResponse(as_file(document), content_type="text/html; charset=utf-8")
        day = timezone.localdate().isoformat()
        answer["Content-Disposition"] = f'attachment; filename="{document}-{day}.html"'
        return answer


class IncidentForm(forms.Form):
    """A breach, as far as it is known."""

    title = forms.CharField(label=gettext_lazy("What happened, in a few words"), max_length=150)
    known_at = forms.DateTimeField(
        label=gettext_lazy("Known since"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("The authority must be told within 72 hours of this moment."),
    )
    happened_from = forms.DateField(
        label=gettext_lazy("Began on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    happened_until = forms.DateField(
        label=gettext_lazy("Ended on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("What came into the base after this day is not counted."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Which data was seen, changed or lost"),
        choices=KINDS.items(),
        widget=forms.CheckboxSelectMultiple,
    )
    sources = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Of which sources"),
        queryset=Source.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing ticked: all of them."),
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("Risk"), choices=Incident.Risk.choices, widget=forms.RadioSelect, initial="risk"
    )
    description = forms.CharField(
        label=gettext_lazy("What is known"),
        max_length=NOTE,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    measures = forms.CharField(
        label=gettext_lazy("What was done"),
        max_length=NOTE,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    @classmethod
    def of(cls, incident: Incident | None) -> IncidentForm:
        """Filled with what is written down; a new one is known since now."""
        if incident is None:
            return cls(initial={"known_at": timezone.localtime()})
        told = {name: getattr(incident, name) for name in cls.base_fields if name != "sources"}
        return cls(initial=told | {"sources": incident.sources.all()})


class IncidentPage(StaffView, TemplateView):
    """The clock, who is concerned, the drafts, and what was done."""

    right_required = Right.CHANGE_RULES
    template_name = "contacts/registers/incident.html"

    @cached_property
    def incident(self) -> Incident | None:
        return get_object_or_404(Incident, pk=self.kwargs["pk"]) if "pk" in self.kwargs else None

    def get_title(self) -> str:
        return self.incident.title if self.incident else _("New incident")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Registers"), f"{reverse('contacts:registers')}?show=incidents")]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(IncidentForm.of(self.incident))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = IncidentForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            saved = save_incident(incident=self.incident, by=request.user, **form.cleaned_data)
        except ContactsError as error:
            form.add_error(None, str(error))
            return self._page(form, status=422)
        messages.success(request, _("Saved, and counted anew."))
        return redirect("contacts:incident", saved.pk)

    def _page(self, form: IncidentForm, status: int = 200) -> HttpResponse:
        incident = self.incident
        context = self.get_context_data(
            form=form,
            incident=incident,
            counts=_counts(incident) if incident else [],
            drafts=_drafts(incident) if incident else [],
        )
        return render(self.request, self.template_name, context, status=status)


class IncidentAct(StaffView, View):
    """ "The authority was told", "the people were told", "it is over"."""

    right_required = Right.CHANGE_RULES

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        incident = get_object_or_404(Incident, pk=pk)
        try:
            if act == "close":
                close_incident(incident=incident, by=request.user)
            elif act in ("authority", "people"):
                note_told(incident=incident, whom=act, by=request.user)
            else:
                raise Http404
        except ContactsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Written down."))
        return redirect("contacts:incident", pk)


def _counts(incident: Incident) -> list[tuple[str, int]]:
    labels = {"people": _("People, each once"), **{kind: str(label) for kind, label in KINDS.items()}}
    order = ["people", *KINDS]
    found = sorted(incident.concerned.items(), key=lambda item: order.index(item[0]))
    return [(labels[kind], number) for kind, number in found]


def _drafts(incident: Incident) -> list[tuple[str, str, str]]:
    """(title, language, text)."""
    return [
        (_("To the authority (the CNIL’s form)"), "fr", to_the_authority(incident)),
        (_("To people, in French"), "fr", to_people(incident, "fr")),
        (_("To people, in English"), "en", to_people(incident, "en")),
    ]
