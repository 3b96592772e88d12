"""Who receives a mailing: the choice, with a live count, who is left out and why, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import Channel, MessageKind, UnreachableReason
from contacts.errors import ContactsError
from contacts.models import Contact
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.reachability import Counts, count_reachable, reachable
from messaging.errors import MessagingError
from messaging.forms.campaigns import AudienceForm, audience_initial
from messaging.models import Campaign
from messaging.services.campaigns import set_audience, update_campaign
from messaging.views.campaigns import mailings

SAMPLE = 6
Text = str | Promise

WHAT_TO_DO: dict[UnreachableReason, Text] = {
    UnreachableReason.SUPPRESSED: gettext_lazy("They asked not to be written to."),
    UnreachableReason.WITHDRAWN: gettext_lazy("Only they can change their mind."),
    UnreachableReason.NO_ADDRESS: gettext_lazy("Write by post, or ask for an address at the next meeting."),
    UnreachableReason.BOUNCED: gettext_lazy("Their address no longer works."),
    UnreachableReason.ROLL_ONLY: gettext_lazy("A roll allows letters and door-to-door only."),
    UnreachableReason.LICENCE_ENDED: gettext_lazy("The licence of their file is over."),
    UnreachableReason.BROKER_ONLY: gettext_lazy("Choose their whole source as the audience."),
    UnreachableReason.NO_BASIS: gettext_lazy("No consent and no other basis for e-mail."),
    UnreachableReason.NO_TARGETING_CONSENT: gettext_lazy("Write to everyone, or to a newsletter."),
    UnreachableReason.UNDER_AGE: gettext_lazy("The law forbids choosing them."),
    UnreachableReason.SAME_ADDRESS: gettext_lazy("One message an address."),
}


@dataclass(frozen=True)
class Picture:
    """What the page shows of one audience; `problem` instead when it cannot be worked out."""

    audience: Audience | None = None
    counts: Counts = field(default_factory=lambda: Counts(0))
    sample: list[Contact] = field(default_factory=list)
    problem: str = ""

    @property
    def left_out(self) -> list[tuple[UnreachableReason, int, Text]]:
        """(reason, people, what can be done), most people first."""
        lines = [
            (reason, number, WHAT_TO_DO.get(reason, ""))
            for reason, number in self.counts.left_out.items()
            if number
        ]
        return sorted(lines, key=lambda line: -line[1])

    @property
    def left_out_total(self) -> int:
        return sum(self.counts.left_out.values())

    @property
    def without_consent(self) -> int:
        """People whom a criterion leaves out because they have not agreed to be chosen."""
        return self.counts.left_out.get(UnreachableReason.NO_TARGETING_CONSENT, 0)


def picture_of(choice: dict[str, Any], *, kind: str, counts: Counts | None = None) -> Picture:
    """Count one audience exactly, unless `counts` has it, and name a few of its people."""
    try:
        audience = resolve_audience(choice, channel=Channel.EMAIL)
        terms: dict[str, Any] = {
            "channel": Channel.EMAIL,
            "kind": MessageKind(kind),
            "targeted": audience.targeted,
            "source": audience.source,
        }
        if counts is None:
            counts = count_reachable(audience.queryset, **terms, one_per_address=True)
        people = reachable(audience.queryset, **terms)
    except ContactsError as error:
        return Picture(problem=str(error))
    # `bucket` is random and fixed: a sample of everybody, the same at each look.
    return Picture(audience, counts, list(people.order_by("bucket", "pk")[:SAMPLE]))


class AudienceStep(StaffView, TemplateView):
    """Choose the audience and the kind of message."""

    right_required = Right.EDIT_CAMPAIGN
    template_name = "messaging/audience.html"

    def get_title(self) -> str:
        return self._campaign().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mailings"), reverse("messaging:campaigns"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self._campaign()
        if not campaign.is_editable:
            return redirect("messaging:campaign", pk=campaign.pk)
        form = AudienceForm(initial=audience_initial(campaign.audience, campaign.kind))
        return self._page(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AudienceForm(request.POST)
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
        kind = form.cleaned_data["kind"]
        if campaign.kind != kind:
            campaign = update_campaign(
                campaign=campaign, revision=campaign.revision, by=self.request.user, kind=kind
            )
        if campaign.audience != form.audience():
            set_audience(campaign=campaign, audience=form.audience(), by=self.request.user)

    def _page(self, form: AudienceForm, status: int = 200) -> HttpResponse:
        campaign = self._campaign()
        picture = picture_of(campaign.audience, kind=campaign.kind) if campaign.audience else None
        context = self.get_context_data(
            campaign=campaign, form=form, picture=picture, step="audience", kind=campaign.kind
        )
        return render(self.request, self.template_name, context, status=status)

    def _campaign(self) -> Campaign:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(mailings(), pk=self.kwargs["pk"])
        return self._found


class AudienceCount(StaffView, View):
    """The figures of the choice now on the page, as a fragment."""

    right_required = Right.EDIT_CAMPAIGN

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings(), pk=pk)
        form = AudienceForm(request.GET)
        picture = None
        if form.is_valid():
            picture = picture_of(form.audience(), kind=form.cleaned_data["kind"])
        kind = form.cleaned_data.get("kind", campaign.kind)
        context = {"campaign": campaign, "picture": picture, "kind": kind}
        return render(request, "messaging/audience_picture.html", context)
