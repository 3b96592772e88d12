"""Who of one home gets a letter together."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple


class Member(NamedTuple):
    """An elector of a home: folded name, person and household in the base, cells of the letter."""

    name: str
    contact: int | None
    household: int | None
    by_hand: bool | None
    cells: Sequence[Any]


def households_of(members: Sequence[Member]) -> list[list[Member]]:
    """Members of one home in groups: of one name, of one household or one and the same person, chained.

    Whose household was put right by hand lives with that household, whatever name they have.
    """
    groups: dict[Hashable, list[Member]] = {}
    for member in members:
        joined: list[Member] = []
        for key in _keys(member):
            group = groups.get(key, joined)
            if group is not joined:
                joined[:0] = group
                for other in group:
                    groups.update(dict.fromkeys(_keys(other), joined))
        joined.append(member)
        groups.update(dict.fromkeys(_keys(member), joined))
    return list({id(group): group for group in groups.values()}.values())


def _keys(member: Member) -> Iterator[Hashable]:
    if member.contact is not None:  # who stands on two lists, under two names maybe
        yield "person", member.contact
    if member.household is not None:
        yield "household", member.household
    if not member.by_hand:
        yield "name", member.name
