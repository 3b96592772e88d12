"""A part of a mailing with a composer of its own: what one territory says, or one version of a test."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from messaging.views.campaign import rights_of
from messaging.views.composing import composer_data
from messaging.views.documents import PartDocument

Part = TypeVar("Part", bound=PartDocument)


class OnePart(StaffView, Generic[Part]):
    """A page or an answer about one part; `load` reads it and raises Http404."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def load(self) -> Part:
        raise NotImplementedError

    def find(self) -> Part:
        """The part as it was when the page first asked."""
        if not hasattr(self, "_found"):
            self._found = self.load()
        return self._found

    def find_again(self) -> Part:
        """The part as it is now."""
        self._found = self.load()
        return self._found


class PartComposer(OnePart[Part], TemplateView):
    """Write one part beside the whole message. `page_of_all` names the page that lists the parts."""

    page_of_all = ""

    def get_title(self) -> str:
        return self.find().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        campaign = self.find().campaign
        parts = reverse(self.page_of_all, args=[campaign.pk])
        return [(_("Mailings"), reverse("messaging:campaigns")), (campaign.name, parts)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = self.find()
        return super().get_context_data(
            document=document,
            campaign=document.campaign,
            data=composer_data(document, self.request.user),
            **rights_of(self.request.user),
            **kwargs,
        )
