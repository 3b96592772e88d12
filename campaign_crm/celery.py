"""Celery application: it ticks; the work itself is rows in PostgreSQL."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

app = Celery("campaign_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["campaign_crm.platform", "contacts", "messaging", "tracking"])


@worker_init.connect
def _refuse_another_hash_key(**_signal: object) -> None:
    """A worker that sends must recognise who left. What this raises ends it (SystemExit is no Exception)."""
    from campaign_crm.platform.checks import refuse_another_hash_key
    from campaign_crm.platform.env import SettingError

    try:
        refuse_another_hash_key()
    except SettingError as error:
        raise SystemExit(str(error)) from None


@worker_process_init.connect
def _take_role(**_signal: object) -> None:
    from campaign_crm.platform.database import take_system_role_in_this_process

    take_system_role_in_this_process()


# Seconds between ticks; each task skips when its previous run still goes on. What waits is rows and a stream
# on disk: a missed tick loses nothing. Ticks expire, so that they do not pile up while no worker runs, but
# later than a busy worker takes to come to them: a large mailing must not keep its own clicks waiting.
PATIENCE = {"expires": 30}
app.conf.beat_schedule = {
    "run due jobs": {"task": "platform.run_due_jobs", "schedule": 5.0, "options": PATIENCE},
    "seal earlier values": {"task": "platform.seal_history", "schedule": 15.0, "options": PATIENCE},
    "tell other programs": {"task": "platform.deliver_webhooks", "schedule": 5.0, "options": PATIENCE},
    "forget answers given": {"task": "platform.forget_answers", "schedule": crontab(minute=12)},
    "journal what was read": {"task": "platform.journal_reads", "schedule": crontab(minute=2)},
    "move mailings on": {"task": "messaging.tend", "schedule": 5.0, "options": PATIENCE},
    "send messages": {"task": "messaging.pump_all", "schedule": 5.0, "options": PATIENCE},
    "watch mailings": {"task": "messaging.watch", "schedule": 5.0, "options": PATIENCE},
    "look at tests": {"task": "messaging.decide_tests", "schedule": 30.0, "options": PATIENCE},
    "whose mailboxes": {"task": "messaging.learn_domains", "schedule": 300.0, "options": PATIENCE},
    "read what providers report": {"task": "messaging.read_events", "schedule": 2.0, "options": PATIENCE},
    "read mailboxes": {"task": "messaging.read_mailboxes", "schedule": 60.0, "options": PATIENCE},
    "forget old reports": {"task": "messaging.purge_events", "schedule": crontab(hour=4, minute=20)},
    "store opens and clicks": {"task": "tracking.drain", "schedule": 2.0, "options": PATIENCE},
    "name devices": {"task": "tracking.name_devices", "schedule": 60.0, "options": PATIENCE},
    "move scenarios": {"task": "tracking.move_scenarios", "schedule": 20.0, "options": PATIENCE},
    "file what people wrote": {"task": "tracking.file_arrivals", "schedule": 60.0, "options": PATIENCE},
    "remind of events, settle who came": {"task": "tracking.events", "schedule": 60.0, "options": PATIENCE},
    "count who can be reached": {"task": "tracking.count_reach", "schedule": 300.0, "options": PATIENCE},
    "count and remind of sign-ups": {
        "task": "tracking.settle_sign_ups",
        "schedule": 600.0,
        "options": PATIENCE,
    },
    "find households": {"task": "contacts.households", "schedule": crontab(hour=3, minute=20)},
    "find duplicates": {"task": "contacts.compare_people", "schedule": crontab(hour=3, minute=50)},
    "look at senders' domains": {"task": "messaging.check_domains", "schedule": crontab(hour=4, minute=40)},
    "remove erased people": {"task": "contacts.remove_erased", "schedule": crontab(minute=25)},
    "remind of requests": {"task": "contacts.remind_of_requests", "schedule": crontab(hour="7-19", minute=5)},
    "what left in a silence": {"task": "messaging.journal_exemptions", "schedule": crontab(minute=35)},
    "count costs": {"task": "messaging.count_costs", "schedule": crontab(hour=4, minute=50)},
    "what people are to us": {"task": "contacts.relationships", "schedule": crontab(hour=2, minute=10)},
    "what is kept too long": {"task": "contacts.retention", "schedule": crontab(hour=2, minute=40)},
    "know public holidays": {"task": "contacts.area_times", "schedule": crontab(hour=2, minute=50)},
    "recurring imports": {"task": "contacts.recurring_imports", "schedule": 20.0, "options": PATIENCE},
    "tidy imports": {"task": "contacts.tidy", "schedule": 900.0, "options": PATIENCE},
    "drop old months": {"task": "tracking.drop_months", "schedule": crontab(hour=3, minute=10)},
    "tidy counters and months": {"task": "tracking.tidy", "schedule": 300.0, "options": PATIENCE},
}
