"""Celery ticks of contacts."""

from __future__ import annotations

from celery import shared_task

from campaign_crm.platform.locks import only_one
from contacts.imports.tidying import drop_unneeded_files, drop_unneeded_staging


@shared_task(name="contacts.tidy")
def tidy() -> None:
    """Drop what no import needs any more; skips while the previous run goes on."""
    with only_one("contacts.tidy") as held:
        if held:
            drop_unneeded_staging()
            drop_unneeded_files()
