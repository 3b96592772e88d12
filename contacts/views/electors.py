"""Electors: rows of electoral rolls, who are not (yet) people of the base."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.models import ElectoralRegistration
from contacts.selectors import FOUND_AT_MOST, search_electors


class ElectorList(StaffView, TemplateView):
    """Search electors by name."""

    right_required = Right.VIEW_PEOPLE
    title = gettext_lazy("Electors")
    subtitle = gettext_lazy(
        "Rows of electoral rolls: they may get letters, visits and calls, never an e-mail or a text message."
    )
    template_name = "contacts/electors/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").strip()[:100]
        return super().get_context_data(
            q=query,
            electors=search_electors(query) if query else [],
            any_roll=bool(query) or ElectoralRegistration.objects.exists(),
            found_at_most=FOUND_AT_MOST,
            **kwargs,
        )
