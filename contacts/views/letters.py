"""Letters to electors: choose whom by place, polling station, age and sex, and take the addresses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import Gender, TerritoryKind
from contacts.exports.errors import ExportRefused
from contacts.letters import LetterChoice, stations_of
from contacts.models import Territory
from contacts.services.exports import export_letters
from contacts.territories.lookup import PLACES_OF_RESIDENCE
from contacts.views.place_field import PlaceField

ALL = pgettext_lazy("choice", "All")
PLACES = (*PLACES_OF_RESIDENCE, TerritoryKind.DEPARTMENT)
OLDEST = 130  # years
SHOWN = 20  # electors, to see whether they are the right ones


class LetterForm(forms.Form):
    """Whom to write to."""

    place = PlaceField(kinds=PLACES, label=gettext_lazy("Commune or department"))
    station = forms.ModelChoiceField(
        queryset=Territory.objects.none(),
        label=gettext_lazy("Polling station"),
        required=False,
        empty_label=ALL,
    )
    gender = forms.ChoiceField(
        label=gettext_lazy("Sex"), required=False, choices=[("", ALL), *Gender.choices]
    )
    age_from = forms.IntegerField(
        label=gettext_lazy("From age"), required=False, min_value=0, max_value=OLDEST
    )
    age_to = forms.IntegerField(label=gettext_lazy("To age"), required=False, min_value=0, max_value=OLDEST)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        station = self.fields["station"]
        station.queryset = self._stations()
        station.label_from_instance = lambda territory: territory.name

    def _stations(self) -> QuerySet[Territory]:
        """Those of the place that was typed; none before there is one."""
        try:
            place = self.fields["place"].clean(self.data.get("place", ""))
        except forms.ValidationError:
            return Territory.objects.none()
        return stations_of(place)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        youngest, oldest = values.get("age_from"), values.get("age_to")
        if youngest is not None and oldest is not None and youngest > oldest:
            self.add_error("age_to", _("Nobody is both: the second age is below the first."))
        return values

    def choice(self) -> LetterChoice:
        return LetterChoice(day=timezone.localdate(), **self.cleaned_data)


class Letters(StaffView, TemplateView):
    """A GET shows how many and some of them; a POST asks for the file, with its reason."""

    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.EXPORT_PEOPLE
    in_territory = True
    title = gettext_lazy("Letters to electors")
    subtitle = gettext_lazy("Choose whom to write to: that is what a roll is for. Never an e-mail or an SMS.")
    template_name = "contacts/electors/letters.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Electors"), reverse("contacts:electors"))]

    @cached_property
    def form(self) -> LetterForm:
        return LetterForm(self.request.GET or None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(form=self.form, **kwargs)
        if self.form.is_valid():
            electors = self.form.choice().electors()
            context["count"] = electors.count()
            context["sample"] = electors.select_related("commune", "polling_station")[:SHOWN]
            context["may_export"] = self.request.user.has_right(Right.EXPORT_PEOPLE)
        return context

    def post(self, request: HttpRequest) -> HttpResponse:
        reason = request.POST.get("reason", "").replace("\x00", "")[:500].strip()
        if not self.form.is_valid() or not reason:
            return redirect(request.get_full_path())
        choice = self.form.choice()
        try:
            export = export_letters(
                choice=choice,
                reason=reason,
                by=request.user,
                one_per_household=request.POST.get("one_per_household") == "on",
            )
        except ExportRefused as error:
            messages.error(request, str(error))
            return redirect(request.get_full_path())
        return redirect("contacts:export", pk=export.pk)
