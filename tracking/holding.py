"""Who must not go with the import that made them: the team has something to do with them, or they gave."""

from __future__ import annotations

from tracking.models import Donation, ScenarioDone, ScenarioPerson, Task


def with_follow_ups(contact_ids: list[int]) -> set[int]:
    """Those of some people of whom a follow-up, a scenario or a donation is known."""
    found: set[int] = set()
    for model in (Task, ScenarioPerson, ScenarioDone, Donation):
        rows = model._default_manager.filter(contact_id__in=contact_ids)
        found.update(rows.values_list("contact_id", flat=True).distinct())
    return found
