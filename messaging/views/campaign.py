"""One mailing: how far it has come, its recipients, its message."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.models import User
from campaign_crm.platform.reads import check_turning, tally
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import UnreachableReason
from contacts.errors import ContactsError
from contacts.models import Contact
from contacts.segments.audience import resolve_audience
from contacts.selectors import search_contacts
from contacts.services.sources import change_is_spreading
from messaging.dispatch.breaker import reason_of
from messaging.dispatch.families import label_of
from messaging.dispatch.standing import Standing, why_it_stands
from messaging.enums import SHOWN_AS, CampaignState, DeliveryState, ShownState
from messaging.forms.routes import SpeedForm
from messaging.models import Campaign, CampaignPace, CampaignWatch, Delivery, Experiment, FamilyPause
from messaging.selectors import progress_of
from messaging.services.experiment_sides import test_of
from messaging.views.campaigns import mailings
from messaging.views.version_choices import version_names

UNDER_WAY = (CampaignState.FREEZING, CampaignState.SENDING, CampaignState.PAUSED)
ENDED = (CampaignState.SENT, CampaignState.CANCELLED)
STOP_POLLING = 286
RECIPIENTS_SHOWN = 50
STANDS_AFTER = timedelta(seconds=30)
"""A mailing that has not moved for so long says why."""


class OneCampaign(StaffView, TemplateView):
    """What the pages about one mailing have in common."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True

    def get_title(self) -> str:
        return self.campaign.name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mailings"), reverse("messaging:campaigns"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rights = rights_of(self.request.user)
        return super().get_context_data(campaign=self.campaign, **rights, **kwargs)

    @property
    def campaign(self) -> Campaign:
        if not hasattr(self, "_found"):
            found = mailings().select_related("sender", "operation", "created_by").defer("compiled")
            self._found = get_object_or_404(found, pk=self.kwargs["pk"])
        return self._found


class CampaignPage(OneCampaign):
    """A draft leads to its composer; afterwards this page tells what happens and what came back."""

    template_name = "messaging/campaign.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.campaign
        if campaign.state == CampaignState.DRAFT and request.user.has_right(Right.EDIT_CAMPAIGN):
            return redirect("messaging:campaign_compose", pk=campaign.pk)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign = self.campaign
        started = campaign.audience_count is not None and not campaign.is_editable
        pace = CampaignPace.objects.filter(pk=campaign.pk).first()
        return super().get_context_data(
            tab="report",
            started=started,
            audience_label=audience_label(campaign.audience),
            excluded=excluded_of(campaign),
            report_url=_report_url(campaign) if started else "",
            pace=pace,
            speed_form=SpeedForm(initial=_speed_of(pace)),
            may_set_speed=campaign.state in (*UNDER_WAY, CampaignState.SCHEDULED),
            **(progress_context(campaign) if not campaign.is_editable else {}),
            **kwargs,
        )


class CampaignProgress(StaffView, View):
    """The live part of the page, asked for every two seconds until the send has ended."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings().defer("compiled", "blocks"), pk=pk)
        if request.GET.get("state") != campaign.state:  # buttons and title change too: the page comes anew
            return HttpResponse(status=STOP_POLLING, headers={"HX-Refresh": "true"})
        if request.GET.get("test", "") != outcome_of(test_of(campaign)):  # and so does its result
            return HttpResponse(status=STOP_POLLING, headers={"HX-Refresh": "true"})
        context = {"campaign": campaign, **rights_of(request.user), **progress_context(campaign)}
        status = 200 if context["is_live"] else STOP_POLLING
        return render(request, "messaging/progress.html", context, status=status)


class Message(OneCampaign):
    """The message as it leaves or has left."""

    template_name = "messaging/campaign_message.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(tab="message", **kwargs)


class Recipients(OneCampaign):
    """Everybody the mailing was made for, and what became of each message."""

    right_required = Right.VIEW_PEOPLE
    template_name = "messaging/recipients.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").strip()[:100]
        chosen = self.request.GET.get("state", "")
        goes_on = "after" in self.request.GET
        if goes_on:
            check_turning(self.request.user)
        rows = list(self._found_rows(query, chosen)[: RECIPIENTS_SHOWN + 1])
        more = len(rows) > RECIPIENTS_SHOWN
        rows = rows[:RECIPIENTS_SHOWN]
        if goes_on:
            tally(people=len(rows), member=self.request.user)
        people = Contact.objects.visible().in_bulk([row.contact_id for row in rows])  # type: ignore[attr-defined]
        return super().get_context_data(
            tab="recipients",
            rows=[(row, people.get(row.contact_id), SHOWN_AS[DeliveryState(row.state)]) for row in rows],
            version_names=version_names(self.campaign),
            next_after=rows[-1].contact_id if more else None,
            first_page=not goes_on,
            q=query,
            chosen=chosen,
            words=ShownState.choices,
            states=[(state.value, state.label) for state in DeliveryState],
            **kwargs,
        )

    def _found_rows(self, query: str, chosen: str) -> QuerySet[Delivery]:
        """In the order of the ledger's key, so that any page costs what the first does."""
        rows = Delivery.objects.of_campaign(self.campaign)  # type: ignore[attr-defined]
        if chosen in ShownState.values:
            rows = rows.filter(state__in=[state for state, word in SHOWN_AS.items() if word == chosen])
        elif chosen in DeliveryState.values:
            rows = rows.filter(state=chosen)
        after = self.request.GET.get("after", "")
        if after.isdecimal() and len(after) < 19:
            rows = rows.filter(contact_id__gt=int(after))
        if query:
            rows = rows.filter(contact_id__in=[person.pk for person in search_contacts(query)])
        found: QuerySet[Delivery] = rows.order_by("contact_id")
        return found


def rights_of(user: User) -> dict[str, bool]:
    """What the templates of these pages ask about the person who reads them."""
    return {
        "may_edit": user.has_right(Right.EDIT_CAMPAIGN),
        "may_send": user.has_right(Right.SEND_CAMPAIGN),
        "may_see_people": user.has_right(Right.VIEW_PEOPLE),
    }


def progress_context(campaign: Campaign) -> dict[str, Any]:
    """What `messaging/progress.html` shows."""
    is_live = campaign.state not in ENDED or campaign.finished_at is None
    if campaign.state == CampaignState.FREEZING:
        waits = campaign.frozen_at is None and change_is_spreading()
        return {
            "is_live": True,
            "freezing": True,
            "leaves_in": leaves_in(campaign),
            "waits_for_source": waits,
        }
    pauses = FamilyPause.objects.filter(campaign=campaign, released_at=None).order_by("family")
    test = test_of(campaign)
    return {
        "is_live": is_live,
        "progress": progress_of(campaign),
        "waits_for_test": test is not None and test.is_open and test.has_others,
        "outcome": outcome_of(test),
        "standing": standing_of(campaign),
        "pauses": [(pause, label_of(pause.family), reason_of(pause)) for pause in pauses],
    }


def outcome_of(test: Experiment | None) -> str:
    """How far a test has come, as the live part of the page remembers it; empty while nothing is decided."""
    if test is None or test.looked_at is None:
        return ""
    return f"{test.outcome}-{'open' if test.is_open else 'decided'}"


def leaves_in(campaign: Campaign) -> str:
    """Minutes and seconds until the first message leaves; empty when there is nothing to wait for."""
    until = campaign.window_until
    seconds = math.ceil((until - timezone.now()).total_seconds()) if until is not None else 0
    return f"{seconds // 60}:{seconds % 60:02}" if seconds > 0 else ""


def standing_of(campaign: Campaign) -> Standing | None:
    """Why a mailing that should be sending has not moved for a while; None while it moves."""
    if campaign.state != CampaignState.SENDING:
        return None
    watch = CampaignWatch.objects.filter(pk=campaign.pk).first()
    since = max(filter(None, (watch and watch.progressed_at, campaign.started_at)), default=None)
    if since is None or timezone.now() - since < STANDS_AFTER or (watch is not None and not watch.left):
        return None
    return why_it_stands(campaign)


def _speed_of(pace: CampaignPace | None) -> dict[str, Any]:
    return {} if pace is None else {"per_hour": pace.per_hour, "spread_until": pace.spread_until}


def excluded_of(campaign: Campaign) -> list[tuple[str, int]]:
    """(reason, people) of those left out when it was prepared, most people first."""
    known = UnreachableReason.values
    found = [
        (str(UnreachableReason(reason).label) if reason in known else reason, number)
        for reason, number in campaign.excluded.items()
    ]
    return sorted(found, key=lambda line: -line[1])


def audience_label(audience: dict[str, Any]) -> str:
    """The words for an audience; empty when there is none or it is gone."""
    if not audience:
        return ""
    try:
        return str(resolve_audience(audience).label)
    except ContactsError:
        return ""


def _report_url(campaign: Campaign) -> str:
    """What came back is told by the app that collects it, if it is there."""
    try:
        return reverse("tracking:campaign_report", args=[campaign.pk])
    except NoReverseMatch:
        return ""
