"""Places where people live and vote."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep
from contacts.enums import TerritoryKind
from contacts.models.contact import Fold


class TerritoryQuerySet(models.QuerySet["Territory"]):
    def current(self) -> TerritoryQuerySet:
        """Without the communes that became part of another one."""
        return self.filter(replaced_by__isnull=True)

    def inside(self, ancestor_id: int) -> TerritoryQuerySet:
        """The territory itself and everything it contains."""
        return self.filter(ancestor_links__ancestor_id=ancestor_id)


class Territory(models.Model):
    """One place: region › department › commune › polling station, or a canton or constituency.

    `code` is INSEE's (polling stations: commune code + "-" + station code). `article` is the grammar of the
    name (see `contacts.territories.grammar`). A commune absorbed by another points to it by `replaced_by`.
    """

    kind = models.CharField(_("kind"), max_length=32, choices=TerritoryKind.choices)
    code = models.CharField(_("code"), max_length=24)
    name = models.CharField(_("name"), max_length=120)
    article = models.CharField(max_length=8, blank=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    population = models.PositiveIntegerField(_("population"), null=True)
    postcodes = ArrayField(models.CharField(max_length=5), default=list)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaces")
    name_folded = models.GeneratedField(
        expression=Fold(F("name")), output_field=models.TextField(), db_persist=True
    )

    objects: ClassVar[models.Manager[Territory]] = TerritoryQuerySet.as_manager()
    personal_data = keep(
        "id",
        "kind",
        "code",
        "name",
        "name_folded",
        "article",
        "parent",
        "population",
        "postcodes",
        "replaced_by",
    )

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="territory_kind_code_unique")]
        indexes = [
            GinIndex(fields=["postcodes"], name="territory_postcodes"),
            models.Index(OpClass(F("name_folded"), "text_pattern_ops"), name="territory_name_prefix"),
        ]

    def said_today(self) -> str:
        """An absorbed commune with the one it is part of: "Bachivillers, today Montchevreuil (60209)"."""
        return gettext("%(former)s, today %(place)s") % {"former": self.name, "place": self.replaced_by}

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class TerritoryAncestor(models.Model):
    """Closure table: `ancestor` contains `descendant`, `depth` steps below; every place contains itself."""

    pk = models.CompositePrimaryKey("ancestor_id", "descendant_id")
    ancestor = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="descendant_links")
    descendant = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="ancestor_links")
    depth = models.PositiveSmallIntegerField()

    personal_data = keep("pk", "ancestor", "descendant", "depth")

    def __str__(self) -> str:
        return f"{self.ancestor_id} > {self.descendant_id}"
