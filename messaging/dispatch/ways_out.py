"""Which way out messages may take: what is switched off holds mailings, and service messages take another."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_noop, override

from contacts.enums import Channel
from messaging.dispatch.circuit import PauseReason
from messaging.dispatch.lifecycle import pause_for
from messaging.dispatch.notices import language_of, tell_service_waits
from messaging.dispatch.states import WAITING
from messaging.enums import CampaignState
from messaging.models import (
    Campaign,
    CampaignVariant,
    Delivery,
    SenderDomain,
    SenderIdentity,
    SenderRoute,
)
from messaging.services.pre_send import domain_fault

SWITCHED_OFF = gettext_noop("The way out of its sender is switched off")
NOT_IN_USE = gettext_noop("Its sender is no longer in use")
NO_SERVICE_SENDER = gettext_noop("No sender with a way out in use can send them")
UNPROVEN = gettext_noop("A record of its sender’s domain is no longer right")

LOOKED_AT_LATELY = timedelta(minutes=10)


def service_sender() -> SenderIdentity | None:
    """Who service messages come from: the sender chosen for them, else the oldest in use.

    The mail catcher of the machine delivers to nobody: it comes last.
    """
    catcher = When(
        provider_account__settings__host="127.0.0.1",
        provider_account__settings__port=settings.MAIL_CATCHER_PORT,
        then=Value(1),
    )
    return (
        SenderIdentity.objects.filter(
            channel=Channel.EMAIL, is_active=True, provider_account__is_active=True, territory=None
        )
        .order_by(F("for_service").desc(), Case(catcher, default=Value(0), output_field=IntegerField()), "pk")
        .first()
    )


def hold_without_way_out() -> int:
    """Pause the mailings under way of which a sender, or every way out of one, is no longer in use, and say
    so; returns how many."""
    sending = Campaign.objects.mailings().filter(state=CampaignState.SENDING)
    others = SenderRoute.objects.filter(territory=None, provider_account__is_active=True).values("sender")
    without_way = SenderIdentity.objects.filter(provider_account__is_active=False).exclude(pk__in=others)
    found: dict[int, PauseReason] = {}
    for senders, words, name in (
        (without_way, SWITCHED_OFF, "provider_account__name"),
        (SenderIdentity.objects.filter(is_active=False), NOT_IN_USE, "from_name"),
    ):
        versions = CampaignVariant.objects.sent().filter(sender__in=senders)
        of_versions = sending.filter(variants__in=versions).values_list("pk", f"variants__sender__{name}")
        own = sending.filter(sender__in=senders).values_list("pk", f"sender__{name}")
        found |= {pk: PauseReason(words, said) for pk, said in (*of_versions, *own)}
    return sum(pause_for(pk, reason) for pk, reason in found.items())


def hold_unproven() -> int:
    """Pause the mailings under way whose domains may no longer send so much, after a look at their records.

    Asked for a while after each look only: nothing else takes away what was proven. Returns how many.
    """
    lately = Now() - LOOKED_AT_LATELY
    if not SenderDomain.objects.filter(checked_at__gt=lately).exists():
        return 0
    held = 0
    sending = Campaign.objects.mailings().filter(state=CampaignState.SENDING).select_related("created_by")
    for campaign in sending.defer("blocks", "compiled", "audience_tree", "excluded"):
        with override(language_of(campaign)):
            fault = domain_fault(campaign, campaign.audience_count or 0)
        held += bool(fault) and pause_for(campaign.pk, PauseReason(UNPROVEN, fault))
    return held


def keep_service_going() -> int:
    """Let every standing campaign leave by the service sender of today; returns how many took another.

    Tests keep the sender of their mailing: it is what they show.
    """
    standing = Campaign.objects.standing().by_service_sender().filter(state=CampaignState.SENDING)
    sender = service_sender()
    if sender is not None:
        return int(standing.exclude(sender=sender).update(sender=sender))
    rows = Delivery.objects.filter(
        campaign_id__in=list(standing.values_list("pk", flat=True)), state__in=WAITING
    )
    if rows.exists():
        tell_service_waits(PauseReason(NO_SERVICE_SENDER))
    return 0
