"""Who receives a mailing: the choice, with a live count, who is left out and why, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.walls import current_scope
from contacts.enums import Channel, MessageKind, TargetingClass, UnreachableReason
from contacts.errors import ContactsError
from contacts.models import Contact, Newsletter, TerritoryAncestor
from contacts.rules.rulebook import refuses
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.counting import count_estimate, sample
from contacts.segments.explanations import WHAT_A_CLASS_MEANS, WHAT_TO_DO
from contacts.segments.nesting import STRICTNESS
from contacts.segments.reachability import Counts
from contacts.segments.scope import Scope
from messaging.errors import MessagingError
from messaging.forms.campaigns import AudienceForm, audience_initial
from messaging.models import Campaign
from messaging.services.campaigns import set_audience
from messaging.views.campaigns import mailings
from messaging.views.other_ways import other_ways

SAMPLE = 6
NEWSLETTERS_SHOWN = 5
SMALL = 50_000  # people counted to the last one before the first answer; beyond, an estimate comes first
Text = str | Promise


@dataclass(frozen=True)
class Picture:
    """What the page shows of one audience; `problem` instead when it cannot be worked out.

    `estimate` is set while only that is known: the exact `counts` are then still to be asked for.
    """

    audience: Audience | None = None
    counts: Counts = field(default_factory=lambda: Counts(0))
    estimate: int | None = None
    sample: list[Contact] = field(default_factory=list)
    problem: str = ""
    scope: Scope = None

    @property
    def left_out(self) -> list[tuple[UnreachableReason, int, Text]]:
        """(reason, people, what can be done), most people first."""
        reasons = sorted(self.counts.left_out.items(), key=lambda item: -item[1])
        return [(reason, number, WHAT_TO_DO.get(reason, "")) for reason, number in reasons if number]

    @property
    def left_out_total(self) -> int:
        return sum(self.counts.left_out.values())

    @property
    def targeted(self) -> bool:
        return self.audience is not None and self.audience.targeted_on(Channel.EMAIL, self.scope)

    @property
    def asks_consent(self) -> bool:
        """Whether only people who agreed to be chosen are written to, as the rules stand here."""
        return refuses("targeting-consent")

    @property
    def chosen_by_place(self) -> bool:
        """Whether the territory of the mailing is one of its criteria."""
        return self.audience is not None and self.audience.narrowed_by(self.scope) is not None

    @property
    def has_more_elsewhere(self) -> bool:
        """Whether it leaves to people elsewhere as well, whom a member of one territory cannot count."""
        return current_scope() is not None and self.scope is not None and not self.chosen_by_place

    @property
    def local_newsletters(self) -> list[Newsletter]:
        """Newsletters of the territory or of a place inside it: whoever chose one may be written to."""
        if not self.chosen_by_place:
            return []
        inside = TerritoryAncestor.objects.filter(ancestor__in=self.scope or ()).values("descendant")
        return list(Newsletter.objects.filter(territory__in=inside).order_by("name")[:NEWSLETTERS_SHOWN])

    @property
    def without_consent(self) -> int:
        """People whom a criterion leaves out because they have not agreed to be chosen."""
        return self.counts.left_out.get(UnreachableReason.NO_TARGETING_CONSENT, 0)

    @property
    def meanings(self) -> list[tuple[TargetingClass, Text]]:
        """The classes of the choice and what each costs in law, the strictest first."""
        classes = self.audience.classes_on(Channel.EMAIL, self.scope) if self.audience else ()
        return [(used, WHAT_A_CLASS_MEANS[used]) for used in reversed(STRICTNESS) if used in classes]


def picture_of(
    choice: dict[str, Any],
    *,
    kind: str,
    scope: Scope = None,
    counts: Counts | None = None,
    at_once: bool = False,
) -> Picture:
    """Count one audience, unless `counts` has it, and name a few of its people.

    `at_once`: a large audience is estimated within a fraction of a second instead.
    """
    try:
        audience = resolve_audience(choice, channel=Channel.EMAIL)
        terms: dict[str, Any] = {"channel": Channel.EMAIL, "kind": MessageKind(kind), "scope": scope}
        people = audience.reachable(**terms)
        guess = count_estimate(people)
        estimate = None
        if counts is None and at_once and not (guess.exact and guess.value <= SMALL):
            counts, estimate = Counts(0), guess.value
        if counts is None:
            counts = audience.counts(**terms, one_per_address=True)
    except ContactsError as error:
        return Picture(problem=str(error))
    names = sample(people, guess.buckets or 1)[:SAMPLE]
    return Picture(audience, counts, estimate, list(names), scope=scope)


class AudienceStep(StaffView, TemplateView):
    """Choose the audience and the kind of message."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True
    template_name = "messaging/audience.html"

    def get_title(self) -> str:
        return self._campaign().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mailings"), reverse("messaging:campaigns"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self._campaign()
        if not campaign.is_editable:
            return redirect("messaging:campaign", pk=campaign.pk)
        initial = audience_initial(campaign.audience, campaign.kind)
        form = AudienceForm(initial=initial, by=request.user, kept=campaign.audience)
        return self._page(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AudienceForm(request.POST, by=request.user, kept=self._campaign().audience)
        if form.is_valid():
            try:
                self._save(form)
            except (MessagingError, ContactsError) as error:
                messages.error(request, str(error))
            else:
                return redirect("messaging:campaign_review", pk=kwargs["pk"])
        return self._page(form, status=422)

    def _save(self, form: AudienceForm) -> None:
        campaign = self._campaign()
        kind, audience = MessageKind(form.cleaned_data["kind"]), form.audience()
        if (campaign.kind, campaign.audience) != (kind, audience):
            campaign = set_audience(campaign=campaign, audience=audience, kind=kind, by=self.request.user)
        if campaign.state != self._campaign().state:
            messages.warning(
                self.request, _("It was scheduled for other recipients: choose again when it leaves.")
            )

    def _page(self, form: AudienceForm, status: int = 200) -> HttpResponse:
        campaign = self._campaign()
        picture = None
        if campaign.audience:
            picture = picture_of(campaign.audience, kind=campaign.kind, scope=campaign.scope, at_once=True)
        exact_url = reverse("messaging:campaign_count", args=[campaign.pk])
        context = self.get_context_data(
            campaign=campaign,
            form=form,
            picture=picture,
            ways=other_ways(campaign, picture, self.request.user),
            step="audience",
            kind=campaign.kind,
            exact_url=f"{exact_url}?{_query(campaign)}",
        )
        return render(self.request, self.template_name, context, status=status)

    def _campaign(self) -> Campaign:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(mailings(), pk=self.kwargs["pk"])
        return self._found


def _query(campaign: Campaign) -> str:
    """The stored choice as the form would send it, asking for the exact count."""
    return urlencode(audience_initial(campaign.audience, campaign.kind) | {"exact": 1})


class AudienceCount(StaffView, View):
    """The figures of the choice now on the page, as a fragment; `exact=1` waits for every person."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        form = AudienceForm(request.GET, by=request.user, kept=campaign.audience)
        picture = None
        if form.is_valid():
            at_once = request.GET.get("exact") != "1"
            kind = form.cleaned_data["kind"]
            picture = picture_of(form.audience(), kind=kind, scope=campaign.scope, at_once=at_once)
        query = request.GET.copy()
        query["exact"] = "1"
        context = {
            "campaign": campaign,
            "picture": picture,
            "ways": other_ways(campaign, picture, request.user),
            "kind": form.cleaned_data.get("kind", campaign.kind),
            "exact_url": f"{request.path}?{query.urlencode()}",
        }
        return render(request, "messaging/audience_picture.html", context)
