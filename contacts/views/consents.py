"""The consent ledger, newest entries first, and the wording people are shown."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.enums import ConsentPurpose
from contacts.models import Consent, ConsentWording


class ConsentList(StaffView, TemplateView):
    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("What people said")
    subtitle = gettext_lazy("The consent ledger: it is only added to, and the newest entry holds.")
    template_name = "contacts/consents/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = Consent.objects.filter(contact__erased_at=None).select_related(
            "contact", "source", "wording"
        )
        purpose = self.request.GET.get("purpose", "")
        if purpose in ConsentPurpose.values:
            entries = entries.filter(purpose=purpose)
        return super().get_context_data(
            page=newest_first(self.request, entries),
            purposes=ConsentPurpose.choices,
            purpose=purpose,
            wordings=ConsentWording.objects.order_by("channel", "purpose", "language", "-version"),
            **kwargs,
        )
