"""What a later file said too, so that it is that file's once the one that brought it is undone."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


def mark_of(value: Any) -> str:
    """A mark of a value as `what` has it; SQL makes the same of the text of a JSON value."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]


class ImportConfirmation(models.Model):
    """What files of a source say of a person and the base knew already, from an earlier import.

    `what`: "person", "email:12", "phone:12", "postal:12", "tag:12", "list:12" (ids of the rows that are
    there), "agrees:sms", "refuses:sms" (with ":undated" where the file has no day), "extra:key:5c0e1d22" and
    "field:birth_date:5c0e1d22", a mark of the value (`mark_of`) at the end.

    One row a person and source for all files that say the very same; `said` is a digest of `what`. `runs` are
    these files' imports, the newest ones, and `days` the day of each: the latest on which what they say was
    collected, else the moment it came in.
    """

    pk = models.CompositePrimaryKey("contact_id", "source_id", "said")
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="confirmations",
        db_index=False,  # the primary key begins with it
    )
    source = models.ForeignKey("contacts.Source", on_delete=models.PROTECT, related_name="+", db_index=False)
    said = models.UUIDField()
    what = ArrayField(models.TextField())
    # Without an index a recurring file updates the row in place.
    runs = ArrayField(models.BigIntegerField())
    days = ArrayField(models.DateTimeField(null=True))

    objects: ClassVar[models.Manager[ImportConfirmation]] = ScopedManager()
    personal_data = keep("pk", "contact", "source", "said", "runs", "days") | erase("what")

    def __str__(self) -> str:
        return f"{self.contact_id} by {self.runs}"
