"""Whether a roll is older than what is known of its communes."""

from __future__ import annotations

from datetime import date

from contacts.imports.rolls.engine import communes_of
from contacts.imports.staging import Staging
from contacts.models import Import


def newer_roll(run: Import) -> date | None:
    """The day of the newest list known of these communes, when it is later than that of a previewed roll.

    Days are those of the files' rows, or else of their names; None where one of them is not told.
    """
    day = run.options.get("roll_day", "")
    staging = Staging(run.pk)
    if run.kind != Import.Kind.ROLL or not day or not staging.exists("places"):
        return None
    later = Import.objects.filter(
        kind=Import.Kind.ROLL, state=Import.State.DONE, options__roll_day__gt=day
    ).values_list("options", flat=True)
    communes = set(communes_of(staging))
    days = [options["roll_day"] for options in later if communes & set(options.get("communes", ()))]
    return date.fromisoformat(max(days)) if days else None
