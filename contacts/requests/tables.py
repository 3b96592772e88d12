"""Where people stand in the database: read from the models' `personal_data`, so that no table is forgotten.

A table with a relation to Contact is found by it. One that keeps something about people without such a
relation says how its rows are found, or why nothing has to be done (`registry.rows_elsewhere`); a test fails
on a table that does neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from campaign_crm.platform.personal_data import Treatment
from campaign_crm.platform.sealed import SealedText
from contacts.models import Contact

OURS = ("platform", "contacts", "messaging", "tracking")
# Two random identifiers are 32 bytes: what replaces a hash is no longer anybody's, and stays unique.
RANDOM_BYTES = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"


@dataclass(frozen=True)
class PersonTable:
    """One table and the relation by which its rows are a person's."""

    model: type[models.Model]
    relation: models.Field[Any, Any]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def goes(self) -> bool:
        """True when rows go; else they stay for the counts, without what tells who it was."""
        has_more = any(treatment == Treatment.ERASE for treatment in treatments(self.model).values())
        return has_more or (not self.relation.null and bool(getattr(self.relation, "db_constraint", True)))


def treatments(model: type[models.Model]) -> dict[str, Treatment]:
    """What erasure does with each field of a model."""
    return getattr(model, "personal_data", {})


def our_models() -> Iterator[type[models.Model]]:
    for label in OURS:
        yield from apps.get_app_config(label).get_models()


def person_tables() -> list[PersonTable]:
    """Every relation to a person, tables that point to others first: rows go in this order."""
    found = [
        PersonTable(model, field)
        for model in our_models()
        for field in model._meta.local_fields
        if field.related_model is Contact
    ]
    return sorted(found, key=lambda table: (-_depth(table.model, ()), table.name, table.relation.name))


def holds_personal_data(model: type[models.Model]) -> bool:
    return any(treatment != Treatment.KEEP for treatment in treatments(model).values())


def emptied(table: PersonTable) -> dict[str, str]:
    """SQL of what each scrubbed column holds afterwards; of the relation too, where it may be empty."""
    values = {
        field.column: _empty(field)
        for field in table.model._meta.local_concrete_fields
        if treatments(table.model).get(field.name) == Treatment.SCRUB
    }
    return values | ({table.relation.column: "NULL"} if table.relation.null else {})


def _empty(field: models.Field[Any, Any]) -> str:
    if field.null:
        return "NULL"
    if isinstance(field, models.JSONField):
        return "'{}'"
    if isinstance(field, models.BinaryField):
        return RANDOM_BYTES
    if isinstance(field, models.CharField | models.TextField | SealedText):
        return "''"
    raise TypeError(f"{field} cannot be emptied: let it be null, or say another treatment.")


def _depth(model: type[models.Model], seen: tuple[type[models.Model], ...]) -> int:
    """How long the way by foreign keys is from a table to the end; cycles count once."""
    if model in seen:
        return 0
    targets = {
        field.related_model
        for field in model._meta.local_fields
        if field.is_relation and isinstance(field.related_model, type)
    }
    return 1 + max((_depth(target, (*seen, model)) for target in targets if target is not Contact), default=0)
