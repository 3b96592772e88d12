"""Erasing people, second step: the rows of those who are hidden go, a batch a transaction.

What counts stays (how many a mailing reached, how many opened it), without anything that tells who it was.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from campaign_crm.platform.jobs import RunningJob, handler
from campaign_crm.platform.models import AuditEntry
from contacts.merging.redirects import all_numbers, present_ids
from contacts.models import Contact, Erasure
from contacts.registry import registry
from contacts.requests.electors import forget_words_at
from contacts.requests.erasing import ERASE_JOB
from contacts.requests.tables import PersonTable, emptied, person_tables
from contacts.requests.traces import traces_of_people

PEOPLE_AT_A_TIME = 500


@handler(ERASE_JOB)
def run_removal(job: RunningJob) -> None:
    """Remove everybody who is hidden; those with a message just leaving wait for the next time.

    Before their rows go, what else holds them is found by these: files of exports, rows that were refused.
    """
    from contacts.imports.rejects import forget_rejects  # both read what this package says of people
    from contacts.services.export_files import being_made, withdraw

    if being_made():  # the file may hold them: it is looked at the next time
        return
    done, last = 0, 0
    while numbers := _next(last):
        traces = traces_of_people(numbers)
        withdraw(traces)
        forget_rejects(traces)
        job.got_on()
        with transaction.atomic():
            hidden = Contact.objects.filter(pk__in=numbers, erased_at__isnull=False).order_by("pk")
            done += len(remove(list(hidden.select_for_update().values_list("pk", flat=True))))
            job.progress(done)
            job.got_on()
        last = numbers[-1]


def remove(ids: list[int]) -> list[int]:
    """Remove hidden people, in the caller's transaction; returns those who went."""
    waiting = who_waits(ids)
    going = [number for number in ids if number not in waiting]
    if not going:
        return []
    numbers = all_numbers(going)
    remove_rows(going)
    Erasure.objects.filter(number__in=numbers, gone_at=None).update(gone_at=timezone.now())
    AuditEntry.objects.bulk_create(
        AuditEntry(action="contact.erased", object_type="contacts.contact", object_id=str(number))
        for number in going
    )
    return going


def who_waits(ids: list[int]) -> set[int]:
    """Those of some people who cannot go just now, such as with a message in a worker's hands."""
    now = present_ids(ids)
    waiting: set[int] = set()
    for waits in registry.erasure_waits.values():
        waiting |= waits([*ids, *now])
    return {now.get(number, number) for number in waiting}


def remove_rows(ids: list[int]) -> None:
    """Remove people with all that is theirs, in the caller's transaction, which holds them.

    Rows that stayed under the number of a record that was merged into theirs are theirs. Steps of the apps
    above come first: they still find whose rows are whose.
    """
    numbers = all_numbers(ids)
    for step in registry.erasure_steps.values():
        step(numbers)
    forget_words_at(numbers)
    with connection.cursor() as cursor:
        for table_name, where in _elsewhere():  # first: they are found by rows that go
            statement = f"DELETE FROM {table_name} AS own WHERE {where}"  # noqa: S608 - our own text
            cursor.execute(statement, {"ids": numbers})
        # A merge that was undone remembers the record that is somebody again, beside the one that stayed.
        cursor.execute("DELETE FROM contacts_merge WHERE absorbed_id = ANY(%s)", [ids])
        for table in person_tables():
            cursor.execute(_statement(table), [numbers])
        cursor.execute("DELETE FROM contacts_contact WHERE id = ANY(%s)", [ids])


def _next(after: int) -> list[int]:
    waiting = Erasure.objects.filter(gone_at=None, number__gt=after).order_by("number")
    return list(waiting.values_list("number", flat=True)[:PEOPLE_AT_A_TIME])


def _statement(table: PersonTable) -> str:
    column = table.relation.column
    if table.goes:
        return f"DELETE FROM {table.name} WHERE {column} = ANY(%s)"  # noqa: S608 - names of our models
    values = ", ".join(f"{name} = {value}" for name, value in emptied(table).items())
    return f"UPDATE {table.name} SET {values} WHERE {column} = ANY(%s)"  # noqa: S608 - as above


def _elsewhere() -> list[tuple[str, str]]:
    return [(rows.table, rows.where) for rows in registry.rows_elsewhere.values() if rows.where]
