"""Scenarios to begin with: a welcome series and a reminder series, written in the organisation's language."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from campaign_crm.platform.models import Organisation, User
from messaging.models import SenderIdentity
from tracking.models import Scenario, ScenarioStep
from tracking.scenarios.service import add_step, create_scenario

Kind = ScenarioStep.Kind
Steps = list[tuple[str, dict[str, Any]]]
EMPTY, WELCOME, REMINDER = "empty", "welcome", "reminder"
LABELS: dict[str, Any] = {
    WELCOME: gettext_lazy("Welcome series"),
    REMINDER: gettext_lazy("Reminder series"),
    EMPTY: gettext_lazy("An empty one"),
}
HINTS: dict[str, Any] = {
    WELCOME: gettext_lazy("A welcome at once, what one can do after three days, an invitation after ten."),
    REMINDER: gettext_lazy("A first reminder after three days, a last one a week later."),
    EMPTY: gettext_lazy("Write the steps yourself."),
}


@transaction.atomic
def from_preset(
    preset: str, *, name: str, trigger: dict[str, Any], sender: SenderIdentity | None, by: User
) -> Scenario:
    """A draft with the steps of a preset."""
    scenario = create_scenario(name=name, trigger=trigger, sender=sender, by=by)
    with override(Organisation.current().default_language):
        steps = _STEPS.get(preset, list)()
    for kind, data in steps:
        add_step(scenario=scenario, kind=kind, data=data, by=by)
    return scenario


def blocks_of(text: str, *, label: str = "", url: str = "") -> list[dict[str, str]]:
    """A simple message: its paragraphs, and a button if there is one. Variables stay what they are."""
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    html = "".join(f"<p>{escape(part, quote=False)}</p>".replace("\n", "<br>") for part in parts)
    blocks = [{"id": "text", "type": "text", "html": html}]
    if label and url:
        blocks.append({"id": "button", "type": "button", "label": label, "url": url})
    return blocks


def _message(subject: str, *paragraphs: str) -> dict[str, Any]:
    text = "\n\n".join(("{{ greeting }}", *paragraphs))
    return {"subject": subject, "preview_text": "", "blocks": blocks_of(text)}


def _wait(days: int) -> tuple[str, dict[str, Any]]:
    return Kind.WAIT, {"days": days, "hours": 0, "at": 9}


def _welcome() -> Steps:
    return [
        (
            Kind.SEND,
            _message(
                _("Welcome!"),
                _("Thank you for joining us. You hear from us first from now on: our ideas, our meetings."),
                _("One thing helps us at once: tell us what matters most to you. Just answer this message."),
            ),
        ),
        _wait(3),
        (
            Kind.SEND,
            _message(
                _("Three ways to help, in five minutes each"),
                _("Forward our programme to a friend who hesitates."),
                _("Come to a meeting near you, and bring somebody."),
                _("Give an hour: at a stall, on the phone, at the doors."),
            ),
        ),
        _wait(7),
        (
            Kind.SEND,
            _message(
                _("Shall we meet?"),
                _("Local teams meet every week. Answer this message and somebody near you gets in touch."),
            ),
        ),
    ]


def _reminder() -> Steps:
    return [
        _wait(3),
        (
            Kind.SEND,
            _message(
                _("A little reminder"),
                _("You meant to come back to us. It takes two minutes, and it counts."),
            ),
        ),
        _wait(7),
        (
            Kind.SEND,
            _message(
                _("One last word"),
                _("We do not write about it again. If you still wish to take part, answer this message."),
            ),
        ),
    ]


_STEPS: dict[str, Callable[[], Steps]] = {WELCOME: _welcome, REMINDER: _reminder}
