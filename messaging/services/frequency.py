"""The organisation's caps on how often people are written to."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel
from messaging.models.frequency_cap import EVERY_CHANNEL, FrequencyCap
from messaging.services.campaigns import ask_right

CAPPED = (Channel.EMAIL.value, Channel.SMS.value, EVERY_CHANNEL)
MOST_PER_WEEK = 100


@transaction.atomic
def set_frequency_cap(*, channel: str, per_week: int | None, by: User) -> None:
    """Set how many political messages a person gets in a week at most; None: no limit.

    `channel`: one of `CAPPED`. Raises ValidationError for a number that is no cap, NotAllowed.
    """
    ask_right(by, Right.MANAGE_SETTINGS)
    if channel not in CAPPED:
        raise ValueError(f"{channel} is not capped.")
    if per_week is not None and not 1 <= per_week <= MOST_PER_WEEK:
        raise ValidationError(_("Write a number from 1 to 100, or nothing for no limit."))
    held = FrequencyCap.objects.select_for_update().filter(channel=channel).first()
    if (held.per_week if held is not None else None) == per_week:
        return
    FrequencyCap.objects.filter(channel=channel).delete()
    if per_week is not None:
        FrequencyCap.objects.create(channel=channel, per_week=per_week)
    audit.record(
        action="frequency.cap",
        on=Organisation.current(),
        by=by,
        detail={"channel": channel or "all", "per_week": per_week},
    )
