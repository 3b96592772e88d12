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


# Seconds between ticks; each task skips when its previous run still goes on. What waits is rows and a stream
# on disk: a missed tick loses nothing. `expires` keeps ticks from piling up while no worker runs.
app.conf.beat_schedule = {
    "run due jobs": {"task": "platform.run_due_jobs", "schedule": 5.0, "options": {"expires": 5}},
    "move mailings on": {"task": "messaging.tend", "schedule": 5.0, "options": {"expires": 5}},
    "send messages": {"task": "messaging.pump_all", "schedule": 2.0, "options": {"expires": 2}},
    "store opens and clicks": {"task": "tracking.drain", "schedule": 2.0, "options": {"expires": 2}},
}
