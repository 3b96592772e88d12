"""One row of a model, whatever it asks: what a page needs to find something under a number."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


def make_row(model: type[models.Model], pk: int, **given: Any) -> models.Model:
    """The row of this number, with what it must have; rows that it refers to have the same number."""
    found = model._base_manager.filter(pk=pk).first()
    if found is not None:
        return found
    values: dict[str, Any] = {}
    for field in model._meta.local_concrete_fields:
        if field.primary_key or field.name in given or not _is_needed(field):
            continue
        values[field.name] = _value(field, pk)
    row = model(pk=pk, **(values | given))
    row.save(force_insert=True)
    return row


def _is_needed(field: models.Field[Any, Any]) -> bool:
    has_own = (
        field.has_default() or getattr(field, "db_default", models.NOT_PROVIDED) is not models.NOT_PROVIDED
    )
    made = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return not (field.null or has_own or made or isinstance(field, models.GeneratedField))


def _value(field: models.Field[Any, Any], pk: int) -> Any:
    if isinstance(field, models.ForeignKey):
        return make_row(field.related_model, pk)
    if field.choices:
        return field.flatchoices[0][0]
    kinds: list[tuple[type[models.Field[Any, Any]], Any]] = [
        (models.DateTimeField, timezone.now()),
        (models.DateField, timezone.localdate()),
        (models.BooleanField, False),
        (models.DecimalField, 1),
        (models.IntegerField, 1),
        (models.JSONField, {}),
        (ArrayField, []),
        (models.BinaryField, b"\x00" * 32),
        (models.UUIDField, uuid.UUID(int=pk)),
        (models.EmailField, f"row{pk}@example.org"),
        (models.SlugField, f"row-{pk}"),
        (models.CharField, "" if field.blank else "x"),
        (models.TextField, "" if field.blank else "x"),
    ]
    return next(value for kind, value in kinds if isinstance(field, kind))
