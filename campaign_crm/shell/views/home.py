"""The first page after sign-in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from campaign_crm.platform.staff import StaffView


class Home(StaffView, TemplateView):
    """What this person can do here."""

    right_required = None
    title = _("Home")
    template_name = "crm/home.html"
