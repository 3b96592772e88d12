"""The page before sending: who gets it, who does not and why, and what must be mended first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, MessageKind, UnreachableReason
from contacts.errors import ContactsError
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.reachability import Counts, count_reachable
from messaging.content.compile import CompiledMessage
from messaging.content.errors import ContentError
from messaging.content.preview import Check, Level, checks
from messaging.models import Campaign
from messaging.services.compiling import compile_campaign

NOBODY = Counts(0)


@dataclass(frozen=True)
class PreSend:
    """`problems` keep the campaign from leaving; `remarks` do not. `excluded`: people left out, by reason."""

    recipients: int
    excluded: dict[UnreachableReason, int]
    problems: list[str] = field(default_factory=list)
    remarks: list[Check] = field(default_factory=list)
    targeted: bool = False
    audience_label: str = ""

    @property
    def may_leave(self) -> bool:
        return not self.problems


def pre_send(campaign: Campaign) -> PreSend:
    """Count the audience exactly and check everything that must be there. Reads only."""
    problems = list(_setting_problems(campaign))
    audience: Audience | None = None
    counts = NOBODY
    try:
        audience = resolve_audience(campaign.audience)
        counts = count_reachable(
            audience.queryset,
            channel=Channel(campaign.channel),
            kind=MessageKind(campaign.kind),
            targeted=audience.targeted,
            source=audience.source,
            one_per_address=True,
        )
    except ContactsError as error:
        problems.append(str(error))
    else:
        if not counts.reachable:
            problems.append(_("Nobody of this audience can be written to."))
    compiled, faults = _compiled(campaign)
    remarks = checks(compiled) if compiled is not None else []
    problems += faults + [check.message for check in remarks if check.level is Level.ERROR]
    return PreSend(
        recipients=counts.reachable,
        excluded=counts.left_out,
        problems=problems,
        remarks=[check for check in remarks if check.level is not Level.ERROR],
        targeted=audience.targeted if audience is not None else False,
        audience_label=audience.label if audience is not None else "",
    )


def _setting_problems(campaign: Campaign) -> Iterator[str]:
    organisation = Organisation.current()
    if not organisation.sending_enabled:
        yield _(
            "Sending is switched off on this installation. An administrator can switch it on in Settings."
        )
    if not organisation.postal_address.strip():
        yield _("The organisation has no postal address: add it in Settings. Every message must show it.")
    sender = campaign.sender
    if sender is None:
        yield _("Choose a sender.")
    elif not sender.is_active:
        yield _("The sender “%(sender)s” is no longer in use: choose another.") % {"sender": sender}
    elif not sender.provider_account.is_active:
        yield _("The way out “%(account)s” of this sender is switched off.") % {
            "account": sender.provider_account
        }
    if not campaign.audience:
        yield _("Choose who receives this mailing.")


def _compiled(campaign: Campaign) -> tuple[CompiledMessage | None, list[str]]:
    try:
        return compile_campaign(campaign), []
    except ContentError as error:
        return None, [str(problem) for problem in error.problems]
