"""What allowed a message, as it stood when it left: the ledger row keeps it, nothing is guessed anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from contacts.enums import Channel, LawfulBasis
from contacts.models import Consent, Source, Subscription
from contacts.rules.channels import BROKER_BASIS
from contacts.segments.errors import SegmentInvalid
from contacts.segments.tree import parse_tree, rules_of
from messaging.models import Campaign, Delivery
from messaging.services.criteria import said_then
from messaging.timeline import shown_subject
from messaging.why.asked import Answer, Answered, answers_for
from messaging.why.content import contents_of, held_by


@dataclass(frozen=True)
class Reason:
    """One message and all that is kept of why it left, or why it did not.

    `held`: what keeps it from leaving; `said`: what its text tells the reader, by the rules of content.
    """

    delivery: Delivery
    subject: str
    at: datetime | None
    left: bool
    is_service: bool
    source: Source | None = None
    basis: str = ""
    consent: Consent | None = None
    subscription: Subscription | None = None
    criteria: list[str] = field(default_factory=list)
    answered: Answered = field(default_factory=Answered)
    held: Answer | None = None
    said: list[Answer] = field(default_factory=list)

    @property
    def checks(self) -> list[str]:
        """The questions that were asked of it before it left, in words, in their order."""
        return [answer.words for answer in self.answered.passed]

    @property
    def state(self) -> str:
        return str(self.delivery.get_state_display())

    @property
    def key(self) -> str:
        row = self.delivery
        parts = [f"{row.ledger_month:%Y-%m}", str(row.campaign_id), str(row.contact_id), row.occasion]
        return "/".join(part for part in parts if part)

    @property
    def channel(self) -> Channel:
        return Channel(self.delivery.campaign.channel)


def reasons_of(deliveries: Iterable[Delivery]) -> list[Reason]:
    """The reason of each message, in a few queries for all of them."""
    rows = list(deliveries)
    sources = Source.objects.in_bulk({row.source_id for row in rows if row.source_id})
    consents = Consent.objects.select_related("wording", "source").in_bulk(
        {row.consent_id for row in rows if row.consent_id}
    )
    subscriptions = Subscription.objects.select_related("newsletter").in_bulk(
        {row.subscription_id for row in rows if row.subscription_id}
    )
    criteria = {row.campaign_id: criteria_of(row.campaign) for row in rows}
    answers, contents = answers_for(rows), contents_of(rows, sources)
    return [
        Reason(
            delivery=row,
            subject=(row.context or {}).get("subject") or shown_subject(row.campaign),
            at=row.handed_at,
            left=row.handed_at is not None,
            is_service=row.campaign.kind == "service",
            source=sources.get(row.source_id or 0),
            basis=basis_words(row.basis),
            consent=consents.get(row.consent_id or 0),
            subscription=subscriptions.get(row.subscription_id or 0),
            criteria=criteria[row.campaign_id],
            answered=answered,
            held=held_by(row),
            said=content if row.handed_at is not None else [],
        )
        for row, answered, content in zip(rows, answers, contents, strict=True)
    ]


def basis_words(basis: str) -> str:
    if basis == BROKER_BASIS:
        return _("A file bought or rented, written to as a whole")
    return str(dict(LawfulBasis.choices).get(basis, basis))


def criteria_of(campaign: Campaign) -> list[str]:
    """How people were chosen, as it was said when it was frozen; of older mailings, their conditions."""
    said = said_then(campaign)
    if said is not None:
        return said
    tree = campaign.audience_tree
    if not tree:
        return []
    try:
        return [str(rule) for rule in rules_of(parse_tree(tree, may_be_empty=True))]
    except SegmentInvalid:
        return [_("A condition that this version no longer knows")]
