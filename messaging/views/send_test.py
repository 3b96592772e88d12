"""A test message of a mailing, or of one of its versions, to the team."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.models import Contact
from contacts.services.addresses import InvalidAddress
from messaging.errors import EditedMeanwhile, MessagingError
from messaging.models import Campaign, CampaignVariant
from messaging.services.testing import send_test
from messaging.views.campaigns import mailings

_BETWEEN = re.compile(r"[\s,;]+")


def readers_data() -> dict[str, Any]:
    """What the dialog needs that chooses whose data a test takes."""
    return {
        "urls": {"readers": reverse("messaging:readers")},
        "words": {"nobody_found": _("Nobody found.")},
    }


class SendTest(StaffView, View):
    """Send the mailing as it is saved to a few addresses of the team; answers with a fragment."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings().select_related("sender__provider_account"), pk=pk)
        addresses = [part for part in _BETWEEN.split(request.POST.get("addresses", "")) if part]
        addresses += request.POST.getlist("seeds")
        try:
            sent = send_test(
                campaign=campaign,
                addresses=addresses,
                by=request.user,
                reader=self._reader(request),
                variant=self._variant(campaign, request),
            )
        except (MessagingError, InvalidAddress) as error:
            kind, text = "bad", str(error)
        else:
            number = len(sent)
            text = ngettext(
                "The test is on its way to %(number)s address.",
                "The test is on its way to %(number)s addresses.",
                number,
            ) % {"number": number}
            kind = "ok"
        return render(request, "crm/components/alert.html", {"kind": kind, "text": text})

    def _variant(self, campaign: Campaign, request: HttpRequest) -> CampaignVariant | None:
        """The version asked for, by number or by territory; a territory without one reads the mailing."""
        variants = campaign.variants.select_related("sender__provider_account")
        if territory := _whole(request.POST.get("territory", "")):
            return variants.filter(territory=territory).first()
        number = _whole(request.POST.get("version", ""))
        found = variants.filter(number=number).first() if number else None
        if number and found is None:
            raise EditedMeanwhile(_("Somebody took this version away meanwhile."))
        return found

    def _reader(self, request: HttpRequest) -> Contact | None:
        reader = request.POST.get("reader", "")
        if not reader.isdecimal() or len(reader) > 18 or not request.user.has_right(Right.VIEW_PEOPLE):
            return None
        return Contact.objects.visible().filter(pk=int(reader)).first()


def _whole(text: str) -> int:
    """A number that the page sent; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0
