"""What each roll covered, so that an elector whom several rolls have stays when one of them is undone."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep
from contacts.models.electoral_registration import RollKind


class RollCoverage(models.Model):
    """One polling station of one list that a roll holds, and the known electors of it who are not in it.

    A roll writes nothing on an elector who is as before: that it has them too follows from this row. `absent`
    are ids of electors, few where the file is the whole roll. `began_at` and `went_on_at` are the first and
    the last time that the roll was compared with the base.
    """

    import_run = models.ForeignKey("contacts.Import", on_delete=models.CASCADE, related_name="covered")
    commune = models.ForeignKey("contacts.Territory", on_delete=models.CASCADE, related_name="+")
    roll_kind = models.PositiveSmallIntegerField(_("list"), choices=RollKind.choices)
    polling_station = models.ForeignKey(
        "contacts.Territory", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    absent = ArrayField(models.BigIntegerField(), default=list)
    began_at = models.DateTimeField(db_default=Now())
    went_on_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *["id", "import_run", "commune", "roll_kind", "polling_station", "absent", "began_at", "went_on_at"]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["import_run", "commune", "roll_kind", "polling_station"],
                nulls_distinct=False,
                name="roll_coverage_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.import_run_id}: {self.commune_id}"
