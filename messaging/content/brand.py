"""The look of an organisation's messages, and the identity that their footer shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
INK, PAPER = "#1f2933", "#ffffff"


@dataclass(frozen=True, slots=True)
class Brand:
    """Colours are `#rrggbb`; `logo_url` and `privacy_url` are whole addresses or empty.

    `address` is the postal address, lines separated by line feeds. `font`: fonts that every reader has; none
    is ever downloaded.
    """

    name: str
    address: str
    legal_name: str = ""
    primary_colour: str = "#1d4ed8"
    text_colour: str = INK
    background_colour: str = "#f3f4f6"
    logo_url: str = ""
    privacy_url: str = ""
    font: str = "Arial, Helvetica, sans-serif"

    def __post_init__(self) -> None:
        for name in ("primary_colour", "text_colour", "background_colour"):
            if not _COLOUR.fullmatch(getattr(self, name)):
                raise ValueError(f"{name}: write a colour as # and six hexadecimal digits.")

    @property
    def on_primary(self) -> str:
        """Black or white, whichever reads better on the main colour (WCAG 2.1 contrast)."""
        luminance = relative_luminance(self.primary_colour)
        on_white, on_ink = 1.05 / (luminance + 0.05), (luminance + 0.05) / (relative_luminance(INK) + 0.05)
        return PAPER if on_white >= on_ink else INK

    @property
    def link_colour(self) -> str:
        """The main colour, where it reads on white (WCAG 2.1 AA, 4.5:1); else the text's."""
        readable = 1.05 / (relative_luminance(self.primary_colour) + 0.05) >= 4.5
        return self.primary_colour if readable else self.text_colour


def relative_luminance(colour: str) -> float:
    """WCAG 2.1 relative luminance of `#rrggbb`, 0 (black) to 1 (white)."""

    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(colour[place : place + 2]) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
