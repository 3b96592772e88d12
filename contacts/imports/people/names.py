"""Names as address books write them: one column or several, either order, any case."""

from __future__ import annotations

from contacts.folding import fold

PARTICLES = frozenset("de du des d la le les van von der den da dos el al ben di del".split())


def split_name(full: str) -> tuple[str, str]:
    """Return (first name, last name) of a whole name in one column.

    "DUPONT Jean" and "Jean DUPONT" by their capitals, "Dupont, Jean" by its comma, "Jean de la Tour" by its
    particle; else the last word is the last name. One word alone is a first name.
    """
    last, comma, first = (part.strip() for part in full.partition(","))
    if comma and last and first:
        return first, last
    words = full.replace(",", " ").split()
    if len(words) < 2:
        return full.strip(" ,"), ""
    capitals = [word.isupper() and len(word) > 1 for word in words]
    if any(capitals) and not all(capitals):
        return (
            " ".join(word for word, is_capital in zip(words, capitals, strict=True) if not is_capital),
            " ".join(word for word, is_capital in zip(words, capitals, strict=True) if is_capital),
        )
    start = next(
        (i for i, word in enumerate(words[1:], 1) if fold(word.rstrip("'’")) in PARTICLES), len(words) - 1
    )
    return " ".join(words[:start]), " ".join(words[start:])


def name_key(first: str, last: str) -> str:
    """Return the words of a name, folded and sorted: the same for swapped columns and for one column."""
    return " ".join(sorted(fold(f"{last} {first}").split()))
