"""Who looked at whose record, and how many people left by the API: what no trigger sees."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class RecordRead(models.Model):
    """A member of the team opened a record; once a day. Append-only; it holds numbers, nobody's values.

    Apart from the journal of acts: an import that is undone asks that one if somebody worked on a person.
    """

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("member"), on_delete=models.DO_NOTHING, related_name="+"
    )
    object_type = models.CharField(max_length=32)
    object_id = models.BigIntegerField()
    day = models.DateField()
    at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "member", "object_type", "object_id", "day", "at")

    class Meta:
        verbose_name = _("opening of a record")
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "member", "day"], name="record_read_once"
            )
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="record_read_newest")]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} {self.day}"


class ReadTally(models.Model):
    """People whom a key or a member read at once; those of an hour become one line of the journal."""

    at = models.DateTimeField(db_default=Now())
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.ForeignKey("platform.ApiKey", null=True, on_delete=models.CASCADE, related_name="+")
    people = models.PositiveIntegerField()

    personal_data = keep("id", "at", "member", "key", "people")

    class Meta:
        verbose_name = _("people read")

    def __str__(self) -> str:
        return f"{self.people} {self.at}"
