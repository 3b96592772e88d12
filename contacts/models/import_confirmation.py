"""What a later file said too, so that it is that file's once the one that brought it is undone."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class ImportConfirmation(models.Model):
    """What files of a source say of a person and the base knew already, from an earlier import.

    `what`: "person", "email:12", "phone:12", "postal:12", "tag:12", "list:12" (ids of the rows that are
    there), "field:birth_date", "extra:key". One row a person and source, whatever number of files: of those
    that are not undone the newest one stands for the others. `as_of`: the latest day on which what they say
    was collected, else the moment it came in.
    """

    pk = models.CompositePrimaryKey("contact_id", "source_id")
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="confirmations",
        db_index=False,  # the primary key begins with it
    )
    source = models.ForeignKey("contacts.Source", on_delete=models.PROTECT, related_name="+", db_index=False)
    # Without an index a recurring file updates the row in place.
    import_run = models.ForeignKey(
        "contacts.Import", on_delete=models.CASCADE, related_name="confirmations", db_index=False
    )
    what = ArrayField(models.TextField())
    as_of = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[ImportConfirmation]] = ScopedManager()
    personal_data = keep("pk", "contact", "source", "import_run", "as_of") | erase("what")

    def __str__(self) -> str:
        return f"{self.contact_id} by {self.import_run_id}"
