"""What Brevo's answers mean. Errors are `{"code": …, "message": …}`.

| Answer | Meaning |
|---|---|
| 2xx | `accepted`, with an id a version in `messageIds`, or one `messageId` for a single version |
| 400 about the sender ("sender … is not valid") | `refused`, sender |
| 400 that names a version (`messageVersions[3]`) | `refused` for that one; the others are offered again |
| 400 otherwise, 413, 422 | not carried out; the message is found by halving the call |
| 400 `duplicate_parameter` (the call's key was used) | `unknown`: Brevo has it and does not say more |
| 401 | key refused; 402 or `not_enough_credits`: no credit; 403: account not activated or suspended |
| 429 | waits for `x-sib-ratelimit-reset` seconds |
| 5xx, no answer | repeated twice with the same key; still none: `unknown` |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop

from messaging.providers.base import Fault, OutgoingMessage, Result
from messaging.providers.errors import ProviderRefused, ProviderUnavailable
from messaging.providers.http import answers
from messaging.providers.http.answers import MessagesRefused, json_of
from messaging.providers.http.transport import Answer

ALREADY_HAS = gettext_noop("Brevo has this call already; its events will say what became of it")

_VERSION = re.compile(r"messageVersions?\W{0,2}(\d+)", re.IGNORECASE)
_SENDER = re.compile(r"\bsender\b", re.IGNORECASE)


def words(answer: Answer) -> str:
    """Brevo's own sentence."""
    told = json_of(answer)
    return str(told.get("message", "")) if isinstance(told, dict) else ""


def read(answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
    if 200 <= answer.status < 300:
        return answers.accepted(answer.status, _ids(json_of(answer), len(messages)))
    told = json_of(answer)
    code = str(told.get("code", "")) if isinstance(told, dict) else ""
    text = words(answer)
    if code == "duplicate_parameter":
        return [answers.unknown(ALREADY_HAS, answer.status)] * len(messages)
    if code == "not_enough_credits":
        raise ProviderRefused(answers.NO_CREDIT, code=answer.status)
    if answer.status == 429 and answers.retry_after(answer) is None:
        reset = answer.headers.get("x-sib-ratelimit-reset", "")
        seconds = float(reset) if reset.isdigit() else None
        raise ProviderUnavailable(answers.TOO_FAST, code=429, retry_after=seconds)
    if answer.status == 400:
        _raise_refusal(text, len(messages))
    answers.raise_for_status(answer, text)
    return [answers.uncertain(answer)] * len(messages)


def _ids(told: Any, count: int) -> list[str]:
    """The ids in the order of the versions; none where they cannot be told apart."""
    if isinstance(told, dict):
        found = told.get("messageIds") or [told.get("messageId")]
        if isinstance(found, list) and len(found) == count:
            return [str(one or "").strip("<>") for one in found]  # as its events write it
    return [""] * count


def _raise_refusal(text: str, count: int) -> None:
    named = {int(number) for number in _VERSION.findall(text)}
    if named and max(named) < count:
        raise MessagesRefused(answers.refused(400, text, Fault.MESSAGE), frozenset(named))
    fault = Fault.SENDER if _SENDER.search(text) else Fault.MESSAGE
    raise MessagesRefused(answers.refused(400, text, fault))
