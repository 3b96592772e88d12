"""The one error of the embedded services."""

from __future__ import annotations


class EmbeddedServiceError(RuntimeError):
    """An embedded server cannot be used; the message says what failed, where its log is and what to do."""
