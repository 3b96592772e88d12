"""The list of mailings, a new one, and the small acts on one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.walls import current_scope
from contacts.folding import fold
from contacts.models.contact import Fold
from messaging.enums import CampaignState, DeliveryState
from messaging.errors import MessagingError
from messaging.forms.campaigns import NewCampaignForm
from messaging.forms.routes import SpeedForm
from messaging.models import Campaign, FamilyPause, SenderIdentity
from messaging.selectors import figures_of
from messaging.services import campaigns as acts
from messaging.services.follow_up import FollowUp, follow_up
from messaging.services.mailboxes import go_on_with_family, set_pace
from messaging.services.templates import create_template
from messaging.services.uncertain import DECISIONS, settle_uncertain

PAGE = 25
CHIPS: tuple[tuple[str, Any, tuple[CampaignState, ...]], ...] = (
    ("", gettext_lazy("All"), ()),
    ("draft", gettext_lazy("Drafts"), (CampaignState.DRAFT,)),
    ("scheduled", gettext_lazy("Scheduled"), (CampaignState.SCHEDULED,)),
    (
        "under_way",
        gettext_lazy("Under way"),
        (CampaignState.FREEZING, CampaignState.SENDING, CampaignState.PAUSED),
    ),
    ("sent", gettext_lazy("Sent"), (CampaignState.SENT,)),
    ("cancelled", gettext_lazy("Cancelled"), (CampaignState.CANCELLED,)),
)


def mailings() -> QuerySet[Campaign]:
    """What the screens show: without the standing campaigns of service messages."""
    return Campaign.objects.filter(standing_for="")


class CampaignList(StaffView, TemplateView):
    """Mailings, newest first, with what became of each."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True
    title = gettext_lazy("Mailings")
    template_name = "messaging/campaigns.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").strip()[:100]
        chosen = self.request.GET.get("state", "")
        page = newest_first(self.request, self._found(query, chosen), size=PAGE)
        figures = figures_of(page.rows)
        return super().get_context_data(
            page=page,
            rows=[(campaign, figures[campaign.pk]) for campaign in page.rows],
            q=query,
            chips=[(value, label) for value, label, _states in CHIPS],
            sees_brokers=current_scope() is None,
            chosen=chosen,
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
            **kwargs,
        )

    def _found(self, query: str, chosen: str) -> QuerySet[Campaign]:
        found = mailings().select_related("sender", "operation")
        states = next((states for value, _label, states in CHIPS if value == chosen), ())
        if states:
            found = found.filter(state__in=states)
        for word in fold(query).split():
            found = found.alias(words=Fold(F("name"))).filter(words__contains=word)
        return found.defer("blocks", "compiled", "audience_tree")


class NewCampaign(StaffView, TemplateView):
    """A name and where to begin; then straight to the composer."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True
    title = gettext_lazy("New mailing")
    template_name = "messaging/campaign_new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mailings"), reverse("messaging:campaigns"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = {"start": "blank"}
        for start in ("template", "previous"):
            if request.GET.get(start, "").isdecimal():
                initial = {"start": start, start: request.GET[start]}
        return render(
            request, self.template_name, self.get_context_data(form=NewCampaignForm(initial=initial))
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewCampaignForm(request.POST)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form), status=422)
        return redirect("messaging:campaign_compose", pk=self._create(form).pk)

    def _create(self, form: NewCampaignForm) -> Campaign:
        name, operation, user = form.cleaned_data["name"], form.operation(), self.request.user
        if form.cleaned_data["start"] == "previous":
            copy = acts.duplicate(campaign=form.cleaned_data["previous"], by=user)
            return acts.update_campaign(
                campaign=copy, revision=copy.revision, by=user, name=name, operation=operation
            )
        template = form.cleaned_data["template"] if form.cleaned_data["start"] == "template" else None
        return acts.create_campaign(
            by=user,
            name=name,
            template=template,
            territory=form.cleaned_data.get("territory"),
            operation=operation,
            sender=_usual_sender(),
        )


def _usual_sender() -> SenderIdentity | None:
    """The sender of the last mailing, or the only one there is: a start that is right most of the time."""
    usable = SenderIdentity.objects.filter(is_active=True, provider_account__is_active=True)
    last = mailings().filter(sender__in=usable).order_by("-pk").select_related("sender").first()
    if last is not None:
        return last.sender
    found = list(usable[:2])
    return found[0] if len(found) == 1 else None


class CampaignAct(StaffView, View):
    """One POST that does one thing to a mailing and comes back to its page."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True
    SENDING_ACTS = ("pause", "resume", "cancel", "settle", "speed", "release")

    def right_for(self, request: HttpRequest) -> str | None:
        return Right.SEND_CAMPAIGN if self.kwargs["act"] in self.SENDING_ACTS else Right.EDIT_CAMPAIGN

    def is_a_stop(self, request: HttpRequest) -> bool:
        return self.kwargs["act"] in ("pause", "cancel")

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        reason = request.POST.get("reason", "").strip()[:300]
        try:
            match act:
                case "duplicate":
                    copy = acts.duplicate(campaign=campaign, by=request.user)
                    messages.success(request, _("Here is the copy: nothing is sent before you say so."))
                    return redirect("messaging:campaign_compose", pk=copy.pk)
                case "follow-up":
                    return self._follow_up(campaign, request.POST.get("to", ""))
                case "pause":
                    acts.pause(campaign=campaign, by=request.user, reason=reason)
                case "resume":
                    acts.resume(campaign=campaign, by=request.user)
                case "cancel":
                    acts.cancel(campaign=campaign, by=request.user, reason=reason)
                case "speed":
                    self._set_speed(campaign)
                case "release":
                    self._go_on(campaign, request.POST.get("family", ""))
                case "settle":
                    self._settle(campaign, request.POST.get("decision", ""), reason)
                case _:
                    messages.error(request, _("There is no such act."))
        except MessagingError as error:
            messages.error(request, str(error))
        return redirect("messaging:campaign", pk=pk)

    def _follow_up(self, campaign: Campaign, to: str) -> HttpResponse:
        if to not in FollowUp:
            messages.error(self.request, _("There is no such act."))
            return redirect("messaging:campaign", pk=campaign.pk)
        draft = follow_up(campaign=campaign, to=FollowUp(to), by=self.request.user)
        messages.success(
            self.request, _("Here is a draft for them: change what it says, then look who gets it.")
        )
        return redirect("messaging:campaign_compose", pk=draft.pk)

    def _set_speed(self, campaign: Campaign) -> None:
        form = SpeedForm(self.request.POST)
        if not form.is_valid():
            messages.error(
                self.request, " ".join(error for errors in form.errors.values() for error in errors)
            )
            return
        try:
            set_pace(campaign=campaign, by=self.request.user, **form.cleaned_data)
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
        else:
            messages.success(self.request, _("Saved: messages that leave from now on keep to it."))

    def _go_on(self, campaign: Campaign, family: str) -> None:
        """Let a family of mailboxes that was paused have its messages."""
        pause = FamilyPause.objects.filter(campaign=campaign, family=family, released_at=None).first()
        if pause is not None:
            go_on_with_family(pause=pause, by=self.request.user)

    def _settle(self, campaign: Campaign, decision: str, reason: str) -> None:
        """Say what became of the messages whose answer never came."""
        if decision not in DECISIONS:
            messages.error(self.request, _("Choose what to do with them."))
            return
        number = settle_uncertain(
            campaign=campaign, decision=DeliveryState(decision), by=self.request.user, reason=reason
        )
        text = ngettext("%(number)s recipient settled.", "%(number)s recipients settled.", number)
        messages.success(self.request, text % {"number": number})


class CampaignToTemplate(StaffView, View):
    """Keep a mailing's content as a beginning for others."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        try:
            template = create_template(
                name=request.POST.get("name", ""),
                by=request.user,
                subject=campaign.subject,
                preview_text=campaign.preview_text,
                blocks=campaign.blocks,
            )
        except MessagingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved as the template “%(name)s”.") % {"name": template.name})
        return redirect("messaging:campaign_compose", pk=pk)
