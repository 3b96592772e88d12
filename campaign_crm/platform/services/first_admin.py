"""The first administrator of an empty installation: one link, printed where the server was started.

Only the digest of the link's token is kept. The link works while nobody has an account; making a new one
ends the one before.
"""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Role


class FirstAdministratorError(Exception):
    """The link is not, or no longer, good for making the first administrator."""


def digest_of(token: str) -> str:
    """Return the digest under which a token is kept. Tokens are random: a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_installation_empty() -> bool:
    """Tell whether nobody has an account yet."""
    return not User.objects.exists()


@transaction.atomic
def issue_first_admin_link() -> str | None:
    """Return a new link to the first-administrator page, None once somebody has an account."""
    if not is_installation_empty():
        return None
    token = secrets.token_urlsafe(24)
    organisation = Organisation.current()
    organisation.first_admin_digest = digest_of(token)
    organisation.save(update_fields=["first_admin_digest"])
    return f"{settings.PUBLIC_URL}{reverse('shell:first_admin', args=[token])}"


def is_link_good(token: str) -> bool:
    """Tell whether a token of the address may make the first administrator now."""
    kept = Organisation.current().first_admin_digest
    return bool(kept) and secrets.compare_digest(kept, digest_of(token)) and is_installation_empty()


@transaction.atomic
def create_first_administrator(
    *, token: str, email: str, full_name: str, password: str, language: str
) -> User:
    """Create the administrator and end the link. Raises FirstAdministratorError when the link is not good.

    The organisation's row is locked, so that two people with the same link make one account.
    """
    organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    if not is_link_good(token):
        raise FirstAdministratorError(_("This link has been used already, or a newer one was made."))
    user = User.objects.create_user(
        email=email, password=password, full_name=full_name, language=language, role=Role.ADMINISTRATOR
    )
    organisation.first_admin_digest = ""
    organisation.save(update_fields=["first_admin_digest"])
    audit.record(action="team.first_administrator", on=user, by=None)
    return user
