"""Trying an account: a few questions that send nothing, answered in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from messaging.providers.errors import ProviderError, SettingsInvalid
from messaging.providers.http.answers import MessagesRefused, json_of, raise_for_status
from messaging.providers.http.transport import Answer, Lost, Request, Transport
from messaging.providers.registry import Finding, Settings

CHECK_TIMEOUT = 5.0
"""Seconds for each question: somebody waits for the page."""

MOST_NAMED = 5  # senders or domains named in a finding


def findings(settings: Settings, ask: Callable[[Settings], Iterator[Finding]]) -> list[Finding]:
    """What `ask` finds; what it raises is a finding too. Never raises a ProviderError."""
    found: list[Finding] = []
    started = time.monotonic()
    try:
        found.extend(ask(settings))
    except SettingsInvalid as error:
        return [Finding("error", f"{name}: {problem}") for name, problem in error.problems.items()]
    except ProviderError as error:
        text = _(error.text)
        return [*found, Finding("error", f"{text} ({error.detail})" if error.detail else text)]
    except Lost as error:
        return [*found, Finding("error", _(error.text))]
    except MessagesRefused as error:
        return [
            *found,
            Finding("error", _("The provider refused the question (%(answer)s)") % {"answer": error}),
        ]
    seconds = number_format(time.monotonic() - started, 1)
    return [
        Finding("ok", _("Connected, the key was accepted (%(seconds)s s).") % {"seconds": seconds}),
        *found,
    ]


def asked(
    transport: Transport, path: str, words: Callable[[Answer], str], *, may_be_denied: bool = False
) -> Any:
    """The JSON answer to a GET; raises as a send would. `may_be_denied`: {} when the key may not ask this."""
    answer = transport.call(Request(path, method="GET"))
    if may_be_denied and answer.status in (401, 403):
        return {}
    raise_for_status(answer, words(answer))
    return json_of(answer) or {}


def named(names: list[str]) -> str:
    """A few names and how many more."""
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return shown if more <= 0 else _("%(names)s and %(count)s more") % {"names": shown, "count": more}
