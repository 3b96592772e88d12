"""Two records of one person made one, with all it takes to make them two again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class Merge(models.Model):
    """One record (`absorbed_id`) taken into another (`kept`). The absorbed one is gone; its id is not reused.

    `snapshot` is what an undo needs: the absorbed record itself, the rows that moved, those that both had,
    and the fields of the kept record that changed; see `contacts.merging`.
    """

    kept = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="merges")
    absorbed_id = models.BigIntegerField(db_index=True)
    snapshot = models.JSONField()
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    merged_at = models.DateTimeField(db_default=Now())
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Merge]] = ScopedManager()
    personal_data = keep(
        "id", "kept", "absorbed_id", "merged_by", "merged_at", "undone_by", "undone_at"
    ) | erase("snapshot")

    class Meta:
        triggers = kept_history(person="kept_id", unsaid=("snapshot",))
        verbose_name = _("merge")
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed_id"],
                name="merge_absorbed_once",
                condition=models.Q(undone_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.kept_id}"
