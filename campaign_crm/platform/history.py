"""The history of changes: one line in a model's Meta has the database keep it, whoever writes and however.

    class Meta:
        triggers = kept_history(person="contact_id", unsaid=("body",))

and `manage.py makemigrations`. django-pgtrigger installs the triggers; what they run is `crm_keep_history`,
which belongs to the owner of the tables (docs/decisions/0007-history.md).
"""

from __future__ import annotations

from collections.abc import Iterable

import pgtrigger
from django.db import models

BEFORE, AFTER = "before_rows", "after_rows"
ALL_COLUMNS = ("*",)


class HistoryTrigger(pgtrigger.Trigger):
    """A statement's trigger that runs our function: not django-pgtrigger's own, which any session may have
    ignored by a setting and which would need the application to be allowed to write the history."""

    level = pgtrigger.Statement
    when = pgtrigger.After
    func = "RETURN NULL;"

    def __init__(
        self, *, arguments: Iterable[str] = (), function: str = "crm_keep_history", **options: object
    ) -> None:
        self.function, self.arguments = function, tuple(arguments)
        super().__init__(**options)  # type: ignore[arg-type]

    def render_execute(self, model: type[models.Model]) -> str:  # type: ignore[override]
        quoted = ", ".join(f"'{one}'" for one in self.arguments)
        return f"{self.function}({quoted})"


def kept_history(
    of: str = "IUD",
    *,
    person: str = "",
    key: tuple[str, ...] = ("id",),
    unseen: tuple[str, ...] = (),
    unsaid: tuple[str, ...] = (),
) -> list[pgtrigger.Trigger]:
    """Triggers that keep the history of a table; all arguments but `of` are names of columns.

    `of`: insertions, updates, deletions; fewer where another register covers the others.
    `person` names whom a row is about: earlier values are sealed under that person's key. `key`: at most two,
    the first of them is the number that the history shows. `unseen`: their change alone is no change
    (counters, moments, what is computed). `unsaid`: only that they changed is kept (secrets, long texts).
    """
    arguments = (person, ",".join(key), ",".join(unseen), ",".join(unsaid))
    old = _tables(old=BEFORE)
    new = _tables(new=AFTER)
    both = _tables(old=BEFORE, new=AFTER)
    triggers = {
        "I": HistoryTrigger(
            name="history_i", operation=pgtrigger.Insert, referencing=new, arguments=arguments
        ),
        "U": HistoryTrigger(
            name="history_u", operation=pgtrigger.Update, referencing=both, arguments=arguments
        ),
        "D": HistoryTrigger(
            name="history_d", operation=pgtrigger.Delete, referencing=old, arguments=arguments
        ),
    }
    return [triggers[one] for one in of]


def keys_go_with_the_person() -> pgtrigger.Trigger:
    """Of the table of people: whoever deletes one makes the earlier values unreadable."""
    return HistoryTrigger(
        name="history_keys",
        operation=pgtrigger.Delete,
        referencing=_tables(old=BEFORE),
        function="crm_forget_history_keys",
    )


def _tables(**names: str) -> pgtrigger.Referencing:
    return pgtrigger.Referencing(**names)  # type: ignore[no-untyped-call]
