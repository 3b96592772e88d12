"""What was changed, written by the database itself: who, which rows, which fields, and how it was before."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import erase, keep


class HistoryEntry(models.Model):
    """One statement's changes of the same fields, of at most a thousand rows of one table.

    Triggers write it (`platform.history`); the application may only read. `people`: the person of each of
    `objects`, null where the table is not about people. `came_by`: "web", "job:contacts.import_run",
    "api_key:3", "program", or "sql:…" with the login of whoever set nothing.
    """

    class Operation(models.TextChoices):
        INSERT = "I", _("Added")
        UPDATE = "U", _("Changed")
        DELETE = "D", _("Removed")

    pk = models.CompositePrimaryKey("at", "id")
    at = models.DateTimeField(_("moment"))
    id = models.BigIntegerField()
    table = models.CharField(max_length=63)
    operation = models.CharField(max_length=1, choices=Operation.choices)
    fields = ArrayField(models.CharField(max_length=63))
    objects_changed = ArrayField(models.BigIntegerField())
    people = ArrayField(models.BigIntegerField(), null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # `history_actor` begins with it
    )
    came_by = models.CharField(max_length=80)
    import_id = models.BigIntegerField(null=True)

    personal_data = keep(
        *["pk", "at", "id", "table", "operation", "fields", "objects_changed", "people", "actor", "came_by"],
        "import_id",
    )

    class Meta:
        verbose_name = _("change")
        indexes = [
            GinIndex(fields=["people"], name="history_people"),
            GinIndex(
                fields=["objects_changed"], name="history_things", condition=models.Q(people__isnull=True)
            ),
            models.Index(fields=["actor", "-at", "-id"], name="history_actor"),
            models.Index(fields=["table", "-at", "-id"], name="history_table"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.get_operation_display()} {self.id}"


class HistoryValue(models.Model):
    """The earlier values of one row of an entry, sealed under the key of its person."""

    pk = models.CompositePrimaryKey("at", "entry_id", "object_id")
    at = models.DateTimeField()
    entry_id = models.BigIntegerField()
    object_id = models.BigIntegerField()
    person = models.BigIntegerField()  # whose key; 0: of nobody
    sealed = models.BinaryField()

    personal_data = keep("pk", "at", "entry_id", "object_id", "person") | erase("sealed")

    class Meta:
        verbose_name = _("earlier value")

    def __str__(self) -> str:
        return f"{self.entry_id}:{self.object_id}"


class HistoryKey(models.Model):
    """The key of one person's earlier values, itself sealed. Without it nothing opens them."""

    person = models.BigIntegerField(unique=True)  # 0: values that are about nobody
    sealed_key = models.TextField()

    personal_data = keep("id") | erase("person", "sealed_key")

    class Meta:
        verbose_name = _("key of earlier values")

    def __str__(self) -> str:
        return f"key {self.pk}"
