"""The one error of backups."""

from __future__ import annotations


class BackupError(RuntimeError):
    """A backup cannot be made or restored; the message says why and what to do. Nothing was changed."""
