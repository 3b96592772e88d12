"""The list of imports: what came in, when, by whom, and with what effect."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.models import Import
from contacts.views.import_steps import AT_WORK


class ImportList(StaffView, TemplateView):
    """Newest first; files that are being worked on refresh themselves. Who only reads sees the list."""

    right_required = Right.VIEW_PEOPLE
    title = gettext_lazy("Imports")
    subtitle = gettext_lazy("Files that became people and electors. Each can be looked into, and undone.")
    template_name = "contacts/imports/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        imports = Import.objects.select_related("source", "job", "created_by")
        kind = self.request.GET.get("kind", "")
        if kind in Import.Kind.values:
            imports = imports.filter(kind=kind)
        page = newest_first(self.request, imports)
        return super().get_context_data(
            page=page,
            kinds=Import.Kind.choices,
            kind=kind,
            may_import=self.request.user.has_right(Right.IMPORT_PEOPLE),
            is_at_work=any(run.state in AT_WORK for run in page.rows),
            **kwargs,
        )
