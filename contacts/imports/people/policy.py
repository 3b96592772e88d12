"""What an import does to a field that is known already: one of four policies, chosen by group of fields.

Contact points are never replaced: a new address or number is added beside the others. What somebody of the
team wrote by hand gives way to `replace` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Text = str | Promise


class Policy(StrEnum):
    """`NEWER` compares the day the data was collected, or else came in; `BETTER` the ranks of the sources."""

    BLANKS = "blanks"
    NEWER = "newer"
    BETTER = "better"
    REPLACE = "replace"


POLICY_LABELS: dict[Policy, Text] = {
    Policy.BLANKS: _("Fill what is empty"),
    Policy.BETTER: _("Fill what is empty, and prefer the better source"),
    Policy.NEWER: _("Fill what is empty, and prefer the newer value"),
    Policy.REPLACE: _("Replace, even what was typed by hand"),
}
DEFAULT = Policy.BETTER
"""A source that ranks above all others of a person was asked to be worth more; else nothing is replaced."""

# Columns of Contact by the group that is chosen on screen.
GROUPS: dict[str, tuple[str, ...]] = {
    "civility": ("civility",),
    "names": ("first_name", "last_name", "birth_name"),
    "birth": ("birth_date", "birth_year", "birthplace_hash"),
    "gender": ("gender",),
    "language": ("language",),
    "commune": ("commune_id",),
    "extra": ("custom",),
}
GROUP_LABELS: dict[str, Text] = {
    "civility": pgettext_lazy("of a person", "Title"),
    "names": _("Names"),
    "birth": _("Birth date and place"),
    "gender": _("Sex"),
    "language": _("Language"),
    "commune": _("Commune"),
    "extra": _("Extra fields"),
}
_GROUP_OF = {column: group for group, columns in GROUPS.items() for column in columns}
# What the audit of a change by hand calls a column, where it has another name there.
_BY_HAND = {"commune_id": "commune"}
_NOT_TEXT = frozenset({"birth_date", "birth_year", "birthplace_hash", "commune_id"})
# A year alone says less than a day: it is nothing to whoever has one.
_SAYS_LESS = {"birth_year": "kept.birth_date IS NULL AND "}
_MAY_WRITE = {
    Policy.BLANKS: "false",
    Policy.BETTER: "ranking.better AND NOT '{field}' = ANY(by_hand.fields)",
    Policy.NEWER: "ranking.newer AND NOT '{field}' = ANY(by_hand.fields)",
    Policy.REPLACE: "true",
}
# The values of extra fields that take the place of those that are there.
_EXTRA = {
    Policy.BLANKS: "'{}'::jsonb",
    Policy.BETTER: "CASE WHEN ranking.better THEN given.custom - by_hand.extra ELSE '{}' END",
    Policy.NEWER: "CASE WHEN ranking.newer THEN given.custom - by_hand.extra ELSE '{}' END",
    Policy.REPLACE: "given.custom",
}
_MEMBERS = (
    "CASE WHEN %(member)s AND kept.relationship IN ('occasional', 'roll_only') THEN 'member'"
    " ELSE kept.relationship END AS relationship"
)
COLUMNS = (*_GROUP_OF, "relationship")


def wanted_sql(policies: Mapping[str, str]) -> str:
    """The values that each known person would have, as a SELECT list; `policies` are by group."""
    return ", ".join([*(_column(name, policies) for name in _GROUP_OF), _MEMBERS])


def _column(column: str, policies: Mapping[str, str]) -> str:
    policy = Policy(policies.get(_GROUP_OF[column], DEFAULT))
    may_write = _MAY_WRITE[policy].format(field=_BY_HAND.get(column, column))
    if column == "custom":  # one value by one: those that are not given stay, and those of a hand
        return f"given.custom || kept.custom || {_EXTRA[policy]} AS custom"
    is_empty, is_given = (
        (f"kept.{column} IS NULL", f"given.{column} IS NOT NULL")
        if column in _NOT_TEXT
        else (f"kept.{column} = ''", f"given.{column} <> ''")
    )
    less = _SAYS_LESS.get(column, "")
    return (
        f"CASE WHEN {less}({is_empty} OR ({is_given} AND {may_write}))"
        f" THEN given.{column} ELSE kept.{column} END AS {column}"
    )
