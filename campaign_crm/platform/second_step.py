"""How the secrets of the second step of signing in are kept: sealed, never as they are."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import seal, unseal
from campaign_crm.platform.models import Organisation


class SealedSecondStep(DefaultMFAAdapter):
    """Whoever reads the database, or a copy of it without the keys, cannot make anybody's codes.

    A secret that no key opens raises `SealBroken`: standing in for it with anything would let codes be
    guessed. `manage.py reset_second_step` is the way out.
    """

    def encrypt(self, text: str) -> str:
        return seal({"secret": text})

    def decrypt(self, encrypted_text: str) -> str:
        return str(unseal(encrypted_text)["secret"])

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the host of PUBLIC_URL, whatever host the request named."""
        return {"id": host_of_passkeys(), "name": Organisation.current().name}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:
        return _("Passkey")


def host_of_passkeys() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or ""


def are_passkeys_offered() -> bool:
    """Browsers tie a passkey to a host name: an installation reached by an IP address has none."""
    try:
        ipaddress.ip_address(host_of_passkeys())
    except ValueError:
        return True
    return False
