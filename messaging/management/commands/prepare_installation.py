"""`manage.py prepare_installation`: what a new installation needs before its first page."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from campaign_crm.platform.crypto import hash_key_fingerprint
from campaign_crm.platform.models import Organisation
from messaging.services.senders import ensure_local_sender


class Command(BaseCommand):
    help = "Tie the database to its HASH_KEY and, on a machine on its own, make the local sender."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.current()
        if not organisation.hash_key_fingerprint:
            organisation.hash_key_fingerprint = hash_key_fingerprint()
            organisation.save(update_fields=["hash_key_fingerprint"])
        ensure_local_sender()
