"""What SendGrid's answers mean. Errors are `{"errors": [{"message", "field", "help"}]}`.

| Answer | Meaning |
|---|---|
| 2xx | `accepted`, all: one id for the call in `X-Message-Id`, with which the ids of its events begin |
| 400 whose `field` names a personalization (`personalizations.3.to`) | that one `refused`; others go again |
| 400 otherwise, 413 | not carried out; the message is found by halving the call |
| 400 or 403 about `from` ("verified Sender Identity") | `refused`, sender |
| 401 "Maximum credits exceeded" | no credit; other 401, 403: key or rights |
| 429 | waits until `X-RateLimit-Reset` |
| 5xx, no answer | `unknown`: no idempotency key is documented |
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from messaging.providers.base import Fault, OutgoingMessage, Result
from messaging.providers.errors import ProviderRefused, ProviderUnavailable
from messaging.providers.http import answers
from messaging.providers.http.answers import MessagesRefused, json_of
from messaging.providers.http.transport import Answer

_PLACE = re.compile(r"personalizations\.(\d+)")
_SENDER = re.compile(r"sender identity|from (?:email )?address", re.IGNORECASE)


def words(answer: Answer) -> str:
    """SendGrid's own sentences."""
    return "; ".join(str(error.get("message") or "") for error in _errors(answer))


def read(answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
    if 200 <= answer.status < 300:
        return answers.accepted(answer.status, [answer.headers.get("X-Message-Id", "")] * len(messages))
    text = words(answer)
    if answer.status in (401, 403) and "credits" in text.lower():
        raise ProviderRefused(answers.NO_CREDIT, code=answer.status)
    if answer.status in (400, 403) and _is_about_sender(answer, text):
        raise MessagesRefused(answers.refused(answer.status, text, Fault.SENDER))
    if answer.status == 429 and answers.retry_after(answer) is None:
        raise ProviderUnavailable(answers.TOO_FAST, code=429, retry_after=_until_reset(answer))
    if answer.status == 400:
        named = {int(place) for error in _errors(answer) for place in _PLACE.findall(str(error.get("field")))}
        if named and max(named) < len(messages):
            raise MessagesRefused(answers.refused(400, text, Fault.MESSAGE), frozenset(named))
    answers.raise_for_status(answer, text)
    return [answers.uncertain(answer)] * len(messages)


def _errors(answer: Answer) -> list[dict[str, Any]]:
    told = json_of(answer)
    found = told.get("errors") if isinstance(told, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is_about_sender(answer: Answer, text: str) -> bool:
    fields = [str(error.get("field") or "") for error in _errors(answer)]
    return any(field == "from" or field.startswith("from.") for field in fields) or bool(_SENDER.search(text))


def _until_reset(answer: Answer) -> float | None:
    """`X-RateLimit-Reset` is a moment, in seconds since 1970."""
    told = answer.headers.get("X-RateLimit-Reset", "")
    return min(max(float(told) - time.time(), 0.0), answers.LONGEST_WAIT) if told.isdigit() else None
