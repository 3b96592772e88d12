"""What can be wrong with a message's content, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.errors import MessagingError


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `position` is the place among the blocks, from 1, such as "3" or "3, Left column 1"."""

    message: str
    field: str = ""
    block_id: str = ""
    position: str = ""
    line: int = 0

    @property
    def said(self) -> str:
        """For a screen that shows the field anyway: which block, and what is wrong."""
        if not self.position:
            return f"{self.field} – {self.message}" if self.field else self.message
        return _("Block %(position)s: %(message)s") % {"position": self.position, "message": self.message}

    def __str__(self) -> str:
        where = []
        if self.position:
            where.append(_("block %(position)s") % {"position": self.position})
        if self.field:
            where.append(_("field “%(field)s”") % {"field": self.field})
        if self.line > 1:
            where.append(_("line %(line)s") % {"line": self.line})
        if not where:
            return self.message
        return _("%(where)s: %(message)s") % {"where": ", ".join(where), "message": self.message}


class ContentError(MessagingError):
    """A message that cannot be compiled or rendered; `problems` lists every fault found."""

    permanent = True

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
