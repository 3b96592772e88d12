"""One person: how they may be reached and why not, where they vote, what is known and from where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import line_of, moment_of, number_of
from contacts.enums import SourceKind
from contacts.models import Contact, List, Source, Tag
from contacts.registry import registry
from contacts.services.addresses import InvalidAddress
from contacts.services.contact_points import add_email, add_phone, add_postal_address
from contacts.services.lists import add_to_list
from contacts.services.people import add_note, add_tag, create_contact, remove_tag, tag_named, update_contact
from contacts.services.sources import create_source
from contacts.views.person_facts import person_facts

TIMELINE_PAGE = 20
NOTE_CHARACTERS = 10_000
HAND_SOURCE = "Typed by hand"


def hand_source() -> Source:
    """The source of what staff type: it allows nothing by itself."""
    found = Source.objects.filter(name=HAND_SOURCE).first()
    return found or create_source(by=None, name=HAND_SOURCE, kind=SourceKind.HAND, lawful_basis="none")


class PersonPage(StaffView, TemplateView):
    """Everything about one person on one page; the timeline loads more by itself."""

    right_required = Right.VIEW_PEOPLE
    template_name = "contacts/people/page.html"

    def get_title(self) -> str:
        return str(self._contact())

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("People"), reverse("contacts:people"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = self._contact()
        return super().get_context_data(
            contact=contact,
            facts=person_facts(contact),
            may_edit=self.request.user.has_right(Right.EDIT_PEOPLE),
            all_tags=Tag.objects.order_by("name")[:200],
            all_lists=List.objects.order_by("name")[:200],
            point_form=PointForm(),
            **timeline_page(contact, None),
            **kwargs,
        )

    def _contact(self) -> Contact:
        if not hasattr(self, "_found"):
            people = Contact.objects.visible().select_related("commune")
            self._found = get_object_or_404(people, pk=self.kwargs["pk"])
        return self._found


def timeline_page(contact: Contact, before: datetime | None) -> dict[str, Any]:
    """One page of the timeline, and where the next begins ("" at the end).

    What happened at one moment (a sign-up and all it agreed to) stays on one page: the next begins before it.
    """
    entries = registry.timeline_entries(contact.pk, before=before, limit=TIMELINE_PAGE + 1)
    if len(entries) <= TIMELINE_PAGE:
        return {"entries": entries, "timeline_before": ""}
    shown = [entry for entry in entries if entry.at > entries[-1].at] or entries
    return {"entries": shown, "timeline_before": shown[-1].at.isoformat()}


class Timeline(StaffView, View):
    """Older lines of a timeline, as a fragment."""

    right_required = Right.VIEW_PEOPLE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = get_object_or_404(Contact.objects.visible(), pk=pk)
        before = moment_of(request.GET.get("before", ""))
        context = {"contact": contact, **timeline_page(contact, before)}
        return render(request, "contacts/people/timeline.html", context)


class PersonForm(forms.ModelForm[Contact]):
    class Meta:
        model = Contact
        fields = [
            *["civility", "first_name", "last_name", "birth_name", "gender", "birth_date"],
            *["language", "relationship"],
        ]
        widgets = {
            "birth_date": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "language": forms.Select(choices=[("fr", "Français"), ("en", "English")]),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("first_name") or cleaned.get("last_name")):
            self.add_error("last_name", _("Write a first name or a last name."))
        return cleaned


class NewPersonForm(PersonForm):
    """A person with their first address and number."""

    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=30, required=False)


class NewPerson(StaffView, TemplateView):
    right_required = Right.EDIT_PEOPLE
    title = gettext_lazy("New person")
    template_name = "contacts/people/edit.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("People"), reverse("contacts:people"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, self.template_name, self.get_context_data(form=NewPersonForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewPersonForm(request.POST)
        if form.is_valid():
            try:
                contact = create_contact(source=hand_source(), by=request.user, **form.cleaned_data)
            except InvalidAddress as error:
                form.add_error(None, str(error))
            else:
                return redirect("contacts:person", pk=contact.pk)
        return render(request, self.template_name, self.get_context_data(form=form), status=422)


class EditPerson(StaffView, TemplateView):
    right_required = Right.EDIT_PEOPLE
    template_name = "contacts/people/edit.html"

    def get_title(self) -> str:
        return str(self._contact())

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        contact = self._contact()
        return [
            (_("People"), reverse("contacts:people")),
            (str(contact), reverse("contacts:person", args=[contact.pk])),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PersonForm(instance=self._contact())
        return render(request, self.template_name, self.get_context_data(form=form, contact=self._contact()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PersonForm(request.POST, instance=Contact())
        if not form.is_valid():
            context = self.get_context_data(form=form, contact=self._contact())
            return render(request, self.template_name, context, status=422)
        update_contact(contact=self._contact(), by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("contacts:person", pk=self.kwargs["pk"])

    def _contact(self) -> Contact:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(Contact.objects.visible(), pk=self.kwargs["pk"])
        return self._found


class PointForm(forms.Form):
    """One more way to reach a person."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            ("email", gettext_lazy("E-mail")),
            ("phone", gettext_lazy("Phone")),
            ("postal", gettext_lazy("Address")),
        ],
    )
    value = forms.CharField(label=gettext_lazy("E-mail, phone, or number and street"), max_length=254)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=16, required=False)
    city = forms.CharField(label=gettext_lazy("Town"), max_length=100, required=False)


class PersonAct(StaffView, View):
    """Small acts on a person, each a POST that returns to their page."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        contact = get_object_or_404(Contact.objects.visible(), pk=pk)
        acts = {
            "note": self._note,
            "tag": self._tag,
            "untag": self._untag,
            "list": self._list,
            "point": self._point,
        }
        if act not in acts:
            return HttpResponse(status=404)
        acts[act](request, contact)
        return redirect("contacts:person", pk=pk)

    def _note(self, request: HttpRequest, contact: Contact) -> None:
        body = line_of(request.POST.get("body", ""), at_most=NOTE_CHARACTERS)
        if body:
            add_note(contact=contact, body=body, by=request.user)

    def _tag(self, request: HttpRequest, contact: Contact) -> None:
        name = line_of(request.POST.get("name", ""), at_most=60)
        if name:
            add_tag(contact=contact, tag=tag_named(name), by=request.user)

    def _untag(self, request: HttpRequest, contact: Contact) -> None:
        tag = Tag.objects.filter(pk=number_of(request.POST.get("tag", ""))).first()
        if tag is not None:
            remove_tag(contact=contact, tag=tag, by=request.user)

    def _list(self, request: HttpRequest, contact: Contact) -> None:
        chosen = List.objects.filter(pk=number_of(request.POST.get("list", ""))).first()
        if chosen is not None:
            add_to_list(to=chosen, contacts=[contact], by=request.user)
            messages.success(request, _("Added to “%(name)s”.") % {"name": chosen.name})

    def _point(self, request: HttpRequest, contact: Contact) -> None:
        form = PointForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Write the e-mail, phone or address."))
            return
        data, source = form.cleaned_data, hand_source()
        try:
            if data["kind"] == "email":
                add_email(contact=contact, address=data["value"], source=source, by=request.user)
            elif data["kind"] == "phone":
                add_phone(contact=contact, number=data["value"], source=source, by=request.user)
            else:
                add_postal_address(
                    contact=contact,
                    line1=data["value"],
                    postcode=data["postcode"],
                    city=data["city"],
                    source=source,
                    by=request.user,
                )
        except InvalidAddress as error:
            messages.error(request, str(error))
