"""The calendar of elections, which says when nothing political may leave."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView, show_only
from contacts.enums import Suffrage, TerritoryKind
from contacts.models import Election
from contacts.models.election import POLLS_CLOSE
from contacts.services.elections import ElectionRefused, Round, delete_election, save_election
from contacts.territories.lookup import PLACES_OF_RESIDENCE
from contacts.views.place_field import PlaceField

WHERE = (
    *(TerritoryKind.REGION, TerritoryKind.DEPARTMENT, TerritoryKind.CANTON, TerritoryKind.CONSTITUENCY),
    *PLACES_OF_RESIDENCE,
)


class DayField(forms.DateField):
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class ElectionForm(forms.Form):
    """An election with its one or two rounds, as people announce it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    suffrage = forms.ChoiceField(label=gettext_lazy("Election"), choices=Suffrage.choices)
    territory = PlaceField(
        label=gettext_lazy("Where"),
        kinds=WHERE,
        required=False,
        help_text=gettext_lazy("A region, department, constituency, canton or commune. Empty: everywhere."),
    )
    first_day = DayField(label=gettext_lazy("First round"))
    second_day = DayField(label=gettext_lazy("Second round"), required=False)
    closes_at = forms.TimeField(
        label=gettext_lazy("Last polls close at"),
        initial=POLLS_CLOSE,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Local time, wherever people live."),
    )

    @classmethod
    def of(cls, election: Election | None) -> ElectionForm:
        """Filled with what is written down."""
        if election is None:
            return cls()
        days = list(election.rounds.order_by("number"))
        return cls(
            initial={
                "name": election.name,
                "suffrage": election.suffrage,
                "territory": election.territory,
                "first_day": days[0].day,
                "second_day": days[1].day if len(days) > 1 else None,
                "closes_at": days[0].closes_at,
            }
        )

    def rounds(self) -> list[Round]:
        days = [self.cleaned_data["first_day"], self.cleaned_data["second_day"]]
        return [Round(day, self.cleaned_data["closes_at"]) for day in days if day is not None]


class ElectionList(StaffView, TemplateView):
    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Elections")
    subtitle = gettext_lazy("From the eve at midnight until the polls close, nothing political leaves.")
    template_name = "contacts/elections/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        elections = Election.objects.select_related("territory").prefetch_related("rounds")
        return super().get_context_data(
            elections=sorted(elections, key=lambda one: max(vote.day for vote in one.rounds.all())),
            today=timezone.localdate(),
            may_edit=self.request.user.has_right(Right.CHANGE_RULES),
            **kwargs,
        )


class EditElection(StaffView, TemplateView):
    """Write an election down, or correct it before its silence begins."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.CHANGE_RULES
    template_name = "contacts/elections/edit.html"

    @cached_property
    def election(self) -> Election | None:
        if "pk" not in self.kwargs:
            return None
        return get_object_or_404(Election.objects.select_related("territory"), pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return self.election.name if self.election else _("New election")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Elections"), reverse("contacts:elections"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ElectionForm.of(self.election)
        may_edit = request.user.has_right(Right.CHANGE_RULES)
        if not may_edit:
            show_only(form)
        return self._shown(form, may_edit=may_edit)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ElectionForm(request.POST)
        if not form.is_valid():
            return self._shown(form, may_edit=True, status=422)
        told = {name: form.cleaned_data[name] for name in ("name", "suffrage", "territory")}
        try:
            save_election(election=self.election, rounds=form.rounds(), by=request.user, **told)
        except (ElectionRefused, ValidationError) as error:
            form.add_error(None, str(error) if isinstance(error, ElectionRefused) else error)
            return self._shown(form, may_edit=True, status=422)
        messages.success(request, _("Saved."))
        return redirect("contacts:elections")

    def _shown(self, form: ElectionForm, *, may_edit: bool, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, election=self.election, may_edit=may_edit)
        return render(self.request, self.template_name, context, status=status)


class DeleteElection(StaffView, View):
    """Forget an election that will not take place."""

    right_required = Right.CHANGE_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        election = get_object_or_404(Election, pk=pk)
        try:
            delete_election(election=election, by=request.user)
        except ElectionRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The election “%(name)s” is forgotten.") % {"name": election.name})
        return redirect("contacts:elections")
