"""One person: how they may be reached and why not, where they vote, what is known and from where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.models import RecordRead
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import moment_of
from campaign_crm.platform.walls import current_scope
from contacts.enums import TimelineGroup
from contacts.merging.redirects import present_id
from contacts.models import Contact, List, Tag
from contacts.registry import registry
from contacts.scoped import own_within
from contacts.services.addresses import InvalidAddress
from contacts.services.openings import note_person_opened, openings_of_person
from contacts.services.people import create_contact, update_contact
from contacts.services.sources import hand_source
from contacts.services.support import refusal_for, support_of
from contacts.views.person_act_forms import (
    ConsentForm,
    MembershipForm,
    ObjectionForm,
    PointForm,
    SupportForm,
)
from contacts.views.person_facts import newsletter_boxes, person_facts
from contacts.views.person_forms import NewPersonForm, PersonForm

TIMELINE_PAGE = 20


class PersonPage(StaffView, TemplateView):
    """Everything about one person on one page; the timeline loads more by itself."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    template_name = "contacts/people/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self._contact()
        except Http404:
            now = present_id(kwargs["pk"])
            if now == kwargs["pk"]:
                raise
            return redirect("contacts:person", pk=now)  # an old link names a record that was merged
        note_person_opened(self._contact().pk, by=self.request.user)
        return super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return str(self._contact())

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("People"), reverse("contacts:people"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = self._contact()
        facts = person_facts(contact)
        return super().get_context_data(
            contact=contact,
            facts=facts,
            may_edit=self.request.user.has_right(Right.EDIT_PEOPLE),
            everywhere=current_scope() is None,  # merging and linking reach beyond a territory
            all_tags=Tag.objects.order_by("name")[:200],
            all_lists=own_within(List.objects.picked(), self.request.user).order_by("name")[:200],
            may_ask_why=current_scope() is None and self.request.user.has_right(Right.VIEW_COMPLIANCE),
            may_record=self.request.user.has_right(Right.EDIT_COMPLIANCE),
            newsletters=newsletter_boxes(facts),
            point_form=PointForm(auto_id="point_%s"),
            consent_form=ConsentForm(auto_id="consent_%s"),
            objection_form=ObjectionForm(auto_id="objection_%s"),
            membership_form=MembershipForm(auto_id="membership_%s"),
            **self._support(contact),
            timeline_groups=TimelineGroup.choices,
            openings=self._openings(),
            **timeline_page(contact, None, self.request.GET.get("show", "")),
            **kwargs,
        )

    def _support(self, contact: Contact) -> dict[str, Any]:
        """What the team noted of their opinion; nothing at all for whoever may not see it."""
        if not self.request.user.has_right(Right.SEE_SUPPORT_LEVELS):
            return {}
        noted = support_of(contact)
        return {
            "may_see_support": True,
            "support": noted,
            "support_refusal": refusal_for(contact),
            "support_form": SupportForm(
                initial={"level": noted.level if noted else ""}, auto_id="support_%s"
            ),
        }

    def _contact(self) -> Contact:
        if not hasattr(self, "_found"):
            people = Contact.objects.visible().select_related("commune")
            self._found = get_object_or_404(people, pk=self.kwargs["pk"])
        return self._found

    def _openings(self) -> list[RecordRead] | None:
        """Who opened this page, for whoever reads the journal."""
        may_see = current_scope() is None and self.request.user.has_right(Right.VIEW_JOURNAL)
        return openings_of_person(self._contact().pk) if may_see else None


def timeline_page(contact: Contact, before: datetime | None, show: str) -> dict[str, Any]:
    """One page of the timeline, and where the next begins ("" at the end).

    `show`: the TimelineGroup whose entries are shown; all of them when it is "" or none.

    What happened at one moment (a sign-up and all it agreed to) stays on one page: the next begins before it.
    """
    group = TimelineGroup(show) if show in TimelineGroup.values else None
    entries = registry.timeline_entries(contact.pk, before=before, limit=TIMELINE_PAGE + 1, group=group)
    page = {"entries": entries, "timeline_group": group or "", "timeline_before": ""}
    if len(entries) <= TIMELINE_PAGE:
        return page
    shown = [entry for entry in entries if entry.at > entries[-1].at] or entries
    return page | {"entries": shown, "timeline_before": shown[-1].at.isoformat()}


class Timeline(StaffView, View):
    """Older lines of a timeline, as a fragment."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = get_object_or_404(Contact.objects.visible(), pk=pk)
        note_person_opened(contact.pk, by=request.user)
        before = moment_of(request.GET.get("before", ""))
        context = {"contact": contact, **timeline_page(contact, before, request.GET.get("show", ""))}
        return render(request, "contacts/people/timeline.html", context)


class NewPerson(StaffView, TemplateView):
    right_required = Right.EDIT_PEOPLE
    in_territory = True
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
                contact = create_contact(source=hand_source(), by=request.user, **form.person())
            except InvalidAddress as error:
                form.add_error(None, str(error))
            else:
                return redirect("contacts:person", pk=contact.pk)
        return render(request, self.template_name, self.get_context_data(form=form), status=422)


class EditPerson(StaffView, TemplateView):
    right_required = Right.EDIT_PEOPLE
    in_territory = True
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
        note_person_opened(self._contact().pk, by=request.user)
        form = PersonForm(instance=self._contact(), known=self._contact())
        return render(request, self.template_name, self.get_context_data(form=form, contact=self._contact()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PersonForm(request.POST, instance=Contact(), known=self._contact())
        if not form.is_valid():
            context = self.get_context_data(form=form, contact=self._contact())
            return render(request, self.template_name, context, status=422)
        update_contact(contact=self._contact(), by=request.user, **form.person())
        messages.success(request, _("Saved."))
        return redirect("contacts:person", pk=self.kwargs["pk"])

    def _contact(self) -> Contact:
        if not hasattr(self, "_found"):
            people = Contact.objects.visible().select_related("commune")
            self._found = get_object_or_404(people, pk=self.kwargs["pk"])
        return self._found
