"""What keeps messages from leaving, told to whoever can mend it: a campaign that cannot be made, a way out
that fails."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext_noop

from campaign_crm.platform.crypto import SealBroken
from messaging.dispatch.circuit import Circuit, PauseReason
from messaging.dispatch.lifecycle import hold_service, pause_for
from messaging.dispatch.quarantine import UNMADE
from messaging.models import Campaign, ProviderAccount
from messaging.providers.errors import ProviderError

logger = logging.getLogger(__name__)

LONGEST_TROUBLE = 300  # characters

KEY_MISSING = gettext_noop("What its sender signs with was sealed under a key that this installation lacks")


def tell_unmade(campaign: Campaign, error: Exception) -> None:
    """Say that a campaign's messages cannot be made; the database's own trouble is nobody's, and raised."""
    if isinstance(error, (OperationalError, InterfaceError)):
        raise error
    logger.error("Messages of campaign %s cannot be made", campaign.pk, exc_info=error)
    reason = PauseReason(KEY_MISSING if isinstance(error, SealBroken) else UNMADE, type(error).__name__)
    if campaign.standing_for:
        hold_service(campaign, reason)
    else:
        pause_for(campaign.pk, reason)


def keep_trouble(account: ProviderAccount, circuit: Circuit, reason: PauseReason | None = None) -> None:
    """Of an account that rests, for whoever asks why a mailing stands."""
    words = f"{reason.text}: {reason.detail}" if reason is not None else circuit.last_words
    rests = max(circuit.rests_until, circuit.doubt.rests_until) - time.monotonic()
    until = timezone.now() + timedelta(seconds=max(0.0, rests))
    ProviderAccount.objects.filter(pk=account.pk).update(rests_until=until, trouble=words[:LONGEST_TROUBLE])


def reason_of(error: ProviderError | ValueError) -> PauseReason:
    """Why an account cannot be used."""
    if isinstance(error, ProviderError):
        return PauseReason(error.text, error.detail)
    return PauseReason(str(error))
