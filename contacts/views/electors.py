"""Electors: rows of electoral rolls, who are not (yet) people of the base."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import line_of
from campaign_crm.platform.walls import current_scope
from contacts.models import ElectoralRegistration
from contacts.selectors import FOUND_AT_MOST, search_electors
from contacts.views.place_field import places_named
from contacts.views.request_electors import corrections_asked


class ElectorList(StaffView, TemplateView):
    """Search electors by name, in a commune or everywhere."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    title = gettext_lazy("Electors")
    subtitle = gettext_lazy(
        "Rows of electoral rolls: they may get letters, visits and calls, never an e-mail or a text message."
    )
    template_name = "contacts/electors/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = line_of(self.request.GET.get("q", ""), at_most=100)
        where = line_of(self.request.GET.get("where", ""), at_most=100)
        commune = next(iter(places_named(where)), None) if where else None
        found = search_electors(query, commune_id=commune.pk if commune else None) if query else []
        electors = [] if where and commune is None else found
        if current_scope() is None:  # requests stand in no territory
            for elector, request in corrections_asked(electors):
                elector.correction_asked = request  # type: ignore[attr-defined]
        return super().get_context_data(
            q=query,
            where=where,
            commune=commune,
            electors=electors,
            any_roll=bool(query) or ElectoralRegistration.objects.exists(),
            found_at_most=FOUND_AT_MOST,
            **kwargs,
        )
