"""The conditions that people's own facts give; apps above add theirs."""

from __future__ import annotations


def register_standard_conditions() -> None:
    """Register every condition of this package: importing a module does, once."""
    from contacts.segments.standard import (  # noqa: F401
        chosen,
        extra_fields,
        identity,
        other,
        reach,
        roll,
        staff,
        territory,
    )
