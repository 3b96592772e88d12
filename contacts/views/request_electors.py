"""Electors of a request: looking for them on the rolls, and how they prove who they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import line_of, number_of
from contacts.models import ElectoralRegistration, PersonRequest
from contacts.requests import identity, service
from contacts.requests.electors import make_letter
from contacts.requests.rows import RequestRefused
from contacts.selectors import search_electors
from contacts.views.place_field import PlaceField

SUGGESTED = 8
WORDS = 2000  # characters


class ElectorSearch(forms.Form):
    """How people tell who they are on a roll: a name, and what sets namesakes apart."""

    elector = forms.CharField(label=gettext_lazy("Name on the roll"), max_length=100, required=False)
    born = forms.DateField(
        label=gettext_lazy("Birth date"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    where = PlaceField(label=gettext_lazy("Commune or postcode"), required=False)


class CodeForm(forms.Form):
    """What the letter says."""

    code = forms.CharField(label=gettext_lazy("Code of the letter"), max_length=20)


class CorrectionForm(forms.Form):
    """What is wrong on the roll."""

    text = forms.CharField(
        label=gettext_lazy("What is wrong on the roll, and what is right"),
        max_length=WORDS,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Whoever finds this elector reads that a correction was asked."),
    )


def electors_context(request: HttpRequest, asked: PersonRequest) -> dict[str, Any]:
    """The electors chosen, and those found: by what was typed, else by the name of the request."""
    chosen = ElectoralRegistration.objects.filter(pk__in=asked.electors)
    typed = line_of(request.GET.get("elector", ""), at_most=100)
    search = ElectorSearch(request.GET if typed else None)
    found: list[ElectoralRegistration] = []
    if asked.is_open and typed and search.is_valid():
        found = _found(typed, search)
    elif asked.is_open and not typed and asked.contact is None and not asked.electors and asked.name:
        found = search_electors(asked.name, limit=SUGGESTED)
    return {
        "electors": list(chosen.select_related("commune", "polling_station", "source").order_by("pk")),
        "electors_found": [one for one in found if one.pk not in asked.electors],
        "elector_search": search,
        "elector_typed": typed,
        "code_form": CodeForm(auto_id="code_%s"),
        "correction_form": CorrectionForm(initial={"text": asked.correction}, auto_id="correction_%s"),
    }


class RequestLetter(StaffView, View):
    """A letter with a code, to the address on the roll: printed, put into an envelope, posted."""

    right_required = Right.HANDLE_REQUESTS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = get_object_or_404(PersonRequest.objects.unanswered(), pk=pk)
        elector = _to_write_to(asked)
        if elector is None:
            messages.error(
                request, _("No elector is chosen, or none with an address: say how you know who asks.")
            )
            return redirect("contacts:request", pk)
        answer = HttpResponse(
            make_letter(request=asked, elector=elector, by=request.user), content_type="application/pdf"
        )
        answer["Content-Disposition"] = f'attachment; filename="letter-{asked.pk}.pdf"'
        answer["Cache-Control"] = "no-store"
        return answer


def name_elector(request: HttpRequest, asked: PersonRequest) -> str:
    number = number_of(request.POST.get("elector", ""))
    elector = ElectoralRegistration.objects.select_related("contact").filter(pk=number).first()
    if elector is None:
        raise RequestRefused(_("This elector is no longer on any roll of the base."))
    service.name_elector(request=asked, elector=elector, by=request.user)
    return _("It is about %(person)s.") % {"person": elector}


def unname_elector(request: HttpRequest, asked: PersonRequest) -> str:
    service.unname_elector(
        request=asked, number=number_of(request.POST.get("elector", "")) or 0, by=request.user
    )
    return _("It is no longer about this elector.")


def enter_code(request: HttpRequest, asked: PersonRequest) -> str:
    identity.enter_code(request=asked, code=request.POST.get("code", "")[:20], by=request.user)
    return _("The code is right: it is them.")


def note_correction(request: HttpRequest, asked: PersonRequest) -> str:
    service.note_correction(request=asked, text=request.POST.get("text", "")[:WORDS], by=request.user)
    return _("Written down.")


def corrections_asked(
    electors: list[ElectoralRegistration],
) -> list[tuple[ElectoralRegistration, PersonRequest]]:
    """Those of some electors of whom somebody said what is wrong on the roll, with the newest request."""
    if not electors:
        return []
    asked = PersonRequest.objects.filter(electors__overlap=[one.pk for one in electors]).order_by("pk")
    of_number = {number: one for one in asked if one.correction for number in one.electors}
    return [(one, of_number[one.pk]) for one in electors if one.pk in of_number]


def _found(typed: str, search: ElectorSearch) -> list[ElectoralRegistration]:
    place = search.cleaned_data["where"]
    return search_electors(
        typed, commune_id=place.pk if place else None, born=search.cleaned_data["born"], limit=SUGGESTED
    )


def _to_write_to(asked: PersonRequest) -> ElectoralRegistration | None:
    """The elector of the newest row with an address; somebody on the roll of today before who left."""
    found = [
        one
        for one in ElectoralRegistration.objects.filter(pk__in=asked.electors)
        if one.street or one.locality
    ]
    today = timezone.localdate()
    return max(found, key=lambda one: (one.left_on or today, one.pk), default=None)
