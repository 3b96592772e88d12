"""The first page after sign-in: the base, reach, sign-ups, mailings under way, and where to begin."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.walls import current_scope
from contacts.models import Territory
from tracking.selectors import Dashboard, dashboard

DAYS = 30


class Home(StaffView, TemplateView):
    """Figures for those who may see people; otherwise only where to go."""

    right_required = None
    title = _("Home")
    template_name = "crm/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        scope = current_scope()
        if scope is not None:  # the figures below are those of the whole country
            context["places"] = Territory.objects.filter(pk__in=scope).order_by("name")
        elif self.request.user.has_right(Right.VIEW_PEOPLE):
            figures = dashboard(days=DAYS)
            context |= {
                "figures": figures,
                "days": DAYS,
                "sign_ups": sum(number for _day, number in figures.sign_ups),
                "points": [(date_format(day, "j N"), number) for day, number in figures.sign_ups],
                "first_steps": self._first_steps(figures),
            }
        return context

    def _first_steps(self, figures: Dashboard) -> list[tuple[str, str]]:
        """What an empty installation does next, as (label, url); nothing once a mailing has left."""
        if figures.recent:
            return []
        steps = (
            (Right.MANAGE_SETTINGS, _("Say who you are: name, legal name, address"), "shell:organisation"),
            (
                Right.IMPORT_PEOPLE,
                _("Import a roll, an address book or a broker's file"),
                "contacts:import_new",
            ),
            (Right.MANAGE_SETTINGS, _("Choose who messages come from"), "messaging:senders"),
            (Right.EDIT_FORMS, _("Make a sign-up form and share it"), "tracking:form_new"),
            (Right.EDIT_CAMPAIGN, _("Write your first mailing"), "messaging:campaign_new"),
        )
        allowed = [(label, name) for right, label, name in steps if self.request.user.has_right(right)]
        return [(str(label), url) for label, name in allowed if (url := _url(name))]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
