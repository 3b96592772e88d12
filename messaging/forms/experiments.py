"""Forms of a test of versions: how it is decided, and a person's choice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.registry import registry
from messaging.models import Experiment
from messaging.models.experiment import LONGEST_WAIT, IfNone

SETTINGS = ("sample_percent", "wait_hours", "goal", "if_none")


class ExperimentForm(forms.Form):
    """`revision`: of the test as it was looked at; 0 without one."""

    sample_percent = forms.IntegerField(
        label=_("Recipients in the test, in percent"),
        min_value=1,
        max_value=100,
        help_text=_("Shared evenly by the versions. 100: everybody, and nobody waits for the result."),
    )
    wait_hours = forms.IntegerField(
        label=_("Hours until the result is looked at"),
        min_value=1,
        max_value=LONGEST_WAIT,
        help_text=_("Counted from when everybody in the test has been written to."),
    )
    goal = forms.ChoiceField(label=_("The best version is the one with the most"))
    if_none = forms.ChoiceField(
        label=_("If no version is clearly the best"), choices=IfNone.choices, widget=forms.RadioSelect
    )
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, test: Experiment | None, **kwargs: Any) -> None:
        shown = test or Experiment(revision=0)
        initial = {name: getattr(shown, name) for name in (*SETTINGS, "revision")}
        super().__init__(*args, initial=initial, **kwargs)
        goals = [(key, goal.label) for key, goal in registry.campaign_goals.items()]
        self.fields["goal"].choices = goals  # type: ignore[attr-defined]
        if len(goals) < 2:
            self.fields["goal"].widget = forms.HiddenInput()
        self.use_required_attribute = True
