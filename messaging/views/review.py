"""Before a mailing leaves: what is still missing, who gets it, when it goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import Severity
from contacts.rules.rulebook import all_in_force
from contacts.segments.reachability import Counts
from messaging.errors import EditedMeanwhile, MessagingError
from messaging.forms.campaigns import SendForm
from messaging.models import Campaign, SendingRule
from messaging.services.approval_state import (
    approval_of,
    content_of,
    has_outgrown,
    is_needed,
    others_who_may_approve,
    window_of,
)
from messaging.services.campaigns import CampaignContent, schedule, send_now, update_campaign
from messaging.services.experiment_plan import plan_of
from messaging.services.experiment_sides import letter_of, test_of
from messaging.services.pre_send import PreSend, pre_send
from messaging.services.testing import untested_versions, was_tested
from messaging.services.variants import revision_of
from messaging.views.audience import Picture, picture_of
from messaging.views.campaigns import mailings
from messaging.views.checklist import Line, checklist
from messaging.views.experiment_result import sides_shown
from messaging.views.other_ways import other_ways
from messaging.views.send_test import readers_data
from messaging.views.territories import versions_of


class Review(StaffView, TemplateView):
    """The checklist, the counts, and the button."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.SEND_CAMPAIGN
    in_territory = True
    template_name = "messaging/review.html"

    def get_title(self) -> str:
        return self._campaign().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mailings"), reverse("messaging:campaigns"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self._campaign()
        if not campaign.is_editable:
            return redirect("messaging:campaign", pk=campaign.pk)
        later = campaign.scheduled_at
        initial = {
            "when": "later" if later else "now",
            "at": later,
            "send_until": campaign.send_until if campaign.has_time_left else None,
            "engaged_first": campaign.engaged_first,
            "moment": campaign.moment,
        }
        return self._page(pre_send(campaign), initial=initial)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self._campaign()
        found = pre_send(campaign)
        form = _send_form(found, request.POST)
        if not form.is_valid():
            return self._page(found, form=form, status=422)
        try:
            self._send(campaign, form)
        except EditedMeanwhile:
            messages.error(request, _("Somebody has just changed this mailing: look at it again first."))
            return redirect("messaging:campaign_review", pk=campaign.pk)
        except MessagingError as error:
            messages.error(request, str(error))
            return redirect("messaging:campaign_review", pk=campaign.pk)
        return redirect("messaging:campaign", pk=campaign.pk)

    def _send(self, campaign: Campaign, form: SendForm) -> None:
        user, until = self.request.user, form.cleaned_data["send_until"]
        # The text that was looked at on this page, and no other, is what leaves.
        seen = self.request.POST.get("revision", "")
        if seen != revision_of(campaign):
            raise EditedMeanwhile
        wanted: CampaignContent = {
            "send_until": until,
            "engaged_first": form.cleaned_data["engaged_first"],
            "moment": form.cleaned_data["moment"],
        }
        if any(getattr(campaign, name) != value for name, value in wanted.items()):
            campaign = update_campaign(campaign=campaign, revision=campaign.revision, by=user, **wanted)
        if form.cleaned_data["when"] == "later":
            schedule(campaign=campaign, at=form.cleaned_data["at"], by=user)
        else:
            send_now(campaign=campaign, by=user)

    def _page(
        self,
        found: PreSend,
        *,
        form: SendForm | None = None,
        initial: dict[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        campaign = self._campaign()
        picture = _picture(campaign, found)
        context = self.get_context_data(
            campaign=campaign,
            unasked=[one for one in all_in_force() if one.severity == Severity.OFF],
            ways=other_ways(campaign, picture, self.request.user),
            revision=revision_of(campaign),
            versions=versions_of(campaign),
            step="review",
            found=found,
            lines=self._lines(campaign, found),
            picture=picture,
            form=form or _send_form(found, None, initial),
            readers_data=readers_data(),
            **self._experiment(campaign, found),
            approval=self._approval(campaign, found),
            window=_lasting(window_of(campaign)),
            time_zone=timezone.get_current_timezone_name(),
            may_send=self.request.user.has_right(Right.SEND_CAMPAIGN),
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
        )
        return render(self.request, self.template_name, context, status=status)

    def _lines(self, campaign: Campaign, found: PreSend) -> list[Line]:
        tested = was_tested(campaign, found.version)
        untested = [letter_of(variant.number) for variant in untested_versions(campaign)] if tested else []
        return checklist(campaign, found, tested=tested, untested=untested)

    def _experiment(self, campaign: Campaign, found: PreSend) -> dict[str, Any]:
        """What the page shows of its test; nothing without one."""
        test = test_of(campaign)
        if test is None:
            return {}
        sides = sides_shown(campaign)
        plan = plan_of(test, versions=len(sides), recipients=found.recipients)
        return {"test": test, "sides": sides, "plan": plan}

    def _approval(self, campaign: Campaign, found: PreSend) -> dict[str, Any] | None:
        """What the card about the approval shows; None where no approval is needed."""
        if not is_needed(found.recipients, kind=campaign.kind):
            return None
        user, last = self.request.user, approval_of(campaign)
        may_approve = user.has_right(Right.APPROVE_CAMPAIGN)
        if last is not None and last.approved and has_outgrown(last, found.recipients):
            last = None
        is_open = last is not None and last.approved is None
        return {
            "last": last,
            "is_open": is_open,
            "content": content_of(campaign),
            "may_answer": is_open and may_approve and last is not None and last.asked_by_id != user.pk,
            "may_ask": found.may_be_asked and user.has_right(Right.EDIT_CAMPAIGN),
            "alone": may_approve and not others_who_may_approve(user),
        }

    def _campaign(self) -> Campaign:
        if not hasattr(self, "_found"):
            found = mailings().select_related("sender__provider_account", "operation")
            self._found = get_object_or_404(found, pk=self.kwargs["pk"])
        return self._found


def _lasting(window: timedelta) -> str:
    """A time to cancel in words; empty when there is none."""
    seconds = int(window.total_seconds())
    if not seconds:
        return ""
    if seconds % 60:
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {"number": seconds}
    minutes = seconds // 60
    return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}


def _send_form(found: PreSend, data: Any, initial: dict[str, Any] | None = None) -> SendForm:
    confirm = found.recipients >= SendingRule.current().typed_above
    return SendForm(data, initial=initial, recipients=found.recipients, confirm=confirm)


def _picture(campaign: Campaign, found: PreSend) -> Picture | None:
    """The same figures as the checklist's, with some names; None without an audience."""
    if not campaign.audience:
        return None
    counts = Counts(found.recipients, found.excluded)
    return picture_of(campaign.audience, kind=campaign.kind, scope=campaign.scope, counts=counts)
