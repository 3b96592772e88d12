"""Batches cut to what one call may hold: messages, bytes, and each address once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.providers.base import OutgoingMessage, SharedContent
from messaging.providers.http.template import inlined, slots_in

LARGE_VALUE = 1_000
"""Characters: a longer value is most often a conditional block, and many readers share it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call of a provider may hold. `message_bytes`: one message's own part, its values above all."""

    messages: int
    call_bytes: int
    message_bytes: int


@dataclass(frozen=True, slots=True)
class Group:
    """Messages of a batch that share the same content; `indexes` are theirs in the batch."""

    shared: SharedContent
    indexes: list[int]


@dataclass(frozen=True, slots=True)
class Call:
    """One call's worth: parallel lists."""

    group: Group
    indexes: list[int]
    fragments: list[bytes]
    tries: int = 0

    def halves(self) -> tuple[Call, Call]:
        middle = len(self.indexes) // 2
        return self.part(range(middle)), self.part(range(middle, len(self.indexes)))

    def part(self, places: Sequence[int]) -> Call:
        indexes = [self.indexes[place] for place in places]
        return Call(self.group, indexes, [self.fragments[place] for place in places], self.tries)


def groups(messages: Sequence[OutgoingMessage], shared: SharedContent, most_bytes: int) -> list[Group]:
    """Messages by the content they can share.

    Values are sent once a message, and providers bound them; blocks for some readers only are long and the
    same for many: messages that agree on their long values form a group in which these are plain text. A
    message whose values are still too many is a group of its own, without any value.
    """
    slots = slots_in(shared)
    large = [n for n in slots if any(len(message.slots[n]) > LARGE_VALUE for message in messages)]
    small = [n for n in slots if n not in large]
    found: dict[tuple[str, ...], list[int]] = {}
    alone: list[Group] = []
    for index, message in enumerate(messages):
        # Up to four bytes a character: exact counting is left to where it may matter.
        size = sum(len(message.slots[n]) for n in small) * 4
        if size > most_bytes and sum(len(message.slots[n].encode()) for n in small) > most_bytes // 2:
            alone.append(Group(inlined(shared, {n: message.slots[n] for n in slots}), [index]))
        else:
            found.setdefault(tuple(message.slots[n] for n in large), []).append(index)
    if not large:
        return [Group(shared, indexes) for indexes in found.values()] + alone
    return [
        Group(inlined(shared, dict(zip(large, values, strict=True))), indexes)
        for values, indexes in found.items()
    ] + alone


def cut(
    group: Group, messages: Sequence[OutgoingMessage], fragments: Sequence[bytes], limits: Limits, fixed: int
) -> list[Call]:
    """Calls of a group within the limits. `fragments` are the messages' own bytes; `fixed`: those of a call.

    An address comes once a call: Mailgun keys its values by it, and SendGrid refuses a second one.
    """
    calls: list[Call] = []
    waiting = list(zip(group.indexes, fragments, strict=True))
    while waiting:
        call, size, seen = Call(group, [], []), fixed, set()
        later: list[tuple[int, bytes]] = []
        for place, (index, fragment) in enumerate(waiting):
            address = messages[index].recipient.lower()
            if address in seen:
                later.append((index, fragment))
                continue
            if call.indexes and (
                len(call.indexes) >= limits.messages or size + len(fragment) + 1 > limits.call_bytes
            ):
                later += waiting[place:]
                break
            call.indexes.append(index)
            call.fragments.append(fragment)
            size += len(fragment) + 1
            seen.add(address)
        calls.append(call)
        waiting = later
    return calls
