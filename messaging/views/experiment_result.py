"""What a mailing's page says of its test: how it stands, its figures, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from campaign_crm.platform.caching import remembered
from messaging.enums import CampaignState
from messaging.experiments.figures import VersionFigures, count_versions_so_far
from messaging.experiments.verdict import verdict_of
from messaging.experiments.words import in_words
from messaging.models import Campaign, Experiment
from messaging.models.experiment import Outcome
from messaging.services.experiment_sides import Side, letter_of, sides_of

KEPT_SECONDS = 15
UNDER_WAY = (CampaignState.SENDING, CampaignState.PAUSED)


@dataclass(frozen=True)
class Row:
    """One version with what it did. `is_best`: it won; `leaves`: the others get it."""

    letter: str
    number: int
    subject: str
    differences: list[str]
    figures: VersionFigures
    is_best: bool
    leaves: bool


@dataclass(frozen=True)
class Result:
    """`found`: what the one look found, in words; empty before it. `look_at`: when it is, once that is known.

    `may_be_chosen`: the others wait, and a person may say what they get.
    """

    rows: list[Row]
    found: str
    look_at: datetime | None
    may_be_chosen: bool


def result_of(campaign: Campaign, test: Experiment) -> Result:
    """The test of a mailing that leaves or has left."""
    waits = test.looked_at is None and test.sample_sent_at is not None
    return Result(
        rows=_rows(campaign, test),
        found=_found(test),
        look_at=test.sample_sent_at + timedelta(hours=test.wait_hours) if waits else None,  # type: ignore[operator]
        may_be_chosen=test.is_open and test.has_others and campaign.state in UNDER_WAY,
    )


def _rows(campaign: Campaign, test: Experiment) -> list[Row]:
    kept = test.figures if test.looked_at is not None else _so_far(campaign, test)
    counted = {figures["number"]: VersionFigures(**figures) for figures in kept}
    winner = _winner(test)
    return [
        Row(
            letter=side.letter,
            number=side.number,
            subject=side.words.subject,
            differences=differences,
            figures=counted.get(side.number, VersionFigures(side.number, 0, 0, 0, 0, 0)),
            is_best=side.number == winner,
            leaves=test.has_others and side.number == test.chosen,
        )
        for side, differences in sides_shown(campaign)
    ]


def _so_far(campaign: Campaign, test: Experiment) -> list[dict[str, int]]:
    """As they are now, some seconds old: nothing is decided by them."""
    return remembered(
        f"test-so-far-{campaign.pk}",
        seconds=KEPT_SECONDS,
        compute=lambda: [one.as_json() for one in count_versions_so_far(campaign, test)],
    )


def _winner(test: Experiment) -> int | None:
    looked = test.outcome in (Outcome.WINNER, Outcome.NONE, Outcome.WITHHELD)
    return verdict_of(test).winner if looked and test.figures else None


def _found(test: Experiment) -> str:
    if test.looked_at is None:
        return ""
    if test.outcome == Outcome.TOO_LATE:
        return _("The mailing may no longer be sent: the others do not get it.")
    if test.outcome == Outcome.PERSON:
        said = _("Somebody chose version %(version)s before the result was looked at.")
        return said % {"version": letter_of(test.chosen or 0)}
    return in_words(test, verdict_of(test))


def sides_shown(campaign: Campaign) -> list[tuple[Side, list[str]]]:
    """Every version with what it says otherwise than A, in words."""
    sides = sides_of(campaign)
    return [(side, _differences(side, sides[0])) for side in sides]


def _differences(side: Side, first: Side) -> list[str]:
    """What a version says otherwise than A, in words."""
    words, others = side.words, first.words
    told = [
        (_("Subject"), words.subject.strip() != others.subject.strip()),
        (_("Preview text"), words.preview_text.strip() != others.preview_text.strip()),
        (_("Sender"), side.sender != first.sender),
        (_("Content"), words.blocks != others.blocks),
    ]
    return [name for name, differs in told if differs]
