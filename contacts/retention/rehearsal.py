"""What would go, counted and announced: nothing goes that was not.

Each night whatever comes due within the notice is counted, announced to the data-protection role, and begun
on its day if its rule is still the one it was counted by.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job, Notification, User
from campaign_crm.platform.rights import Right
from contacts.enums import RetentionRuleName
from contacts.models import Purge
from contacts.retention.due import NOTICE, Due, due_by, is_stale
from contacts.retention.going import people_going, people_touched

logger = logging.getLogger(__name__)
LOOK_JOB = "contacts.look_at_retention"
PURGE_JOB = "contacts.purge"
LONGEST_MESSAGE = 300


def look(today: date | None = None) -> None:
    """Set aside what was counted by another rule, announce what comes due, and begin what is due."""
    today = today or timezone.localdate()
    for purge in Purge.objects.filter(state=Purge.State.ANNOUNCED).select_related("source"):
        if is_stale(purge):
            _set_aside(purge)
    for due in due_by(today + NOTICE):
        if not Purge.objects.ahead().filter(rule=due.rule, source=due.source).exists():
            announce(due, today)
    for purge in Purge.objects.filter(state=Purge.State.ANNOUNCED, due_on__lte=today):
        begin(purge)


@transaction.atomic
def announce(due: Due, today: date) -> Purge | None:
    """Count what a rule takes, and tell the data-protection role; None when there is nothing to take."""
    purge = Purge(
        rule=due.rule,
        source=due.source,
        terms=due.terms,
        due_on=due.announced_on(today),
        counted_at=timezone.now(),
    )
    purge.counted = count(purge)
    if not any(purge.counted.values()):
        return None
    purge.save()
    audit.record(
        action="retention.announce",
        on=purge,
        by=None,
        detail={"rule": purge.rule, "source": purge.source_id, **purge.counted},
    )
    _tell(purge, _announced_words)
    return purge


@transaction.atomic
def count_again(*, purge: Purge, by: User | None) -> None:
    """Count an announced purge anew, by the same rule: the day stays."""
    purge.counted = count(purge)
    purge.counted_at = timezone.now()
    Purge.objects.filter(pk=purge.pk, state=Purge.State.ANNOUNCED).update(
        counted=purge.counted, counted_at=purge.counted_at
    )
    audit.record(action="retention.count", on=purge, by=by, detail=purge.counted)


def begin(purge: Purge) -> Job | None:
    """Have a due purge run by a job, once; None when somebody did before, or its rule is another by now."""
    with transaction.atomic():
        held = Purge.objects.select_for_update().filter(pk=purge.pk, state=Purge.State.ANNOUNCED).first()
        if held is None:
            return None
        if is_stale(held):
            _set_aside(held)
            return None
        job = enqueue(kind=PURGE_JOB, payload={"purge": held.pk})
        held.state, held.job, held.began_at = Purge.State.RUNNING, job, timezone.now()
        held.save(update_fields=["state", "job", "began_at"])
        return job


def count(purge: Purge) -> dict[str, int]:
    """{"people": who go, "electors", "stay": people who lose what a rented file said of them}."""
    counted = {"people": _number_of(*people_going(purge))}
    if purge.rule == RetentionRuleName.ROLL:
        counted["electors"] = _number_of(
            "SELECT id FROM contacts_electoralregistration WHERE source_id = %(source)s",
            {"source": purge.source_id},
        )
    if purge.rule == RetentionRuleName.RENTAL:
        counted["stay"] = _number_of(*people_touched(purge)) - counted["people"]
    return counted


def first_people(purge: Purge, how_many: int) -> list[int]:
    """Ids of the first people who would go."""
    sql, values = people_going(purge)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY person.id LIMIT %(how_many)s", {**values, "how_many": how_many})
        return [row[0] for row in cursor.fetchall()]


def enqueue_look(*, by: User | None) -> Job | None:
    """Have a worker look at what comes due; None while one does."""
    if Job.objects.unfinished().filter(kind=LOOK_JOB).exists():
        return None
    return enqueue(kind=LOOK_JOB, payload={}, by=by)


@handler(LOOK_JOB)
def run_look(job: RunningJob) -> None:
    """Look, and count again what is announced."""
    for purge in Purge.objects.filter(state=Purge.State.ANNOUNCED).select_related("source"):
        if not is_stale(purge):
            count_again(purge=purge, by=None)
    look()


def data_protection_team() -> list[User]:
    """Whoever may change the rules of the law: they are told before anything goes."""
    return [user for user in User.objects.filter(is_active=True) if user.has_right(Right.CHANGE_RULES)]


def _set_aside(purge: Purge) -> None:
    with transaction.atomic():
        changed = Purge.objects.filter(pk=purge.pk, state=Purge.State.ANNOUNCED).update(
            state=Purge.State.STALE, ended_at=Now()
        )
        if changed:
            audit.record(action="retention.set_aside", on=purge, by=None, detail={"rule": purge.rule})
            _tell(purge, _set_aside_words)


def _tell(purge: Purge, words: Any) -> None:
    url = reverse("contacts:purge", args=[purge.pk])
    for user in data_protection_team():
        with translation.override(user.language or "fr"):
            Notification.objects.create(
                user=user, kind="retention", message=words(purge)[:LONGEST_MESSAGE], url=url
            )


def _announced_words(purge: Purge) -> str:
    told = {
        "what": what_words(purge),
        "day": date_format(purge.due_on),
        "people": number_format(purge.counted["people"], force_grouping=True),
        "electors": number_format(purge.counted.get("electors", 0), force_grouping=True),
    }
    if purge.rule == RetentionRuleName.ROLL:
        return _("%(what)s: goes on %(day)s. Electors: %(electors)s; people: %(people)s.") % told
    return _("%(what)s: goes on %(day)s. People: %(people)s.") % told


def _set_aside_words(purge: Purge) -> str:
    return _("%(what)s: nothing goes, its rule has changed. It will be counted and announced again.") % {
        "what": what_words(purge)
    }


def what_words(purge: Purge) -> str:
    """The source that goes, or the rule where it is about everybody."""
    return f"“{purge.source}”" if purge.source is not None else str(purge.get_rule_display())


def _number_of(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS rows", values)
        return int(cursor.fetchone()[0])
