"""Who looks at which pair: reviewers who work at once are shown different ones."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.cache import cache

HELD_SECONDS = 180
LOOKED_AT = 60  # pairs at the head of the queue: more than there are reviewers


def take_turn(pairs: Sequence[int], *, by: int) -> int | None:
    """The first of these pairs that no other reviewer has before them; it is theirs for some minutes.

    When others have them all, the first one: whoever answers second is told.
    """
    keys = {_key(pair): pair for pair in pairs}
    holders = cache.get_many(list(keys))
    for key, pair in keys.items():
        if holders.get(key, by) == by and (cache.add(key, by, HELD_SECONDS) or cache.get(key) == by):
            return pair
    return pairs[0] if pairs else None


def hold(pair: int, *, by: int) -> None:
    """Say that a reviewer has this very pair before them."""
    cache.set(_key(pair), by, HELD_SECONDS)


def _key(pair: int) -> str:
    return f"duplicate-pair:{pair}"
