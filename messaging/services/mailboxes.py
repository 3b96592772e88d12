"""What people decide about receiving mailboxes: limits of a family, and going on with one that was paused;
and the speed of a mailing."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from messaging.dispatch import breaker, families, watch
from messaging.models import Campaign, CampaignPace, FamilyLimit, FamilyPause
from messaging.services.campaigns import _wake_workers
from messaging.services.rights import ask_right

SLOWEST_AN_HOUR = 60
FASTEST_AN_HOUR = 100_000_000


@transaction.atomic
def set_family_limit(*, family: str, per_minute: int | None, by: User) -> None:
    """Set how many messages a minute leave to a family of mailboxes at most; None: no limit."""
    ask_right(by, Right.MANAGE_SETTINGS)
    if per_minute is not None and per_minute < 1:
        raise ValidationError(_("At least one message a minute; empty: no limit."))
    held = FamilyLimit.objects.select_for_update().filter(family=family).first()
    if (held.per_minute if held is not None else None) == per_minute:
        return
    FamilyLimit.objects.filter(family=family).delete()
    if per_minute is not None:
        FamilyLimit.objects.create(family=family, per_minute=per_minute)
    detail = {"family": family, "per_minute": per_minute}
    audit.record(action="mailboxes.limit", on=Organisation.current(), by=by, detail=detail)


def go_on_with_family(*, pause: FamilyPause, by: User) -> None:
    """Let a paused family's messages of a mailing go on; what was counted until now no longer speaks against
    it. Twice changes nothing."""
    ask_right(by, Right.SEND_CAMPAIGN)
    tally = watch.tally_of(pause.campaign, pause.family)
    with transaction.atomic():
        held = FamilyPause.objects.select_for_update(of=("self",)).get(pk=pause.pk)
        if held.released_at is not None:
            return
        breaker.release(held, tally)
        detail = {"family": pause.family}
        audit.record(action="campaign.release_family", on=pause.campaign, by=by, detail=detail)
        _wake_workers()


@transaction.atomic
def set_pace(
    *, campaign: Campaign, by: User, per_hour: int | None = None, spread_until: datetime | None = None
) -> None:
    """Give a mailing a speed, or an hour (aware) at which its last message leaves; neither: full speed.

    Raises ValidationError for both, for a speed under `SLOWEST_AN_HOUR` or an hour that has passed.
    """
    ask_right(by, Right.SEND_CAMPAIGN)
    if per_hour is not None and not SLOWEST_AN_HOUR <= per_hour <= FASTEST_AN_HOUR:
        raise ValidationError(_("At least 60 messages an hour; empty: full speed."))
    if spread_until is not None and spread_until <= timezone.now():
        raise ValidationError(_("Choose an hour to come."))
    CampaignPace.objects.filter(pk=campaign.pk).delete()
    if per_hour is not None or spread_until is not None:
        pace = CampaignPace(campaign=campaign, per_hour=per_hour, spread_until=spread_until)
        pace.full_clean()
        pace.save(force_insert=True)
    until = spread_until.isoformat() if spread_until is not None else None
    audit.record(
        action="campaign.pace", on=campaign, by=by, detail={"per_hour": per_hour, "spread_until": until}
    )


def known_families() -> list[tuple[str, str, int | None]]:
    """(family, label, limit a minute) of the large ones, then of others that have a limit."""
    held = dict(FamilyLimit.objects.order_by("family").values_list("family", "per_minute"))
    names = [*families.KNOWN, *(name for name in held if name not in families.KNOWN)]
    return [(name, families.label_of(name), held.get(name)) for name in names]
