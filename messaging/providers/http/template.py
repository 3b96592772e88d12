"""A campaign's text in a provider's own template syntax: what is literal stays literal.

Where the text itself holds something that the provider would read as syntax (`{{`, `%recipient.`), that piece
travels as a value, the same for everybody: values are not read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from messaging.providers.base import OutgoingMessage, SharedContent
from messaging.providers.http.encoding import Members

Parts = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a provider marks a value.

    `placeholder`: what stands for the value of a name (`s0`, `l0`). `special`: pieces of text that the
    provider would read as its syntax. `edge`: characters that would run into a placeholder beside them.
    """

    placeholder: Callable[[str], str]
    special: re.Pattern[str]
    edge: str = ""


class Template:
    """The three texts of a shared content. `literals`: names and values that every message must bring."""

    def __init__(self, shared: SharedContent, syntax: Syntax) -> None:
        self.shared = shared
        self.literals: dict[str, str] = {}
        self._syntax = syntax
        self.subject = self.written(shared.subject)
        self.html = self.written(shared.html)
        self.text = self.written(shared.text)

    def written(self, parts: Parts) -> str:
        """One text, slots and literals as placeholders."""
        tokens = self._cut_edges(self._tokens(parts))
        mark = self._syntax.placeholder
        return "".join(mark(value) if is_name else value for is_name, value in tokens)

    def _tokens(self, parts: Parts) -> list[tuple[bool, str]]:
        tokens: list[tuple[bool, str]] = []
        for part in merged(parts):
            if isinstance(part, int):
                tokens.append((True, slot_name(part)))
                continue
            at = 0
            for found in self._syntax.special.finditer(part):
                tokens += [(False, part[at : found.start()]), (True, self._literal(found[0]))]
                at = found.end()
            tokens.append((False, part[at:]))
        return [token for token in tokens if token[1]]

    def _cut_edges(self, tokens: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
        edge = self._syntax.edge
        if not edge:
            return tokens
        found: list[tuple[bool, str]] = []
        for number, (is_name, value) in enumerate(tokens):
            if is_name:
                found.append((True, value))
                continue
            after = value.lstrip(edge) if number else value
            head = value[: len(value) - len(after)]
            body = after.rstrip(edge) if number + 1 < len(tokens) else after
            tail = after[len(body) :]
            found += [(True, self._literal(piece)) for piece in [head] if piece]
            found += [(False, body)] if body else []
            found += [(True, self._literal(piece)) for piece in [tail] if piece]
        return found

    def _literal(self, text: str) -> str:
        for name, known in self.literals.items():
            if known == text:
                return name
        name = f"l{len(self.literals)}"
        self.literals[name] = text
        return name


def slot_name(number: int) -> str:
    return f"s{number}"


def slots_in(shared: SharedContent) -> list[int]:
    """Numbers of the slots that the texts use, in order."""
    parts = (*shared.subject, *shared.html, *shared.text)
    return sorted({part for part in parts if isinstance(part, int)})


class SlotValues:
    """A recipient's values as a JSON object: those of the slots, then the same literals for everybody.

    `name`: how the provider calls a slot or literal.
    """

    __slots__ = ("_literals", "_members", "_slots")

    def __init__(
        self, shared: SharedContent, literals: Mapping[str, str], name: Callable[[str], str] = str
    ) -> None:
        self._slots = slots_in(shared)
        self._literals = list(literals.values())
        names = [*map(slot_name, self._slots), *literals]
        self._members = Members([name(own) for own in names])

    def __bool__(self) -> bool:
        return bool(self._slots or self._literals)

    def json(self, message: OutgoingMessage) -> str:
        slots = message.slots
        return self._members.json([slots[number] for number in self._slots] + self._literals)


def inlined(shared: SharedContent, values: Mapping[int, str]) -> SharedContent:
    """The same content with some slots as plain text, for messages that share their values."""

    def filled(parts: Parts) -> tuple[str | int, ...]:
        return tuple(merged(values.get(part, part) if isinstance(part, int) else part for part in parts))

    return replace(shared, subject=filled(shared.subject), html=filled(shared.html), text=filled(shared.text))


def joined(parts: Parts, slots: Sequence[str]) -> str:
    """The whole text of one message."""
    return "".join([slots[part] if isinstance(part, int) else part for part in parts])


def merged(parts: object) -> list[str | int]:
    """Neighbouring texts as one, so that syntax cannot hide across two of them."""
    found: list[str | int] = []
    for part in parts:  # type: ignore[attr-defined]
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found
