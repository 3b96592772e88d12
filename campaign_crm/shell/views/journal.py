"""The journal: who did what, and what became of which rows; of everything, and of one person."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform import audit
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import HistoryEntry, User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.sealed_history import earlier_values
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.shell.journal import ACTS
from campaign_crm.shell.journal_lines import PERSON, Asked, Line, earlier_words, journal_page, things
from contacts.models import Contact, Merge
from contacts.services.openings import note_person_opened

ANY = pgettext_lazy("choice", "All")


class JournalForm(forms.Form):
    """What to look for; an empty field asks nothing."""

    who = forms.ModelChoiceField(
        queryset=User.objects.order_by("full_name", "email"),
        label=gettext_lazy("Who"),
        required=False,
        empty_label=ANY,
    )
    act = forms.ChoiceField(label=gettext_lazy("What was done"), required=False)
    thing = forms.ChoiceField(label=gettext_lazy("On what"), required=False)
    number = forms.IntegerField(label=gettext_lazy("Its number"), required=False, min_value=0)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        acts = sorted(((code, str(words)) for code, words in ACTS.items()), key=lambda one: one[1])
        rows = [(f"row.{code}", label) for code, label in HistoryEntry.Operation.choices]
        self.fields["act"].choices = [("", ANY), (_("Rows"), rows), (_("Acts"), acts)]
        self.fields["thing"].choices = [("", ANY), *things()]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if isinstance(since, date) and isinstance(until, date) and since > until:
            self.add_error("until", _("The period ends before it begins."))
        if values.get("number") is not None and not values.get("thing"):
            self.add_error("thing", _("Say what the number is of."))
        return values

    def asked(self) -> Asked:
        values = dict(self.cleaned_data)
        number = values.pop("number")
        return Asked(**values, numbers=() if number is None else (number,))


class Journal(StaffView, TemplateView):
    """One place to look, for whoever watches over the installation."""

    right_required = Right.VIEW_JOURNAL
    title = gettext_lazy("Journal")
    subtitle = gettext_lazy(
        "Who did what, and what became of the rows. Nobody can change or delete a line. To see who opened "
        "which record, choose it under “What was done”."
    )
    template_name = "crm/journal.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = JournalForm(self.request.GET or None)
        before = self.request.GET.get("before", "")
        lines: list[Line] = []
        older = ""
        if not form.is_bound:
            lines, older = journal_page(Asked(), before)
        elif form.is_valid():
            lines, older = journal_page(form.asked(), before)
        return super().get_context_data(
            form=form,
            lines=lines,
            next_url=_with(self.request, before=older) if older else "",
            previous_url=_with(self.request) if before else "",
            **kwargs,
        )


class PersonHistory(StaffView, TemplateView):
    """What was done with one person's record. A POST shows earlier values too, and stands in the journal."""

    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.EDIT_COMPLIANCE
    template_name = "crm/person_history.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_person_opened(self._person().pk, by=request.user)
        return super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return _("History")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        person = self._person()
        return [
            (_("People"), reverse("contacts:people")),
            (str(person), reverse("contacts:person", args=[person.pk])),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = self._person()
        merged = Merge.objects.filter(kept_id=person.pk, undone_at=None)
        numbers = (person.pk, *merged.values_list("absorbed_id", flat=True))
        before = self.request.GET.get("before", "")
        with acting_as("crm_national"):  # whom the walls let through: the history itself has no territory
            lines, older = journal_page(Asked(thing=PERSON, numbers=numbers), before)
        return super().get_context_data(
            person=person,
            lines=lines,
            next_url=_with(self.request, before=older) if older else "",
            previous_url=_with(self.request) if before else "",
            may_see_values=self.request.user.has_right(Right.EDIT_COMPLIANCE),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = self._person()
        context = self.get_context_data(values_shown=True)
        changes = [line for line in context["lines"] if line.entry is not None]
        with acting_as("crm_national"):
            values = earlier_values([line.entry for line in changes if line.entry], person=person.pk)
        for line in changes:
            if line.entry and line.number in values:
                line.earlier = earlier_words(line.entry, values[line.number])
        audit.record(action="history.read", on=person, by=request.user, detail={"rows": len(values)})
        return self.render_to_response(context)

    def _person(self) -> Contact:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(Contact.objects.visible(), pk=self.kwargs["pk"])
        return self._found


def _with(request: HttpRequest, **changes: str) -> str:
    query = {name: str(value) for name, value in request.GET.items() if name != "before"} | changes
    return f"{request.path}?{urlencode(query)}" if query else request.path
