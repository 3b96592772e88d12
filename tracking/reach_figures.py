"""How many people can be reached, by channel: counted by a tick, and remembered with its moment.

The count reads every row of Reach that is open: no page of a large base waits for it. A small base is counted
at once, so that whoever has just imported sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from contacts.enums import Channel
from contacts.models import Reach
from tracking.models import Figures

NAME = "reach"


@dataclass(frozen=True)
class ReachFigures:
    """People by channel, empty until a first count. `counted_at` is None for what is counted now."""

    by_channel: dict[Channel, int]
    counted_at: datetime | None = None


def reach_figures(*, small_base: bool) -> ReachFigures:
    """The figures to show: counted now in a small base, else as they were counted last."""
    if small_base:
        return ReachFigures(_by_channel(_count()))
    kept = Figures.objects.filter(pk=NAME).first()
    return ReachFigures(_by_channel(kept.numbers), kept.counted_at) if kept else ReachFigures({})


def count_reach() -> None:
    """Count anew and remember it."""
    Figures.objects.update_or_create(name=NAME, defaults={"numbers": _count(), "counted_at": timezone.now()})


def _count() -> dict[str, int]:
    rows = Reach.objects.open_on(timezone.localdate()).values_list("channel").annotate(Count("contact_id"))
    return dict(rows)


def _by_channel(numbers: dict[str, int]) -> dict[Channel, int]:
    return {channel: numbers.get(channel.value, 0) for channel in Channel}
