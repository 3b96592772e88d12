"""What the columns of a supplier's files hold, kept for the next delivery."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class MappingProfile(models.Model):
    """A mapping that was saved once, for files with the same columns in any order.

    `signature` is made of the folded names of every column (`imports.profiles.signature_of`). `columns`:
    {folded name: field}, empty for a column that is left out. `options`: those of the columns step. `country`
    (ISO 3166-1, two letters) says of a roll that its places are not French communes. `reading`: what was
    chosen of how the file is read (`imports.remembered.Reading`).
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=16)
    signature = models.CharField(max_length=64, db_index=True)
    columns = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    month_first = models.BooleanField(_("month before day"), default=False)
    reading = models.JSONField(default=dict)
    country = models.CharField(_("country"), max_length=2, blank=True)
    source = models.ForeignKey("contacts.Source", null=True, blank=True, on_delete=models.SET_NULL)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *["id", "name", "kind", "signature", "columns", "options", "month_first", "reading", "country"],
        *["source", "created_by", "created_at"],
    )

    class Meta:
        triggers = kept_history()
        verbose_name = _("saved mapping")
        verbose_name_plural = _("saved mappings")

    def __str__(self) -> str:
        return self.name
