"""Batches cut to what one call may hold: messages, bytes, and each address once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from messaging.providers.base import OutgoingMessage, SharedContent
from messaging.providers.http.template import inlined, slots_in

LARGE_VALUE = 1_000
"""Characters: a longer value is most often a conditional block, and many readers share it."""

READERS_A_VALUE = 4
"""On average, for a long value to be worth calls of its own."""

VALUE_OVERHEAD = 30  # bytes that a value's name and marks take


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
    """One call's worth: parallel lists. `handed`: the intent to make it is committed; `suspect`: it was
    refused with others, for something that one of them may have."""

    group: Group
    indexes: list[int]
    fragments: list[bytes]
    tries: int = 0
    handed: bool = False
    suspect: bool = False

    def halves(self) -> tuple[Call, Call]:
        middle = len(self.indexes) // 2
        return self.part(range(middle)), self.part(range(middle, len(self.indexes)))

    def part(self, places: Sequence[int]) -> Call:
        indexes = [self.indexes[place] for place in places]
        return replace(self, indexes=indexes, fragments=[self.fragments[place] for place in places])


def groups(messages: Sequence[OutgoingMessage], shared: SharedContent, most_bytes: int) -> list[Group]:
    """Messages by the content they can share; `most_bytes`: what the values of one message may come to.

    Values are sent once a message. Blocks for some readers only are long and the same for many: messages that
    agree on such values form a group, in which these are plain text. A message whose values are still too
    many is a group of its own, without any value.
    """
    if not messages:
        return []
    slots = slots_in(shared)
    columns = list(zip(*[message.slots for message in messages], strict=True))
    longest = {number: max(map(len, columns[number])) for number in slots}
    large = [
        number
        for number in slots
        if longest[number] > LARGE_VALUE and len(set(columns[number])) * READERS_A_VALUE <= len(messages)
    ]
    if not large and 4 * sum(longest.values()) + VALUE_OVERHEAD * len(slots) <= most_bytes:
        return [Group(shared, list(range(len(messages))))]  # the usual case, seen without asking each
    small = [number for number in slots if number not in large]
    found: dict[tuple[str, ...], list[int]] = {}
    alone: list[Group] = []
    for index, message in enumerate(messages):
        if _too_many([message.slots[number] for number in small], most_bytes):
            alone.append(Group(inlined(shared, {number: message.slots[number] for number in slots}), [index]))
        else:
            found.setdefault(tuple([message.slots[number] for number in large]), []).append(index)
    if not large:
        return [Group(shared, indexes) for indexes in found.values()] + alone
    return [
        Group(inlined(shared, dict(zip(large, values, strict=True))), indexes)
        for values, indexes in found.items()
    ] + alone


def _too_many(values: Sequence[str], most_bytes: int) -> bool:
    """Names and marks of the values count too; a character takes four bytes at most."""
    names = VALUE_OVERHEAD * len(values)
    if 4 * sum(map(len, values)) + names <= most_bytes:
        return False
    return sum(len(value.encode()) for value in values) + names > most_bytes


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
