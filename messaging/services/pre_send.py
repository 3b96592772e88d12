"""The page before sending: who gets it, who does not and why, and what must be mended first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, LawfulBasis, MessageKind, SourceKind, UnreachableReason
from contacts.errors import ContactsError
from contacts.models import Reach
from contacts.rules.rule import Finding, Planned
from contacts.rules.rulebook import findings
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.reachability import Counts
from contacts.services.elections import votes_to_come
from contacts.services.opt_out_question import opt_out_file_is_missing
from messaging.content.blocks import read_document
from messaging.content.compile import CompiledMessage
from messaging.content.errors import ContentError
from messaging.content.preview import Check, Level, checks
from messaging.models import Campaign, SenderIdentity
from messaging.services.approval_state import approval_of, has_outgrown, is_needed
from messaging.services.compiling import compile_campaign, compile_variant, words_of_variant
from messaging.services.experiment_checks import faults_of_test
from messaging.services.muted import all_are_muted, count_muted_recipients, why_muted
from messaging.services.reader_segments import segment_problems
from messaging.services.send_options import is_targeted
from messaging.services.sender_trust import bulk_fault
from messaging.services.slices import slice_fault

NOBODY = Counts(0)


class About(StrEnum):
    """What an obstacle is about: the page that mends it follows from this."""

    SENDING = "sending"
    SILENCE = "silence"
    ORGANISATION = "organisation"
    SENDER = "sender"
    DOMAIN = "domain"
    AUDIENCE = "audience"
    LAW = "law"
    CONTENT = "content"
    TEST = "test"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that keeps a campaign from leaving; `block_id` or `rule` where one is to blame."""

    about: About
    message: str
    block_id: str = ""
    rule: str = ""


@dataclass(frozen=True)
class PreSend:
    """`obstacles` keep it from leaving; `remarks` on its text and `warnings` of the law do not.

    `excluded`: people left out, by reason. `muted`: recipients who wait because people vote where they live.
    """

    recipients: int
    excluded: dict[UnreachableReason, int]
    muted: int = 0
    obstacles: list[Obstacle] = field(default_factory=list)
    remarks: list[Check] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    targeted: bool = False
    audience_label: str = ""
    version: str = ""  # of the compiled message; empty while it has faults

    @property
    def problems(self) -> list[str]:
        """The words of every obstacle."""
        return [obstacle.message for obstacle in self.obstacles]

    @property
    def may_be_asked(self) -> bool:
        """Nothing but the approval is missing."""
        return all(one.about is About.APPROVAL for one in self.obstacles)

    @property
    def may_leave(self) -> bool:
        return not self.obstacles


def pre_send(campaign: Campaign) -> PreSend:
    """Count the audience exactly and check everything that must be there. Reads only."""
    obstacles = list(_setting_obstacles(campaign))
    audience: Audience | None = None
    counts, muted = NOBODY, 0
    try:
        audience = resolve_audience(campaign.audience, channel=Channel(campaign.channel))
        counts = audience.counts(
            channel=Channel(campaign.channel),
            kind=MessageKind(campaign.kind),
            scope=campaign.scope,
            one_per_address=True,
        )
    except ContactsError as error:
        if campaign.audience:
            obstacles.append(Obstacle(About.AUDIENCE, str(error), rule=getattr(error, "rule", "")))
    else:
        if not counts.reachable:
            message = _("Nobody of this audience can be written to.")
            obstacles.append(Obstacle(About.AUDIENCE, message))
        if fault := slice_fault(campaign, audience, counts.reachable):
            obstacles.append(Obstacle(About.AUDIENCE, fault))
        muted = count_muted_recipients(campaign, audience)
        if muted and muted >= counts.reachable:
            obstacles.append(Obstacle(About.SILENCE, all_are_muted(), rule="silence"))
    if fault := domain_fault(campaign, counts.reachable):
        obstacles.append(Obstacle(About.DOMAIN, fault))
    compiled, faults = _compiled(campaign)
    remarks = checks(compiled) if compiled is not None else []
    versions, faults_of_versions = _of_versions(campaign)
    texts = [one for one in (compiled, *versions) if one is not None]
    broken = findings(planned(campaign, audience, texts))
    obstacles += [Obstacle(About.LAW, one.said, rule=one.rule.key) for one in broken if one.refuses]
    obstacles += [*faults, *faults_of_versions]
    obstacles += [Obstacle(About.TEST, one) for one in faults_of_test(campaign, recipients=counts.reachable)]
    obstacles += [
        Obstacle(About.CONTENT, check.message, check.block_id)
        for check in remarks
        if check.level is Level.ERROR
    ]
    needed = is_needed(counts.reachable, kind=campaign.kind)
    if needed and (message := _not_approved(campaign, counts.reachable)):
        obstacles.append(Obstacle(About.APPROVAL, message))
    return PreSend(
        recipients=counts.reachable,
        excluded=counts.left_out,
        muted=muted,
        obstacles=obstacles,
        warnings=[one for one in broken if not one.refuses],
        remarks=[check for check in remarks if check.level is not Level.ERROR],
        targeted=audience is not None and is_targeted(campaign, audience),
        audience_label=audience.label if audience is not None else "",
        version=compiled.version if compiled is not None else "",
    )


def planned(campaign: Campaign, audience: Audience | None, texts: Sequence[CompiledMessage] = ()) -> Planned:
    """The mailing as the rules of law see it, with the text of each version."""

    def counted_by_basis(basis: LawfulBasis) -> int:
        if audience is None:
            return 0
        people = audience.reachable(
            channel=Channel(campaign.channel), kind=MessageKind(campaign.kind), scope=campaign.scope
        )
        return Reach.objects.filter(
            channel=campaign.channel, basis=basis, contact__in=people.values("pk")
        ).count()

    return Planned(
        channel=Channel(campaign.channel),
        kind=MessageKind(campaign.kind),
        leaves_at=campaign.scheduled_at or timezone.now(),
        text=words_of(texts),
        votes_on=votes_to_come(),
        source_kind=SourceKind(audience.source.kind) if audience is not None and audience.source else None,
        opt_out_file_is_missing=opt_out_file_is_missing,
        counted_by_basis=counted_by_basis,
    )


def words_of(texts: Iterable[CompiledMessage]) -> str:
    """What is said in any version, subjects included."""
    return "\n".join(f"{one.subject}\n{one.text}" for one in texts)


def _not_approved(campaign: Campaign, recipients: int) -> str:
    """Why no approval covers it as it is now; empty when one does."""
    last = approval_of(campaign)
    if last is None or not last.approved:
        if campaign.kind == MessageKind.SERVICE:
            return _("A service message is approved by somebody else before it leaves.")
        return _("A mailing to so many people is approved by somebody else before it leaves.")
    if has_outgrown(last, recipients):
        return _(
            "It was approved for %(approved)s recipients and would now go to %(now)s: ask for approval again."
        ) % {
            "approved": number_format(last.recipients, force_grouping=True),
            "now": number_format(recipients, force_grouping=True),
        }
    return ""


def _setting_obstacles(campaign: Campaign) -> Iterator[Obstacle]:
    organisation = Organisation.current()
    if not organisation.sending_enabled:
        message = _(
            "Sending is switched off on this installation. An administrator can switch it on in Settings."
        )
        yield Obstacle(About.SENDING, message)
    if not organisation.postal_address.strip():
        message = _("The organisation has no postal address: add it in Settings. Every message must show it.")
        yield Obstacle(About.ORGANISATION, message)
    if message := why_muted(campaign):
        yield Obstacle(About.SILENCE, message, rule="silence")
    if fault := sender_fault(campaign):
        yield Obstacle(About.SENDER, fault)
    if not campaign.audience:
        yield Obstacle(About.AUDIENCE, _("Choose who receives this mailing."))


def _of_versions(campaign: Campaign) -> tuple[list[CompiledMessage], list[Obstacle]]:
    """Its versions as they would leave, and what keeps them from it, said with the version it is in."""
    texts: list[CompiledMessage] = []
    found: list[Obstacle] = []
    for variant in campaign.variants.sent().select_related("sender__provider_account"):
        named = _("Version “%(version)s”: %(fault)s")
        if variant.sender is not None and (fault := fault_of(variant.sender)):
            found.append(Obstacle(About.SENDER, named % {"version": variant, "fault": fault}))
        try:
            texts.append(compile_variant(campaign, variant))
        except ContentError as error:
            for problem in error.problems:
                message = named % {"version": variant, "fault": problem.said}
                found.append(Obstacle(About.CONTENT, message, problem.block_id))
            continue
        for one in _of_segments(words_of_variant(campaign, variant).blocks):
            found.append(replace(one, message=named % {"version": variant, "fault": one.message}))
        for check in checks(texts[-1]):
            if check.level is Level.ERROR:
                message = named % {"version": variant, "fault": check.message}
                found.append(Obstacle(About.CONTENT, message, check.block_id))
    return texts, found


def sender_fault(campaign: Campaign) -> str:
    """What keeps its sender from sending; empty when nothing does."""
    if campaign.sender is None:
        return _("Choose a sender.")
    return fault_of(campaign.sender)


def senders_fault(campaign: Campaign) -> str:
    """What keeps its sender, or one of its versions, from sending; empty when nothing does."""
    return sender_fault(campaign) or next(filter(None, map(fault_of, senders_of(campaign))), "")


def domain_fault(campaign: Campaign, recipients: int) -> str:
    """Why the domains of its senders may not send so many messages today; empty when they may."""
    return bulk_fault(senders_of(campaign), recipients, campaign=campaign)


def senders_of(campaign: Campaign) -> list[SenderIdentity]:
    """Its sender and those of its versions, each once."""
    variants = campaign.variants.sent().select_related("sender__provider_account")
    found = [campaign.sender, *(variant.sender for variant in variants)]
    return list(dict.fromkeys(sender for sender in found if sender is not None))


def fault_of(sender: SenderIdentity) -> str:
    """What keeps a sender from sending; empty when nothing does."""
    if not sender.is_active:
        message = _("The sender “%(sender)s” is no longer in use: choose another.")
        return message % {"sender": sender}
    if not sender.provider_account.is_active and not _has_another_way(sender):
        message = _("The way out “%(account)s” of this sender is switched off.")
        return message % {"account": sender.provider_account}
    return ""


def _has_another_way(sender: SenderIdentity) -> bool:
    others = sender.routes.filter(territory=None, provider_account__is_active=True)
    return bool(others.exists())


def _compiled(campaign: Campaign) -> tuple[CompiledMessage | None, list[Obstacle]]:
    try:
        compiled = compile_campaign(campaign)
    except ContentError as error:
        found = [Obstacle(About.CONTENT, problem.said, problem.block_id) for problem in error.problems]
        return None, found
    return compiled, _of_segments(campaign.blocks)


def _of_segments(document: Any) -> list[Obstacle]:
    """Segments that blocks name and that may choose no reader."""
    blocks, _problems = read_document(document)
    return [Obstacle(About.CONTENT, one.said, one.block_id) for one in segment_problems(blocks)]
