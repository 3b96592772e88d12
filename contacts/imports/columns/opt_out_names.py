"""Columns of opt-out files: bare lists, providers' unsubscribe exports, hashes, our own export."""

from __future__ import annotations

from contacts.imports.columns import people_names

NAMES: dict[str, tuple[str, ...]] = {
    "md5": ("md5", "email md5", "md5 email", "hash md5", "email address md5", "hashed email md5"),
    "sha1": ("sha1", "sha 1", "email sha1", "sha1 email", "hash sha1"),
    "sha256": ("sha256", "sha 256", "email sha256", "sha256 email", "hash sha256", "email address sha256"),
    # `export_suppressions` writes these.
    "keyed_hash": ("keyed hash",),
    "hash_key": ("hash key",),
    "channel": ("channel", "canal"),
    "state": ("status", "statut", "state", "etat", "reason", "raison", "motif", "subscription status"),
    "since": (
        *("since", "depuis", "date", "unsub time", "unsubscribed at", "unsubscribe date", "opt out date"),
        *("date de desinscription", "date desinscription", "date d opposition", "clean time", "created at"),
    ),
}
_SHARED = {"email", "phone"}
FIELD_OF: dict[str, str] = {
    **{name: field for field, names in people_names.GENERAL.items() if field in _SHARED for name in names},
    **{name: field for field, names in NAMES.items() for name in names},
}
