"""What may be changed in a mailing of one territory: the words of its open blocks, and a sender of its own.

The mailing itself holds its locked blocks, as the kit had them on the day: a kit edited or deleted since
changes nothing of it, and nothing that is sent with a request does either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from messaging.errors import NotAllowed
from messaging.models import Campaign
from messaging.services.variants import BlockIsLocked, cleaned, senders_for, stand_in

Fields = TypeVar("Fields", bound=Mapping[str, Any])


def keep_to_territory(campaign: Campaign, fields: Fields) -> Fields:
    """The fields of an edit as they may be saved; raises BlockIsLocked, NotAllowed or ContentError."""
    kept: dict[str, Any] = dict(fields)
    sender = kept.get("sender")
    if sender is not None and sender.pk != campaign.sender_id and sender not in senders_for(_place(campaign)):
        raise NotAllowed(
            _("This sender belongs to another territory, or is no longer in use: choose another.")
        )
    if campaign.from_kit and "blocks" in kept:
        kept["blocks"] = _filled_in(campaign.blocks, kept["blocks"])
    return kept  # type: ignore[return-value]


def _filled_in(kit: list[Any], given: Any) -> list[Any]:
    """The kit with the words given for its open blocks."""
    blocks = given if isinstance(given, list) else []
    ids = [block.get("id") if isinstance(block, Mapping) else None for block in blocks]
    if ids != [block["id"] for block in kit]:
        raise BlockIsLocked(_("The blocks of a local kit stay, in their order: none is added or taken away."))
    return [_one(own, block) for own, block in zip(kit, given, strict=True)]


def _one(own: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    if own.get("open"):
        return stand_in(own, given)
    if cleaned(given) != cleaned(own):  # a kit saved by an older version may lack a default or two
        raise BlockIsLocked(
            _("“%(block)s” is locked: this block of the kit is the same everywhere.") % {"block": own["id"]}
        )
    return own


def _place(campaign: Campaign) -> Any:
    if campaign.territory is None:
        raise AssertionError(f"Campaign {campaign.pk} has no territory.")
    return campaign.territory
