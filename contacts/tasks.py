"""Celery ticks of contacts."""

from __future__ import annotations

from celery import shared_task

from campaign_crm.platform.locks import only_one
from campaign_crm.platform.models import Job
from contacts.duplicates.nightly import enqueue_comparison
from contacts.households.finding import REFRESH_JOB, enqueue_refresh
from contacts.imports.recurring import watching
from contacts.imports.rejects import drop_old_rejects
from contacts.imports.tidying import drop_unneeded_files, drop_unneeded_staging, seal_waiting_files
from contacts.imports.undo_time import forget_undo_values
from contacts.models import Erasure
from contacts.requests.answering import drop_expired
from contacts.requests.erasing import have_removed
from contacts.requests.reminders import remind
from contacts.retention.rehearsal import enqueue_look
from contacts.services.elections import write_area_times
from contacts.services.export_files import expire_old
from contacts.services.growth import fold
from contacts.services.relationships import refresh_every_relationship
from contacts.services.support import forget_unlawful


@shared_task(name="contacts.households")
def households() -> None:
    """Have every household computed again, each night: sign-ups wait for it."""
    if not Job.objects.unfinished().filter(kind=REFRESH_JOB).exists():
        enqueue_refresh(import_id=None, by=None)


@shared_task(name="contacts.compare_people")
def compare_people() -> None:
    """Have who changed today compared with everyone, for the review queue."""
    enqueue_comparison()


@shared_task(name="contacts.tidy")
def tidy() -> None:
    """Drop what no import needs any more, fold counters; skips while the previous run goes on."""
    with only_one("contacts.tidy") as held:
        if held:
            drop_unneeded_staging()
            drop_unneeded_files()
            seal_waiting_files()
            drop_old_rejects()
            drop_expired()
            forget_undo_values()
            expire_old()
            fold()


@shared_task(name="contacts.recurring_imports")
def recurring_imports() -> None:
    """Look at places that are due, and go on with what was taken; skips while the previous run goes on."""
    with only_one("contacts.recurring_imports") as held:
        if held:
            watching.tick()


@shared_task(name="contacts.remind_of_requests")
def remind_of_requests() -> None:
    """Tell whoever handles requests what comes due; each reminder is given once."""
    with only_one("contacts.remind_of_requests") as held:
        if held:
            remind()


@shared_task(name="contacts.remove_erased")
def remove_erased() -> None:
    """Have those removed who had a message just leaving when the others were."""
    if Erasure.objects.filter(gone_at=None).exists():
        have_removed(by=None)


@shared_task(name="contacts.relationships")
def relationships() -> None:
    """Have what people are to the organisation follow what is recorded, before retention reads it."""
    with only_one("contacts.relationships") as held:
        if held:
            refresh_every_relationship()
            forget_unlawful()


@shared_task(name="contacts.retention")
def retention() -> None:
    """Have what comes due announced, and what was announced for today begun."""
    enqueue_look(by=None)


@shared_task(name="contacts.area_times")
def area_times() -> None:
    """Know the public holidays of the years to come, and the time zones of today."""
    write_area_times()
