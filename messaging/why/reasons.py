"""What allowed a message, as it stood when it left: the ledger row keeps it, nothing is guessed anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contacts.enums import Channel, LawfulBasis
from contacts.models import Consent, Source, Subscription
from contacts.registry import registry
from contacts.rules.channels import BROKER_BASIS
from contacts.segments.errors import SegmentInvalid
from contacts.segments.tree import parse_tree, rules_of
from messaging.models import Delivery
from messaging.timeline import shown_subject


@dataclass(frozen=True)
class Reason:
    """One message and all that is kept of why it left, or why it did not."""

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
    checks: list[str] = field(default_factory=list)

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
    criteria = {row.campaign_id: criteria_of(row.campaign.audience_tree) for row in rows}
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
            checks=check_names() if row.handed_at is not None else [],
        )
        for row in rows
    ]


def basis_words(basis: str) -> str:
    if basis == BROKER_BASIS:
        return _("A file bought or rented, written to as a whole")
    return str(dict(LawfulBasis.choices).get(basis, basis))


def criteria_of(tree: Any) -> list[str]:
    """The conditions as frozen, each in words; one that this version no longer knows says so."""
    if not tree:
        return []
    try:
        return [str(rule) for rule in rules_of(parse_tree(tree, may_be_empty=True))]
    except SegmentInvalid:
        return [_("A condition that this version no longer knows")]


def check_names() -> list[str]:
    """The questions asked of every message before it leaves, in words, in their order."""
    words = {
        "campaign_cancelled": _("the mailing was not cancelled"),
        "campaign_held": _("the mailing was not paused"),
        "sending_off": _("sending was allowed"),
        "silence": _("no election silence where the person lives"),
        "expired": _("it was not too late"),
        "suppressed": _("the address was not on the do-not-contact list"),
        "address_unusable": _("the address was still theirs and in use"),
        "consent_withdrawn": _("the person had not withdrawn their consent"),
        "source_closed": _("the source still allowed it"),
        "targeting_withdrawn": _("where it was targeted, the person agreed to that"),
        "left_newsletter": _("the person had not left the newsletter"),
    }
    known = sorted(registry.hand_over_checks.items(), key=lambda item: (item[1].order, item[0]))
    return [words[name] for name, _check in known if name in words]
