"""A mailing after a mailing: once more to those who did not open it, or further to those who clicked.

Both are chosen by what people did, so that they reach those alone who agreed to be measured and to be written
to by what is known of them; the next page says how many, and what it takes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import Segment
from contacts.services.segments import create_segment
from messaging.enums import CampaignState
from messaging.errors import WrongState
from messaging.models import Campaign
from messaging.services.campaigns import ask_right, duplicate, set_audience
from messaging.services.variants import copy_versions

LONGEST_NAME = 100


class FollowUp(StrEnum):
    """Whom it is for."""

    NOT_OPENED = "not_opened"
    CLICKED = "clicked"


@transaction.atomic
def follow_up(*, campaign: Campaign, to: FollowUp, by: User) -> Campaign:
    """A draft like `campaign` for some of its recipients, with a segment of theirs.

    Asked again, it makes another draft for the same segment. Raises WrongState or NotAllowed.
    """
    ask_right(by, Right.EDIT_CAMPAIGN)
    ask_right(by, Right.EDIT_SEGMENTS)
    if campaign.state not in (CampaignState.SENT, CampaignState.SENDING, CampaignState.PAUSED):
        raise WrongState(_("It has not been sent: there is nothing to follow up."))
    segment = _segment(campaign, to, by)
    draft = duplicate(campaign=campaign, by=by)
    if to is FollowUp.NOT_OPENED:  # the same message once more: each place reads its own again
        copy_versions(campaign, draft, by=by)
    draft = set_audience(campaign=draft, audience={"type": "segment", "id": segment.pk}, by=by)
    audit.record(action="campaign.follow_up", on=draft, by=by, detail={"of": campaign.pk, "to": to.value})
    return draft


def _segment(campaign: Campaign, to: FollowUp, by: User) -> Segment:
    tree = _tree(campaign, to)
    held = Segment.objects.filter(tree=tree, is_shared=True).order_by("pk").first()
    if held is not None:
        return held
    words = {
        FollowUp.NOT_OPENED: _("Did not open “%(name)s” (%(number)s)"),
        FollowUp.CLICKED: _("Clicked in “%(name)s” (%(number)s)"),
    }[to]
    room = LONGEST_NAME - len(words % {"name": "", "number": campaign.pk})
    return create_segment(
        name=words % {"name": campaign.name[:room], "number": campaign.pk}, tree=tree, by=by
    )


def _tree(campaign: Campaign, to: FollowUp) -> dict[str, Any]:
    received = {"condition": "received_mailing", "operator": "any", "value": [campaign.pk]}
    did = {
        FollowUp.NOT_OPENED: {"condition": "open_mailing", "operator": "none", "value": [campaign.pk]},
        FollowUp.CLICKED: {"condition": "click_mailing", "operator": "any", "value": [campaign.pk]},
    }[to]
    return {"all": [received, did]}
