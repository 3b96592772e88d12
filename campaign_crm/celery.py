"""Celery application: it ticks; the work itself is rows in PostgreSQL."""

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

app = Celery("campaign_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["campaign_crm.platform", "contacts", "messaging", "tracking"])


@worker_process_init.connect
def _take_role(**_signal: object) -> None:
    from campaign_crm.platform.database import take_system_role_in_this_process

    take_system_role_in_this_process()
