"""The versions of a mailing by their names: to look at, to test, and beside each recipient."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from messaging.models import Campaign
from messaging.models.experiment import UNDECIDED
from messaging.services.experiment_sides import letter_of


class VersionChoice(NamedTuple):
    """One version of a mailing. `number` 0: the mailing itself; `preview`: the address of its message."""

    number: int
    name: str
    preview: str


def version_choices(campaign: Campaign) -> list[VersionChoice]:
    """What a reader of a mailing may get, the mailing itself first; empty when it has no versions."""
    variants = list(campaign.variants.sent().defer("compiled", "blocks", "replaced"))
    if not variants:
        return []
    tested = variants[0].territory_id is None  # a mailing has one kind or the other
    first = version_name(letter_of(0)) if tested else _("National message")
    found = [VersionChoice(0, first, reverse("messaging:campaign_preview", args=[campaign.pk]))]
    for variant in variants:
        if tested:
            name, page, key = version_name(letter_of(variant.number)), "variant_preview", variant.number
        else:
            name, page, key = variant.label, "version_preview", variant.territory_id or 0
        address = reverse(f"messaging:{page}", args=[campaign.pk, key])
        found.append(VersionChoice(variant.number, name, address))
    return found


def version_names(campaign: Campaign) -> dict[int, str]:
    """What each recipient's number of a version is called; empty when the mailing has no versions."""
    names = {choice.number: choice.name for choice in version_choices(campaign)}
    return names | {UNDECIDED: _("Waits for the result")} if names else {}


def version_name(letter: str) -> str:
    """What the version of this letter is called."""
    return _("Version %(version)s") % {"version": letter}
