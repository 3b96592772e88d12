"""How the secrets of the second step of signing in are kept: sealed, never as they are."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from campaign_crm.platform.crypto import seal, unseal


class SealedSecondStep(DefaultMFAAdapter):
    """Whoever reads the database, or a copy of it without the keys, cannot make anybody's codes.

    A secret that no key opens raises `SealBroken`: standing in for it with anything would let codes be
    guessed. `manage.py reset_second_step` is the way out.
    """

    def encrypt(self, text: str) -> str:
        return seal({"secret": text})

    def decrypt(self, encrypted_text: str) -> str:
        return str(unseal(encrypted_text)["secret"])
