"""Local kits: templates that territories fill in and send to their own people."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import Territory
from messaging.errors import MessagingError, NotAllowed
from messaging.models import Campaign, Template
from messaging.services.campaigns import create_campaign
from messaging.services.rights import ask_right, may_write_in
from messaging.services.variants import KINDS, open_blocks, senders_for


def may_use_kit(user: User, template: Template, territory: Territory) -> bool:
    """Whether this person may send this kit in this territory; the only place where that is decided."""
    return template.is_kit and territory.kind in KINDS and may_write_in(user, territory)


@transaction.atomic
def share_kit(*, template: Template, shared: bool, by: User) -> Template:
    """Give a template to the territories, or take it back; mailings made from it stay as they are."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    held = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if shared and not open_blocks(held.blocks):
        raise MessagingError(
            _("Nothing could be filled in: first open a block of this template and switch on “Local block”.")
        )
    if held.is_kit != shared:
        held.is_kit = shared
        held.save(update_fields=["is_kit"])
        audit.record(action="kit.share" if shared else "kit.take_back", on=held, by=by)
    return held


@transaction.atomic
def start_local_mailing(*, template: Template, territory: Territory, name: str, by: User) -> Campaign:
    """Begin a mailing from a kit, to the people of one territory, from its own sender if it has one."""
    if not may_use_kit(by, template, territory):
        raise NotAllowed(_("You may not send “%(kit)s” in this territory.") % {"kit": template.name})
    own = [sender for sender in senders_for(territory) if sender.territory_id is not None]
    campaign = create_campaign(
        by=by, name=name, template=template, territory=territory, sender=own[0] if own else None
    )
    campaign.from_kit, campaign.audience = True, {"type": "everyone"}
    campaign.save(update_fields=["from_kit", "audience"])
    detail = {"territory": territory.pk, "template": template.pk}
    audit.record(action="kit.use", on=campaign, by=by, detail=detail)
    return campaign
