"""What makes a row itself, and how a row that was taken without an unreadable value is found again.

Such a row is remembered by what was read of it (`in_part`). Once the value is corrected the row has a digest
of its own; without one of its addresses, numbers or its day of birth it has the remembered one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import md5
from itertools import combinations

from contacts.folding import fold

MOST_MENDED = 4  # values of a row of which several may have been corrected; of more, one


@dataclass(frozen=True)
class Facts:
    """What a row says of who it is: folded names, birth, and its points as they are compared."""

    key: str
    birth_name: str
    born: date | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: Sequence[dict[str, str]]
    birth: Sequence[str]

    def digest(self) -> str:
        """The same whatever the order of columns and values."""
        facts = [
            self.key,
            fold(self.birth_name),
            self.born.isoformat() if self.born else "",
            sorted(self.emails),
            sorted(self.phones),
            sorted(fold(" ".join(address.values())) for address in self.addresses),
            [fold(text) for text in self.birth],
        ]
        return md5(json.dumps(facts).encode(), usedforsecurity=False).hexdigest()

    def in_part(self) -> str:
        """The digest of a row that was taken without something."""
        return md5(f"in part {self.digest()}".encode(), usedforsecurity=False).hexdigest()

    def mended(self) -> Iterator[str]:
        """The digests that this row may have had when it was taken in part."""
        values = [
            *(("emails", value) for value in self.emails),
            *(("phones", value) for value in self.phones),
            *([("born", self.born)] if self.born else []),
        ]
        most = len(values) if len(values) <= MOST_MENDED else 1
        for count in range(1, most + 1):
            for left_out in combinations(values, count):
                yield replace(
                    self,
                    emails=tuple(one for one in self.emails if ("emails", one) not in left_out),
                    phones=tuple(one for one in self.phones if ("phones", one) not in left_out),
                    born=None if ("born", self.born) in left_out else self.born,
                ).in_part()
