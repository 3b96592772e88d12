"""What stands open where a criterion leaves people out: each way with its link, for whoever may go it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.walls import current_scope
from messaging.models import Campaign

if TYPE_CHECKING:
    from messaging.views.audience import Picture


@dataclass(frozen=True)
class Way:
    """One way to reach the others; `links`: (words, address)."""

    text: str
    links: list[tuple[str, str]]


def other_ways(campaign: Campaign, picture: Picture | None, user: User) -> list[Way]:
    """The untargeted send, the local newsletter, the consent round, post, calls and doors."""
    if picture is None or not picture.without_consent:
        return []
    everywhere = current_scope() is None
    letters = [(one.name, reverse("contacts:newsletters")) for one in picture.local_newsletters]
    found = [
        Way(
            _(
                "Write to everyone, with blocks “only for some readers”: nobody is left out, and each place"
                " reads its own news."
            ),
            [(_("Write such blocks"), reverse("messaging:campaign_compose", args=[campaign.pk]))],
        ),
        Way(
            _("Write to a local newsletter that people chose."),
            letters or [(_("Newsletters"), reverse("contacts:newsletters"))],
        ),
        Way(
            _("Ask: one mailing to everyone that offers local newsletters and messages chosen for them."),
            [(_("Prepare a consent round"), reverse("messaging:targeting"))]
            if everywhere and user.has_right(Right.VIEW_COMPLIANCE)
            else [],
        ),
    ]
    return [*found, _by_hand(picture, user, everywhere)]


def _by_hand(picture: Picture, user: User, everywhere: bool) -> Way:
    links = []
    if user.has_right(Right.EXPORT_PEOPLE):
        segment = picture.audience.segment if picture.audience else None
        if segment is not None:
            list_of_people = f"{reverse('contacts:export_new')}?segment={segment.pk}"
            links.append((_("List for doors, calls or letters"), list_of_people))
        if everywhere:
            links.append((_("Letters to electors"), reverse("contacts:electors_letters")))
    text = _("By post, at the door or on the phone: the law of targeted messages does not bear on these.")
    return Way(text, links)
