"""Files that go with a service message: made when it leaves, so that they say what holds then.

A delivery names them in its context ("rsvp:42"); the app above that knows what this is registers how they
are made, many at a time.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ATTACHED = "attached"  # in the context of a delivery


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file; `media_type` with its parameters. `name` is plain ASCII."""

    name: str
    media_type: str
    content: bytes

    def part(self) -> bytes:
        """As a part of a MIME message: headers, an empty line, base64 with CRLF."""
        head = (
            f'Content-Type: {self.media_type}; name="{self.name}"\r\n'
            f'Content-Disposition: attachment; filename="{self.name}"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        return head.encode("ascii") + base64.encodebytes(self.content).replace(b"\n", b"\r\n")


Maker = Callable[[list[int]], dict[int, list[Attachment]]]
_makers: dict[str, Maker] = {}


def register_attachments(kind: str, maker: Maker) -> None:
    """`maker`: (numbers of things of this kind) → their files; things that are gone have none."""
    if _makers.get(kind, maker) != maker:
        raise ValueError(f"Attachments of {kind!r} are registered already.")
    _makers[kind] = maker


def attachments_of(names: Iterable[str]) -> dict[str, Sequence[Attachment]]:
    """The files of each name, such as "rsvp:42"."""
    numbers: dict[str, list[int]] = {}
    for name in names:
        kind, _colon, number = name.partition(":")
        numbers.setdefault(kind, []).append(int(number))
    return {
        f"{kind}:{number}": files
        for kind, wanted in numbers.items()
        if kind in _makers
        for number, files in _makers[kind](wanted).items()
    }
