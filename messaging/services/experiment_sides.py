"""The versions of a test side by side, as their author reads them: A is the mailing itself."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

from messaging.models import Campaign, CampaignVariant, Experiment, SenderIdentity
from messaging.services.compiling import Words, words_of_variant

MOST_SIDES = 8
"""Versions of a test, A included: more would share so few recipients that nothing could be told."""


@dataclass(frozen=True)
class Side:
    """One version: `variant` is None for A. `words` and `sender` as readers see them."""

    number: int
    letter: str
    variant: CampaignVariant | None
    words: Words
    sender: SenderIdentity | None

    @property
    def differs_by(self) -> tuple[Words, int | None]:
        """What two versions are compared by."""
        words = Words(self.words.blocks, self.words.subject.strip(), self.words.preview_text.strip())
        return words, self.sender.pk if self.sender else None


def letter_of(number: int) -> str:
    """What a version is called on screen: A, B, C…"""
    return ascii_uppercase[number]


def test_of(campaign: Campaign) -> Experiment | None:
    """The test of a mailing; None when it tests nothing."""
    return Experiment.objects.filter(campaign=campaign).select_related("decided_by", "updated_by").first()


def sides_of(campaign: Campaign) -> list[Side]:
    """Its versions, A first. A removed letter is free again, and the others keep theirs."""
    first = Words(campaign.blocks, campaign.subject, campaign.preview_text)
    sides = [Side(0, letter_of(0), None, first, campaign.sender)]
    tested = campaign.variants.tested().select_related("sender__provider_account")
    for variant in tested.defer("compiled").order_by("number"):
        words = words_of_variant(campaign, variant)
        sender = variant.sender or campaign.sender
        sides.append(Side(variant.number, letter_of(variant.number), variant, words, sender))
    return sides
