"""Colours chosen by an organisation, made readable (WCAG 2.1, contrast ratio)."""

from __future__ import annotations

ENOUGH = 4.5  # contrast of normal text, WCAG 2.1 success criterion 1.4.3
STEP = 0.06
WHITE = "#ffffff"
BLACK = "#000000"
Channels = tuple[int, int, int]


def channels(colour: str) -> Channels:
    """Return red, green and blue (0 to 255) of a colour written #rrggbb."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Return the relative luminance (0 to 1), as WCAG 2.1 defines it."""
    parts = []
    for channel in channels(colour):
        share = channel / 255
        parts.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (1 to 21)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """Return the colour with a share (0 to 1) of the other one in it."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable_on(colour: str, background: str) -> str:
    """Return the colour, darkened or lightened just enough to be read as text on a background."""
    end = BLACK if luminance(background) > 0.18 else WHITE
    share = 0.0
    found = colour
    while contrast(found, background) < ENOUGH and share < 1:
        share += STEP
        found = mixed(colour, end, min(share, 1))
    return found


def text_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))
