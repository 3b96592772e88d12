"""The register of targeted mailings, and the notice that their readers may open."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.spreadsheets import neutralised
from campaign_crm.platform.staff import StaffView
from messaging.content.tokens import NoticeToken
from messaging.services.consent_round import prepare_consent_round
from messaging.services.coverage import coverage
from messaging.services.targeting import cost_of, criteria_of, entries_of, targeted_mailings, votes_after
from messaging.views.public_tokens import token_or_404

SHOWN = 50


class TargetingRegister(StaffView, TemplateView):
    """Every targeted mailing with its frozen criteria, and how many people may be targeted at all."""

    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("Targeted messages")
    subtitle = gettext_lazy("What was chosen by which criteria: the register of Regulation (EU) 2024/900.")
    template_name = "messaging/targeting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = targeted_mailings()
        return super().get_context_data(
            entries=entries_of(list(found[:SHOWN])),
            more=max(0, found.count() - SHOWN),
            coverage=coverage(),
            may_write=self.request.user.has_right(Right.EDIT_CAMPAIGN),
            **kwargs,
        )


class ExportTargetingRegister(StaffView, View):
    """The whole register as a CSV file, for an inspection; journaled."""

    right_required = Right.VIEW_COMPLIANCE

    def get(self, request: HttpRequest) -> HttpResponse:
        entries = entries_of(list(targeted_mailings()))
        written = io.StringIO()
        lines = csv.writer(written, delimiter=";")
        lines.writerow(
            [
                *(_("Frozen"), _("Mailing"), _("Subject"), _("Channel"), _("Sender"), _("Criteria")),
                *(_("Recipients"), _("Left out: have not agreed"), _("Segment version"), _("Rulebook")),
                _("Transparency notice"),
            ]
        )
        for entry in entries:
            mailing = entry.campaign
            values = [
                *(mailing.frozen_at, mailing.name, mailing.subject, mailing.channel, mailing.sender),
                *("\n".join(entry.criteria), mailing.audience_count, entry.left_out),
                *(mailing.segment_version or "", entry.rulebook, entry.notice_url),
            ]
            lines.writerow([neutralised(value) for value in values])
        audit.record(
            action="targeting.export",
            on=Organisation.current(),
            by=request.user,
            detail={"rows": len(entries)},
        )
        answer = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"targeted-messages-{timezone.localdate().isoformat()}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


class PrepareConsentRound(StaffView, View):
    """Make the draft of a consent round and open it."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign = prepare_consent_round(by=request.user)
        messages.success(request, _("Here is a draft: nothing is sent before you say so."))
        return redirect("messaging:campaign_compose", pk=campaign.pk)


class TransparencyNotice(View):
    """Who pays, for which vote, by which criteria people were chosen, and how to end it. For everybody."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = token_or_404(token, NoticeToken)
        mailing = get_object_or_404(targeted_mailings(), pk=opened.campaign)
        values = {
            "mailing": mailing,
            "criteria": criteria_of(mailing),
            "votes": votes_after(timezone.localdate(mailing.frozen_at)),
            "cost": cost_of(mailing),
            "organisation": Organisation.current(),
        }
        return render(request, "public/notice.html", values)
