"""Each night: whoever came or changed by a form, the API or by hand is compared, as those of imports are."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job
from contacts.duplicates.finding import PEOPLE_AT_A_TIME, find_all_pairs, find_pairs

COMPARE_JOB = "contacts.compare_people"


def enqueue_comparison() -> Job | None:
    """Compare who changed since the last time, everyone the first time; None while the last one goes on."""
    jobs = Job.objects.filter(kind=COMPARE_JOB)
    if jobs.unfinished().exists():
        return None
    last = jobs.filter(state=Job.State.SUCCEEDED).order_by("-started_at").first()
    since = last.started_at.isoformat() if last and last.started_at else None
    return enqueue(kind=COMPARE_JOB, payload={"since": since}, by=None)


@handler(COMPARE_JOB)
def run_comparison(job: RunningJob) -> None:
    """Do it, a few thousand people a transaction; a repetition finds the same."""
    since = job.payload.get("since")
    if since is None:
        find_all_pairs(on_people=lambda done: job.progress(done))
        return
    ids = changed_since(datetime.fromisoformat(since))
    for start in range(0, len(ids), PEOPLE_AT_A_TIME):
        find_pairs(ids[start : start + PEOPLE_AT_A_TIME])
        job.progress(min(start + PEOPLE_AT_A_TIME, len(ids)), len(ids))


def changed_since(moment: datetime) -> list[int]:
    """Ids of people who came, changed or got an address since; a few reads of whole tables, once a night."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"since": moment})
        return [row[0] for row in cursor.fetchall()]


_CHANGED = """
SELECT id FROM contacts_contact
WHERE erased_at IS NULL AND (updated_at >= %(since)s OR created_at >= %(since)s)
UNION SELECT contact_id FROM contacts_emailaddress WHERE created_at >= %(since)s
UNION SELECT contact_id FROM contacts_phonenumber WHERE created_at >= %(since)s
UNION SELECT contact_id FROM contacts_postaladdress WHERE created_at >= %(since)s
ORDER BY 1
"""
