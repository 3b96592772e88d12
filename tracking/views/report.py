"""What came back of one mailing, as a part of its page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views import View

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from messaging.models import Campaign
from tracking.donations.selectors import raised_by
from tracking.selectors import NOT_ON_LISTS, SMALLEST_CELL, CampaignReport, campaign_report


class CampaignReportPart(StaffView, View):
    """Delivered, opened, clicked, left; by link and by territory. The mailing's page asks for it."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(Campaign.objects.mailings().defer(*NOT_ON_LISTS), pk=pk)
        report = campaign_report(campaign)
        context = {
            "campaign": campaign,
            "raised": raised_by(campaign.pk) if request.user.has_right(Right.SEE_DONATIONS) else None,
            "report": report,
            "counts": _counts(campaign, report),
            "without_name": report.delivered - report.measured,
            "most_clicks": max((line.clicks for line in report.links), default=0),
            "most_delivered": max((line.delivered for line in report.territories), default=0),
            "smallest_cell": SMALLEST_CELL,
        }
        return render(request, "tracking/report.html", context)


def _counts(campaign: Campaign, report: CampaignReport) -> bool:
    """Whether opens and clicks are told: those counted before the installation stopped counting are."""
    counted = report.opened or report.clicks or report.proxied or report.set_aside
    return campaign.tracking and bool(Organisation.current().counting_enabled or counted)
