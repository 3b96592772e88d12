"""Keys in a backup, sealed by a passphrase: the archive alone opens nothing that stands sealed."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from campaign_crm.platform.backup.errors import BackupError

SEALED = "sealed-by-passphrase"
SHORTEST = 12  # characters
COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024, "dklen": 32}


def seal(keys: str, passphrase: str) -> str:
    """One line: a word that says what it is, the salt, the sealed keys. Raises BackupError when too short."""
    if len(passphrase) < SHORTEST:
        raise BackupError(f"The passphrase is too short: take {SHORTEST} characters or more, as five words.")
    salt = os.urandom(16)
    return f"{SEALED} {salt.hex()} {_fernet(passphrase, salt).encrypt(keys.encode()).decode()}\n"


def is_sealed(text: str) -> bool:
    return text.startswith(SEALED)


def unseal(text: str, passphrase: str) -> str:
    """The keys; raises BackupError for another passphrase."""
    _word, salt, token = text.split()
    try:
        return _fernet(passphrase, bytes.fromhex(salt)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise BackupError("This is not the passphrase that the keys of the backup were sealed by.") from None


def passphrase_in(file: Path | None) -> str:
    """The first line of a file; empty without a file. Raises BackupError when there is none."""
    if file is None:
        return ""
    try:
        first = file.read_text(encoding="utf-8").splitlines()[:1]
    except OSError as error:
        raise BackupError(f"The passphrase cannot be read: {error}") from error
    if not first or not first[0].strip():
        raise BackupError(f"{file} holds no passphrase on its first line.")
    return first[0].strip()


def _fernet(passphrase: str, salt: bytes) -> Fernet:
    key = hashlib.scrypt(passphrase.encode(), salt=salt, **COST)
    return Fernet(base64.urlsafe_b64encode(key))
