"""Reference data that the repository ships, and the index that finds a commune from what people write."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class ReferenceData(models.Model):
    """Which edition of a shipped reference file is loaded; `sha256` tells whether to load again."""

    name = models.CharField(primary_key=True, max_length=40)
    version = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(db_default=Now())

    personal_data = keep("name", "version", "sha256", "loaded_at")

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


class TerritoryAlias(models.Model):
    """One unambiguous way of naming a commune or municipal arrondissement of today.

    `key` is written as `rule` says (see `contacts.territories.place_keys`); a key that could mean two places
    has no row. The table is made again from the reference file at each load and never edited.
    """

    class Rule(models.TextChoices):
        """How a place was recognised, surest first."""

        CODE = "code", _("INSEE code")  # "60057", today's or a former one
        NAME_POSTCODE = "name_postcode", _("Postcode and name")  # "60000 beauvais"
        NAME_DEPARTMENT = "name_department", _("Department and name")  # "60 beauvais", for CEDEX
        POSTCODE = "postcode", _("Postcode alone")  # "75015", one commune has it
        NAME = "name", _("Name alone")  # "beauvais", France has it once

    rule = models.CharField(max_length=16, choices=Rule.choices)
    key = models.CharField(max_length=130)
    territory = models.ForeignKey("contacts.Territory", on_delete=models.CASCADE, related_name="aliases")

    personal_data = keep("id", "rule", "key", "territory")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "key"], name="territory_alias_key_unique")]

    def __str__(self) -> str:
        return f"{self.rule} {self.key}"
