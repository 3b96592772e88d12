"""A verdict in words, in the active language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from messaging.experiments.verdict import Trouble, Verdict
from messaging.models import Experiment
from messaging.models.experiment import Outcome
from messaging.services.experiment_sides import letter_of


def in_words(test: Experiment, verdict: Verdict) -> str:
    """What the look found, and what the others get."""
    return " ".join(filter(None, [found(verdict), follows(test)]))


def found(verdict: Verdict) -> str:
    """What the look found."""
    if verdict.outcome == Outcome.WITHHELD and verdict.leaving is not None:
        said = {
            Trouble.UNSUBSCRIBED: _("Too many readers of version %(version)s left."),
            Trouble.COMPLAINED: _("Too many readers of version %(version)s reported it as spam."),
        }[verdict.trouble or Trouble.UNSUBSCRIBED]
        return said % {"version": letter_of(verdict.leaving)}
    if verdict.winner is not None:
        return _("Version %(version)s won the test.") % {"version": letter_of(verdict.winner)}
    return _("No version won the test.")


def follows(test: Experiment) -> str:
    """What becomes of the others; empty where there are none."""
    if not test.has_others or (test.chosen is None and not test.is_open):
        return ""
    if test.chosen is None:
        return _("The others wait until somebody chooses.")
    return _("The others get version %(version)s.") % {"version": letter_of(test.chosen)}
