"""Before a mailing leaves: what is still missing, who gets it, when it goes; and tests to the team."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.errors import ContactsError
from contacts.models import Contact
from contacts.segments.reachability import Counts
from contacts.services.addresses import InvalidAddress
from messaging.content.preview import Level
from messaging.dispatch import routing, warm_up
from messaging.errors import EditedMeanwhile, MessagingError
from messaging.forms.campaigns import SendForm
from messaging.frequency.figures import held_back
from messaging.models import Campaign, SendingRule
from messaging.services.approval_state import (
    approval_of,
    content_of,
    is_needed,
    others_who_may_approve,
    window_of,
)
from messaging.services.campaigns import CampaignContent, schedule, send_now, update_campaign
from messaging.services.pre_send import About, PreSend, pre_send, senders_of
from messaging.services.return_paths import ways_back, words_of
from messaging.services.sender_trust import domain_of
from messaging.services.testing import send_test, was_tested
from messaging.services.variants import revision_of
from messaging.views.audience import Picture, picture_of
from messaging.views.campaigns import mailings
from messaging.views.territories import versions_of

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class Line:
    """One line of the checklist. `level`: ok, warn or bad; `url` leads to where it is mended."""

    level: str
    title: str
    text: str
    url: str = ""


class Review(StaffView, TemplateView):
    """The checklist, the counts, and the button."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.SEND_CAMPAIGN
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
            "send_until": campaign.send_until,
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
        context = self.get_context_data(
            campaign=campaign,
            revision=revision_of(campaign),
            versions=versions_of(campaign),
            step="review",
            found=found,
            lines=checklist(campaign, found, tested=was_tested(campaign, found.version)),
            picture=_picture(campaign, found),
            form=form or _send_form(found, None, initial),
            readers_data={
                "urls": {"readers": reverse("messaging:readers")},
                "words": {"nobody_found": _("Nobody found.")},
            },
            approval=self._approval(campaign, found),
            window=_lasting(window_of(campaign)),
            time_zone=timezone.get_current_timezone_name(),
            may_send=self.request.user.has_right(Right.SEND_CAMPAIGN),
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
        )
        return render(self.request, self.template_name, context, status=status)

    def _approval(self, campaign: Campaign, found: PreSend) -> dict[str, Any] | None:
        """What the card about the approval shows; None where no approval is needed."""
        if not is_needed(found.recipients):
            return None
        user, last = self.request.user, approval_of(campaign)
        may_approve = user.has_right(Right.APPROVE_CAMPAIGN)
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


def checklist(campaign: Campaign, found: PreSend, *, tested: bool) -> list[Line]:
    """One line for each thing that must be right, then the remarks; obstacles first."""
    lines = []
    for about in About:
        obstacles = [obstacle for obstacle in found.obstacles if obstacle.about is about]
        lines += [
            Line("bad", _title(about), obstacle.message, _mended_at(campaign, about, obstacle.block_id))
            for obstacle in obstacles
        ]
        # What is asked once, or of large mailings only, is not spoken of when nothing is the matter.
        if not obstacles and about not in (About.OPT_OUTS, About.DOMAIN, About.APPROVAL):
            lines.append(Line("ok", _title(about), _fine(about, campaign, found)))
    for remark in found.remarks:
        level = "warn" if remark.level is Level.WARNING else "hint"
        url = _mended_at(campaign, About.CONTENT, remark.block_id)
        lines.append(Line(level, _("Text"), remark.message, url))
    lines += _returns(campaign)
    lines += _warming_up(campaign)
    lines += _enough(campaign)
    if not tested:
        message = _("This text has not been tested as it is now: look at it in a real mailbox first.")
        lines.append(Line("warn", _("Test"), message))
    order = ("bad", "warn", "hint", "ok")
    return sorted(lines, key=lambda line: order.index(line.level))


def _enough(campaign: Campaign) -> Iterator[Line]:
    """Who would be held back because they have had enough messages, or asked for fewer."""
    try:
        held = held_back(campaign)
    except ContactsError:
        return  # the audience itself has a line
    title, url = _("Contact frequency"), reverse("messaging:frequency")
    if held.by_choice:
        text = ngettext(
            "%(number)s person asked for fewer messages: this one would not leave to them now.",
            "%(number)s people asked for fewer messages: this one would not leave to them now.",
            held.by_choice,
        )
        yield Line("hint", title, text % {"number": held.by_choice}, url)
    if held.by_cap:
        text = ngettext(
            "%(number)s person has had as many messages as your cap allows in a week.",
            "%(number)s people have had as many messages as your cap allows in a week.",
            held.by_cap,
        )
        yield Line("warn", title, text % {"number": held.by_cap}, url)


def _returns(campaign: Campaign) -> Iterator[Line]:
    """Where what cannot be delivered comes back to, by each way out by SMTP; what is alike is said once."""
    said = set[str]()
    for back in ways_back(senders_of(campaign)):
        text = words_of(back)
        if text in said:
            continue
        said.add(text)
        is_fine = back.returns.host and back.agrees
        level = "warn" if back.returns.host and not back.is_read else "ok" if is_fine else "hint"
        if level == "warn":
            url = reverse("messaging:provider_returns", args=[back.account.pk])
        elif back.domain is not None:
            url = reverse("messaging:domain", args=[back.domain.pk])
        else:
            url = reverse("messaging:domains")
        yield Line(level, _("Returns"), text, url)


def _warming_up(campaign: Campaign) -> Iterator[Line]:
    """What the warm-up of a sender, or of one of its ways out, lets leave today."""
    senders = senders_of(campaign)
    accounts = [way.account for sender in senders for way in routing.every_way(sender).ways]
    for who in dict.fromkeys([*senders, *accounts]):
        limited = [one for one in warm_up.progress_of(who).values() if one.most is not None]
        if not limited:
            continue
        allowed = ", ".join(f"{one.label} {number_format(max(0, one.left), 0)}" for one in limited)
        text = _("“%(who)s” warms up. Today still: %(allowed)s. What is beyond leaves in the days to come.")
        text %= {"who": who, "allowed": allowed}
        if campaign.engaged_first:
            yield Line("hint", _("Warm-up"), text)
        else:
            advice = _("Let people who read your messages come first: “Who first, and at which hour”.")
            yield Line("warn", _("Warm-up"), f"{text} {advice}")


def _title(about: About) -> str:
    return {
        About.SENDING: pgettext("on this installation", "Sending"),
        About.ORGANISATION: _("Who you are"),
        About.SENDER: _("Sender"),
        About.DOMAIN: _("Domain of the sender"),
        About.AUDIENCE: _("Recipients"),
        About.OPT_OUTS: _("Who said no elsewhere"),
        About.CONTENT: _("Text"),
        About.APPROVAL: _("Approval"),
    }[about]


def _fine(about: About, campaign: Campaign, found: PreSend) -> str:
    match about:
        case About.SENDER:
            values = {
                "sender": campaign.sender,
                "account": campaign.sender and campaign.sender.provider_account,
            }
            return _("From %(sender)s, by “%(account)s”.") % values
        case About.AUDIENCE:
            return _("“%(audience)s”: everybody else is left out for a reason.") % {
                "audience": found.audience_label
            }
        case About.CONTENT:
            return _("Complete; the way out and the origin of the data are in the foot.")
        case About.ORGANISATION:
            return _("Your name and postal address are in the foot.")
    return _("Allowed on this installation.")


def _mended_at(campaign: Campaign, about: About, block_id: str = "") -> str:
    if about in (About.SENDING, About.ORGANISATION):
        return reverse("shell:organisation")
    if about is About.DOMAIN:
        domain = domain_of(campaign.sender) if campaign.sender is not None else None
        return reverse("messaging:domain", args=[domain.pk]) if domain else reverse("messaging:domains")
    if about is About.APPROVAL:
        return "#approval"
    if about is About.OPT_OUTS:
        return reverse("contacts:opt_out_question")
    if about is About.AUDIENCE:
        return reverse("messaging:campaign_audience", args=[campaign.pk])
    compose = reverse("messaging:campaign_compose", args=[campaign.pk])
    return f"{compose}?block={block_id}" if block_id else compose


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


class SendTest(StaffView, View):
    """Send the mailing as it is saved to a few addresses of the team; answers with a fragment."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(mailings().select_related("sender__provider_account"), pk=pk)
        addresses = [part for part in _BETWEEN.split(request.POST.get("addresses", "")) if part]
        try:
            sent = send_test(
                campaign=campaign, addresses=addresses, by=request.user, reader=self._reader(request)
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

    def _reader(self, request: HttpRequest) -> Contact | None:
        reader = request.POST.get("reader", "")
        if not reader.isdecimal() or len(reader) > 18 or not request.user.has_right(Right.VIEW_PEOPLE):
            return None
        return Contact.objects.visible().filter(pk=int(reader)).first()
