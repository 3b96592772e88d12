"""What Mailgun's answers mean. Errors are `{"message": …}`; any bad address fails the whole call.

| Answer | Meaning |
|---|---|
| 2xx with "Queued" | `accepted`, all, with one id for the call: events are told apart by our key |
| 200 "Mailgun Magnificent API" | the address is not that of its API: an error for a person |
| another 2xx, cut or not understood | `unknown` |
| 400 about `from`, 400 or 403 about an unverified domain | `refused`, sender |
| 400 otherwise, 413 | not carried out; the message is found by halving the call |
| 401, 403, 404 | key, account or domain: an error for a person |
| 429 | waits |
| 5xx, no answer | `unknown`: no idempotency key is documented |
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from messaging.providers.base import Fault, OutgoingMessage, Result
from messaging.providers.errors import ProviderRefused
from messaging.providers.http import answers
from messaging.providers.http.answers import MessagesRefused, json_of
from messaging.providers.http.transport import Answer

_SENDER = re.compile(r"^'?from'? parameter|domain is unverified|unverified and requires", re.IGNORECASE)


def words(answer: Answer) -> str:
    """Mailgun's own sentence."""
    told = json_of(answer)
    if isinstance(told, dict):
        return str(told.get("message") or told.get("Error") or "")
    return answer.body[:200].decode("utf-8", "replace")  # "Forbidden", in plain text


def read(answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
    text = words(answer)
    if answer.status == 200 and b"Mailgun Magnificent API" in answer.body:
        raise ProviderRefused(answers.NOT_AN_API, code=200)
    if 200 <= answer.status < 300:
        told = json_of(answer)
        if not isinstance(told, dict) or not str(told.get("message", "")).startswith("Queued"):
            return [answers.unknown(answers.NONSENSE, answer.status)] * len(messages)
        return answers.accepted(answer.status, [str(told.get("id") or "").strip("<>")] * len(messages))
    if answer.status in (400, 403) and _SENDER.search(text):
        raise MessagesRefused(answers.refused(answer.status, text, Fault.SENDER))
    answers.raise_for_status(answer, text)
    return [answers.uncertain(answer)] * len(messages)
