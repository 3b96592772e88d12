"""French typography of translations: what a French reader would notice.

Rules of the Lexique des règles typographiques en usage à l'Imprimerie nationale: a curly apostrophe,
guillemets with no-break spaces, a no-break space before high punctuation.
"""

import re

NO_BREAK = "\u00a0\u202f"  # no-break space, narrow no-break space
HIGH_PUNCTUATION = ":;!?»"

# Parts that are code, not prose: placeholders, tags, entities, addresses, quoted code, times.
_CODE = re.compile(
    r"%\(\w+\)[sdif]|%[sdif%]|\{\{.*?\}\}|\{%.*?%\}|\{\w*(?::[^}]*)?\}|<[^>]*>|&#?\w+;"
    r"|https?://\S+|mailto:\S*|`[^`]*`|\b\d{1,2}:\d{2}(?::\d{2})?\b",
    re.DOTALL,
)
_STRAIGHT_APOSTROPHE = re.compile(r"\w'\w|\w' ?\x00")


def faults(text: str) -> list[str]:
    """Return one sentence for each typographic fault of a French text; empty when there is none.

    Shape: plain text or a gettext ``msgstr``, where placeholders, HTML and code are left alone.
    """
    prose = _CODE.sub(lambda match: "\x00" if match.group() == "%%" or match.group()[0] != "<" else "", text)
    found = []
    if _STRAIGHT_APOSTROPHE.search(prose):
        found.append("straight apostrophe: write ’")
    if '"' in prose:
        found.append("straight quotation mark: write « … »")
    for index, character in enumerate(prose):
        if character == "«" and prose[index + 1 : index + 2] not in (*NO_BREAK,):
            found.append("« needs a no-break space after it")
        if character in HIGH_PUNCTUATION and _needs_space(prose, index):
            found.append(f"“{character}” needs a no-break space before it")
    return sorted(set(found))


def _needs_space(prose: str, index: int) -> bool:
    """Tell whether high punctuation at this place follows a word without its no-break space."""
    before = prose[index - 1 : index]
    after = prose[index + 1 : index + 2]
    if after and (after.isalnum() or after in "/=&_-"):
        return False  # inside code or an address: key:value, ?page=2
    if not before or before == "\n":
        return False
    return before not in NO_BREAK and before not in "!?(["
