"""By what two files are known to have the same columns: their folded names, in any order."""

from __future__ import annotations

import hashlib
from collections import Counter

from contacts.imports.rejects import own_columns
from contacts.imports.sketch import folded_header


def keys_of(header: list[str]) -> list[str]:
    """Names of the columns as they are compared; a name that comes again gets its number.

    Rejected rows that come back corrected have two columns of ours at the end, which are nobody's.
    """
    seen: Counter[str] = Counter()
    keys = []
    for name in own_columns(folded_header(header)):
        seen[name] += 1
        keys.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return keys


def signature_of(header: list[str]) -> str:
    """What two files have in common whose columns have the same names, in any order."""
    return hashlib.sha256("\x1f".join(sorted(keys_of(header))).encode()).hexdigest()
