"""The A/B test of a mailing: its versions, how it is decided, and what it said."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.enums import Channel, MessageKind
from contacts.errors import ContactsError
from contacts.segments.audience import resolve_audience
from messaging.errors import MessagingError
from messaging.forms.experiments import SETTINGS, ExperimentForm
from messaging.models import Campaign
from messaging.services import experiments as acts
from messaging.services.experiment_plan import plan_of
from messaging.services.experiment_sides import MOST_SIDES, test_of
from messaging.views.campaign import OneCampaign, rights_of
from messaging.views.campaigns import mailings
from messaging.views.composing import senders_of_mailing
from messaging.views.documents import said
from messaging.views.drafts import CheckDraft, PreviewDraft, SaveDraft
from messaging.views.experiment_result import result_of, sides_shown
from messaging.views.parts import OnePart, PartComposer
from messaging.views.send_test import readers_data
from messaging.views.variant_document import VariantDocument


class ExperimentPage(OneCampaign):
    """Set up a test and write its versions; once the mailing leaves, its own page tells of it."""

    right_to_write = Right.EDIT_CAMPAIGN
    template_name = "messaging/experiment.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.campaign.is_editable:
            return redirect("messaging:campaign", pk=self.campaign.pk)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the settings; the first time, with a version B to write."""
        test = test_of(self.campaign)
        form = ExperimentForm(request.POST, test=test)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        settings = {name: form.cleaned_data[name] for name in (*SETTINGS, "revision")}
        try:
            acts.set_test(campaign=self.campaign, by=request.user, **settings)
            if test is None:
                acts.add_variant(campaign=self.campaign, by=request.user)
        except (MessagingError, ValidationError) as error:
            messages.error(request, said(error))
        else:
            messages.success(request, _("Saved."))
        return redirect("messaging:experiment", pk=self.campaign.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign = self.campaign
        test = test_of(campaign)
        kwargs.setdefault("form", ExperimentForm(test=test))
        return super().get_context_data(
            step="test",
            test=test,
            sides=sides_shown(campaign) if test is not None else [],
            most_sides=MOST_SIDES,
            readers_data=readers_data(),
            is_regional=campaign.variants.regional().exists(),
            **kwargs,
        )


class ExperimentAct(StaffView, View):
    """One POST that adds a version, takes one away, or ends the test before it began."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        where: dict[str, Any] = {"campaign": campaign, "by": request.user}
        number, revision = (_number(request, name) for name in ("number", "revision"))
        try:
            match act:
                case "add":
                    variant = acts.add_variant(**where)
                    return redirect("messaging:variant_compose", pk=pk, number=variant.number)
                case "remove":
                    acts.remove_variant(**where, number=number, revision=revision)
                case "stop":
                    acts.remove_test(**where, revision=revision)
                case _:
                    raise Http404
        except MessagingError as error:
            messages.error(request, str(error))
        return redirect("messaging:experiment", pk=pk)


class ChooseVersion(StaffView, View):
    """A person decides what the others get."""

    right_required = Right.SEND_CAMPAIGN
    in_territory = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        reason = request.POST.get("reason", "")
        try:
            acts.choose(campaign=campaign, number=_number(request, "number"), reason=reason, by=request.user)
        except MessagingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The others get this version now."))
        return redirect("messaging:campaign", pk=pk)


class ExperimentPlan(StaffView, View):
    """What a test of this size can show, for as many recipients as there are now."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings().defer("compiled"), pk=pk)
        test, plan = test_of(campaign), None
        if test is not None and campaign.audience:
            sides = campaign.variants.tested().count() + 1
            plan = plan_of(test, versions=sides, recipients=_recipients(campaign))
        return render(request, "messaging/experiment_plan.html", {"plan": plan})


class ExperimentResult(StaffView, View):
    """How the test stands, as a part of the mailing's page."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = mailings().select_related("sender").defer("compiled")
        campaign = get_object_or_404(found, pk=pk)
        test = test_of(campaign)
        if test is None:
            raise Http404
        context = {"campaign": campaign, "test": test, "result": result_of(campaign, test)}
        context |= rights_of(request.user)
        return render(request, "messaging/experiment_result.html", context)


class OneVariant(OnePart[VariantDocument]):
    """A page or an answer about one version of a test, not the first."""

    def load(self) -> VariantDocument:
        campaigns = mailings().select_related("sender", "operation", "territory").defer("compiled")
        return VariantDocument(get_object_or_404(campaigns, pk=self.kwargs["pk"]), self.kwargs["number"])


class VariantComposer(OneVariant, PartComposer[VariantDocument]):
    """Write what one version says otherwise."""

    template_name = "messaging/variant.html"
    page_of_all = "messaging:experiment"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.find().campaign
        if not campaign.is_editable:
            return redirect("messaging:campaign", pk=campaign.pk)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = self.find()
        senders = senders_of_mailing(document.campaign)
        return super().get_context_data(version=document.variant, senders=senders, step="test", **kwargs)


class SaveVariant(OneVariant, SaveDraft):
    """Take what is written for one version."""


class CheckVariant(OneVariant, CheckDraft):
    """What is still wrong with one version."""

    right_required = Right.VIEW_CAMPAIGNS


class PreviewVariant(OneVariant, PreviewDraft):
    """One version as its readers get it."""

    right_required = Right.VIEW_CAMPAIGNS


def _recipients(campaign: Campaign) -> int:
    """How many people it would be sent to now; 0 where its audience is gone."""
    channel = Channel(campaign.channel)
    try:
        audience = resolve_audience(campaign.audience, channel=channel)
    except ContactsError:
        return 0
    kind = MessageKind(campaign.kind)
    return audience.counts(channel=channel, kind=kind, scope=campaign.scope, one_per_address=True).reachable


def _number(request: HttpRequest, name: str) -> int:
    """A small number that the page sent; -1 for anything else, which no version and no revision has."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else -1
