"""The checklist before a mailing leaves: one line for each thing that must be right, then the remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from contacts.errors import ContactsError
from messaging.content.preview import Level
from messaging.dispatch import routing, warm_up
from messaging.frequency.figures import held_back
from messaging.models import Campaign
from messaging.providers import registry
from messaging.services.experiment_plan import plan_of
from messaging.services.experiment_sides import sides_of, test_of
from messaging.services.muted import some_are_muted
from messaging.services.pre_send import About, PreSend, senders_of
from messaging.services.return_paths import ways_back, words_of
from messaging.services.sender_trust import domain_of

_ONLY_WHEN_WRONG = (About.SILENCE, About.LAW, About.DOMAIN, About.TEST, About.APPROVAL)


@dataclass(frozen=True)
class Line:
    """One line of the checklist. `level`: ok, warn or bad; `url` leads to where it is mended."""

    level: str
    title: str
    text: str
    url: str = ""


def checklist(
    campaign: Campaign, found: PreSend, *, tested: bool, untested: Sequence[str] = ()
) -> list[Line]:
    """One line for each thing that must be right, then the remarks; obstacles first.

    `tested`: the text has been sent to somebody of the team as it is now. `untested`: letters of the versions
    of an A/B test that have not.
    """
    lines = []
    for about in About:
        obstacles = [obstacle for obstacle in found.obstacles if obstacle.about is about]
        lines += [
            Line(
                "bad",
                _title(about),
                obstacle.message,
                _mended_at(campaign, about, obstacle.block_id, obstacle.rule),
            )
            for obstacle in obstacles
        ]
        # What is asked once, or of large mailings only, is not spoken of when nothing is the matter.
        if not obstacles and about not in _ONLY_WHEN_WRONG:
            lines.append(Line("ok", _title(about), _fine(about, campaign, found)))
    if found.muted and found.muted < found.recipients:
        text, url = some_are_muted(found.muted), _mended_at(campaign, About.SILENCE)
        lines.append(Line("warn", _title(About.SILENCE), text, url))
    for warning in found.warnings:
        url = _mended_at(campaign, About.LAW, rule=warning.rule.key)
        lines.append(Line("warn", _title(About.LAW), warning.said, url))
    for remark in found.remarks:
        level = "warn" if remark.level is Level.WARNING else "hint"
        url = _mended_at(campaign, About.CONTENT, remark.block_id)
        lines.append(Line(level, _("Text"), remark.message, url))
    lines += _returns(campaign)
    lines += _foreign_links(campaign)
    lines += _warming_up(campaign, found.recipients)
    lines += _enough(campaign)
    lines += _small_sample(campaign, found.recipients)
    if not tested:
        message = _("This text has not been tested as it is now: look at it in a real mailbox first.")
        lines.append(Line("warn", _("Test"), message))
    elif untested:
        message = _(
            "Not tested as they are now – versions: %(letters)s. Look at each in a real mailbox first."
        )
        lines.append(Line("warn", _("Test"), message % {"letters": ", ".join(untested)}))
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


def _small_sample(campaign: Campaign, recipients: int) -> Iterator[Line]:
    """A test of so few people that it will hardly decide anything."""
    test = test_of(campaign)
    plan = plan_of(test, versions=len(sides_of(campaign)), recipients=recipients) if test else None
    if plan is None or not plan.is_small:
        return
    text = _(
        "With %(each)s recipients a version, only one that does twice as well, or better still, is found: put"
        " more recipients in the test, or compare fewer versions."
    )
    text %= {"each": number_format(plan.each, 0, force_grouping=True)}
    yield Line("warn", _title(About.TEST), text, reverse("messaging:experiment", args=[campaign.pk]))


def _foreign_links(campaign: Campaign) -> Iterator[Line]:
    """Ways out whose own tracking would replace our links, and cannot be switched off message by message."""
    ways = [way for sender in senders_of(campaign) for way in routing.every_way(sender).ways]
    for account in dict.fromkeys(way.account for way in ways):
        if registry.kind(account.kind).tracks_by_account:
            text = _(
                "“%(account)s” puts its own addresses in place of your links unless its tracking is off:"
                " switch it off on the provider’s page (for Brevo: Transactional › Settings)."
            )
            url = reverse("messaging:provider", args=[account.pk])
            yield Line("hint", _("Links"), text % {"account": account}, url)


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


def _warming_up(campaign: Campaign, recipients: int) -> Iterator[Line]:
    """What the warm-up of a sender, or of a way out, lets leave today, where that may be too little."""
    senders = senders_of(campaign)
    accounts = [way.account for sender in senders for way in routing.every_way(sender).ways]
    for who in dict.fromkeys([*senders, *accounts]):
        limited = [one for one in warm_up.progress_of(who).values() if one.most is not None]
        if all(recipients <= one.left for one in limited):
            continue
        text = _("“%(who)s” warms up. Today still: %(allowed)s. What is beyond leaves in the days to come.")
        text %= {"who": getattr(who, "from_name", who), "allowed": _allowed(limited)}
        if campaign.engaged_first:
            yield Line("hint", _("Warm-up"), text)
        else:
            advice = _("Let people who read your messages come first: “Who first, and at which hour”.")
            yield Line("warn", _("Warm-up"), f"{text} {advice}")


def _allowed(limited: list[warm_up.Progress]) -> str:
    """Numbers of messages, each with the families that it is for: "50 (Orange, SFR), 250 (Gmail)"."""
    by_number: dict[int, list[str]] = {}
    for one in sorted(limited, key=lambda one: one.left):
        by_number.setdefault(max(0, one.left), []).append(one.label)
    return ", ".join(
        f"{number_format(number, 0, force_grouping=True)} ({', '.join(labels)})"
        for number, labels in by_number.items()
    )


def _title(about: About) -> str:
    return {
        About.SENDING: pgettext("on this installation", "Sending"),
        About.SILENCE: _("Electoral silence"),
        About.ORGANISATION: _("Who you are"),
        About.SENDER: _("Sender"),
        About.DOMAIN: _("Domain of the sender"),
        About.AUDIENCE: _("Recipients"),
        About.LAW: _("Rules"),
        About.CONTENT: _("Text"),
        About.TEST: _("Test of versions"),
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


def _mended_at(campaign: Campaign, about: About, block_id: str = "", rule: str = "") -> str:
    if about in (About.SENDING, About.ORGANISATION):
        return reverse("shell:organisation")
    if about is About.DOMAIN:
        domain = domain_of(campaign.sender) if campaign.sender is not None else None
        return reverse("messaging:domain", args=[domain.pk]) if domain else reverse("messaging:domains")
    if about is About.SILENCE:
        return reverse("contacts:elections")
    if about is About.TEST:
        return reverse("messaging:experiment", args=[campaign.pk])
    if about is About.APPROVAL:
        return "#approval"
    if about is About.LAW:
        asks = rule == "opt-out-file"
        return reverse("contacts:opt_out_question") if asks else reverse("contacts:rule", args=[rule])
    if about is About.AUDIENCE:
        return reverse("messaging:campaign_audience", args=[campaign.pk])
    compose = reverse("messaging:campaign_compose", args=[campaign.pk])
    return f"{compose}?block={block_id}" if block_id else compose
