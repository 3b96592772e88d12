"""Sentences that several pages of the shell say."""

from __future__ import annotations

from django.utils.translation import ngettext


def sessions_ended(ended: int) -> str:
    return ngettext("%(number)s session ended.", "%(number)s sessions ended.", ended) % {"number": ended}
