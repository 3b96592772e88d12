"""Keeping pieces of final HTML away from the MJML compiler and the CSS inliner.

Both parse and rewrite HTML, and MRML escapes attribute values for a debugger rather than for HTML (a
combining accent becomes `\\u{301}`). A mask is an ASCII word that both leave alone; the pieces come back at
the end.
"""

from __future__ import annotations

import hashlib
import re

from messaging.content.richtext import escape_around_liquid


class Masks:
    """`seed` makes the words unguessable for the author of the text, and the same at each compilation."""

    def __init__(self, seed: str) -> None:
        self._prefix = "mask" + hashlib.sha256(seed.encode()).hexdigest()[:16]
        self._pattern = re.compile(self._prefix + r"n(\d+)e")
        self._pieces: list[str] = []

    def hide(self, fragment: str) -> str:
        """A word in the place of some final HTML or Liquid."""
        self._pieces.append(fragment)
        return f"{self._prefix}n{len(self._pieces) - 1}e"

    def text(self, value: str) -> str:
        """A word in the place of text that may hold Liquid: escaped, its Liquid kept."""
        return self.hide(escape_around_liquid(value))

    def show(self, html: str) -> str:
        """The HTML with every piece back in its place."""
        return self._pattern.sub(lambda found: self._pieces[int(found[1])], html)
