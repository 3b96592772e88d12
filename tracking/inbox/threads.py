"""Which messages belong together: those of one person (or address) with the same subject."""

from __future__ import annotations

import re

from contacts.folding import fold

_MARK = re.compile(
    r"^\s*(?:(?:re|rép|rep|réf|ref|tr|fw|fwd|aw|wg|sv)\s*(?:\[\d+\])?\s*:|\[[^\]]{1,40}\])\s*", re.IGNORECASE
)
LONGEST = 300


def thread_of(subject: str) -> str:
    """The subject without what mail programs put before it, folded."""
    before = None
    while before != subject:
        before, subject = subject, _MARK.sub("", subject, count=1)
    return fold(subject)[:LONGEST]


def answer_subject(subject: str) -> str:
    """The subject of an answer: "Re:" once."""
    plain = subject
    while (found := _MARK.match(plain)) is not None and not plain.lstrip().startswith("["):
        plain = plain[found.end() :]
    return f"Re: {plain}".strip()[:200]
