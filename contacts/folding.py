"""The Python twin of the SQL function `fold(text)`.

Folding makes two spellings of a name comparable: lower case, no accents, ligatures opened, punctuation as
one space. Letters of other scripts stay as they are. The map is explicit, so that the result is the same on
every locale and version; a property test holds the twins equal.
"""

from __future__ import annotations

LETTERS = {
    "a": "àáâãäåāăąÀÁÂÃÄÅĀĂĄ",
    "c": "çćĉċčÇĆĈĊČ",
    "d": "ďđðĎĐÐ",
    "e": "èéêëēĕėęěÈÉÊËĒĔĖĘĚ",
    "g": "ĝğġģĜĞĠĢ",
    "h": "ĥħĤĦ",
    "i": "ìíîïĩīĭįıÌÍÎÏĨĪĬĮİ",
    "j": "ĵĴ",
    "k": "ķĶ",
    "l": "ĺļľŀłĹĻĽĿŁ",
    "n": "ñńņňÑŃŅŇ",
    "o": "òóôõöøōŏőÒÓÔÕÖØŌŎŐ",
    "r": "ŕŗřŔŖŘ",
    "s": "śŝşšșŚŜŞŠȘ",
    "t": "ţťŧțŢŤŦȚ",
    "u": "ùúûüũūŭůűųÙÚÛÜŨŪŬŮŰŲ",
    "w": "ŵŴ",
    "y": "ýÿŷÝŸŶ",
    "z": "źżžŹŻŽ",
}
LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ẞ": "ss"}
COMBINING = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328"
ASCII_SEPARATORS = "-'.,;:/_()\"!?&+*#\t\r\n\\`@[]{}|<>=~^%$"
OTHER_SEPARATORS = "’‘ʼ´«»“”–—…·°\u00a0\u202f\u2009"

_MAP: dict[int, str | None] = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_MAP |= {ord(accented): base for base, group in LETTERS.items() for accented in group}
_MAP |= {ord(ligature): opened for ligature, opened in LIGATURES.items()}
_MAP |= {ord(mark): None for mark in COMBINING}
_MAP |= {ord(mark): " " for mark in ASCII_SEPARATORS + OTHER_SEPARATORS}


def fold(value: str) -> str:
    """`"Éric D'Ÿs-Œuvre"` → `"eric d ys oeuvre"`."""
    return " ".join(word for word in value.translate(_MAP).split(" ") if word)
