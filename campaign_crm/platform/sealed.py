"""A column whose text stands sealed in the database: a copy of it without the keys tells nothing.

It cannot be searched, sorted or compared: only whether there is a text can be asked.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from campaign_crm.platform.crypto import seal, unseal

ASKED_WITHOUT_OPENING = {"isnull"}


class SealedText(models.TextField):  # type: ignore[type-arg]
    """Free words, sealed with `ENCRYPTION_KEYS` on the way in and opened on the way out."""

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return sealed_text(plain) if plain else plain

    def from_db_value(self, value: str | None, *_parts: Any) -> str | None:
        return str(unseal(value)["text"]) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ASKED_WITHOUT_OPENING:
            raise FieldError(f"{self.name} is sealed: it cannot be searched.")
        return super().get_lookup(lookup_name)


class SealedJSON(SealedText):
    """A list or an object of plain values, sealed the same way."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else sealed_json(value)

    def from_db_value(self, value: str | None, *_parts: Any) -> Any:
        return unseal(value)["json"] if value else None

    def to_python(self, value: Any) -> Any:
        return value


def sealed_json(value: Any) -> str:
    """What the column keeps of a value: for statements that write it without the model."""
    return seal({"json": value})


def sealed_text(plain: str) -> str:
    """What the column keeps for a text: for statements that write it without the model."""
    return seal({"text": plain})
