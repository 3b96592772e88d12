"""Who runs this installation: name, legal identity, look; and whether anything may leave it."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from campaign_crm.platform import audit
from campaign_crm.platform.backup.service import drop_replaced_uploads
from campaign_crm.platform.models import Organisation, User

WRITABLE = frozenset(
    {
        "name",
        "legal_name",
        "postal_address",
        "contact_email",
        "dpo_contact",
        "privacy_url",
        "primary_colour",
        "default_language",
    }
)


@transaction.atomic
def update_organisation(*, by: User, **fields: Any) -> Organisation:
    """Change the fields given (names in WRITABLE); the audit row names those that really changed."""
    unknown = fields.keys() - WRITABLE
    if unknown:
        raise TypeError(f"Not fields of an organisation: {', '.join(sorted(unknown))}")
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    changed = sorted(name for name, value in fields.items() if getattr(organisation, name) != value)
    if changed:
        for name in changed:
            setattr(organisation, name, fields[name])
        organisation.save(update_fields=changed)
        audit.record(action="organisation.update", on=organisation, by=by, fields=changed)
    return organisation


@transaction.atomic
def set_logo(*, content: bytes, extension: str, by: User) -> Organisation:
    """Show this picture, checked and written anew by the caller, as the logo.

    Its name changes with it, so that caches follow.
    """
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    before = organisation.logo.name or ""
    organisation.logo.save(f"logo-{secrets.token_hex(4)}.{extension}", ContentFile(content))
    _delete_on_commit(organisation, before)
    audit.record(action="organisation.logo", on=organisation, by=by, fields=["logo"])
    return organisation


@transaction.atomic
def remove_logo(*, by: User) -> Organisation:
    """Show the name instead of a logo again."""
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    before = organisation.logo.name or ""
    organisation.logo = ""
    organisation.save(update_fields=["logo"])
    _delete_on_commit(organisation, before)
    audit.record(action="organisation.logo", on=organisation, by=by, fields=["logo"])
    return organisation


@transaction.atomic
def switch_sending(*, on: bool, reason: str, by: User) -> Organisation:
    """Let messages leave this installation, or let none leave; the reason goes into the audit trail.

    Saying again what is so already changes nothing and leaves no trace.
    """
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    if organisation.sending_enabled != on:
        organisation.sending_enabled = on
        if on:
            organisation.lineage = None  # whoever allows it has looked: marks begin anew from what is here
        organisation.save(update_fields=["sending_enabled", "lineage"])
        action = "organisation.sending_on" if on else "organisation.sending_off"
        audit.record(action=action, on=organisation, by=by, fields=["sending_enabled"], reason=reason)
        if on:
            transaction.on_commit(drop_replaced_uploads, robust=True)
    return organisation


@transaction.atomic
def stop_sending_of_copy(*, reason: str) -> bool:
    """Let nothing leave a database that is a copy of an earlier hour; False when nothing left already."""
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    if not organisation.sending_enabled:
        return False
    organisation.sending_enabled = False
    organisation.save(update_fields=["sending_enabled"])
    audit.record(
        action="organisation.sending_off",
        on=organisation,
        by=None,
        fields=["sending_enabled"],
        reason=reason,
    )
    return True


@transaction.atomic
def switch_counting(*, on: bool, reason: str, by: User) -> Organisation:
    """Count opens and clicks in this installation, or none of anybody; the reason goes into the audit trail.

    Saying again what is so already changes nothing and leaves no trace.
    """
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    if organisation.counting_enabled != on:
        organisation.counting_enabled = on
        organisation.save(update_fields=["counting_enabled"])
        action = "organisation.counting_on" if on else "organisation.counting_off"
        audit.record(action=action, on=organisation, by=by, fields=["counting_enabled"], reason=reason)
    return organisation


def _delete_on_commit(organisation: Organisation, name: str) -> None:
    storage = organisation.logo.storage
    if name:
        transaction.on_commit(lambda: storage.delete(name))
