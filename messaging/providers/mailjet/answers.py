"""What Mailjet's answers mean. One entry a message, in order, also where the status is 400.

| Answer | Meaning |
|---|---|
| entry with `Status` "success" | `accepted`, with the recipient's `MessageID` |
| entry with "error" about `From` (not an authorised sender) | `refused`, sender |
| entry with "error" | `refused`, message |
| 2xx whose entries cannot be read | `unknown`: each entry has its own fate |
| 400, 413 without entries | not carried out; the message is found by halving the call |
| 401, 403 | key, or account blocked |
| 429 | waits |
| 5xx, no answer | `unknown` |

Mailjet drops a second message of one mailing to one address (`DeduplicateCampaign`): whoever sends uncertain
ones again doubles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from messaging.providers.base import Fault, Outcome, OutgoingMessage, Result
from messaging.providers.http import answers
from messaging.providers.http.answers import json_of
from messaging.providers.http.transport import Answer


def words(answer: Answer) -> str:
    """Mailjet's own sentence about a whole call."""
    told = json_of(answer)
    return str(told.get("ErrorMessage") or "") if isinstance(told, dict) else ""


def read(answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
    told = json_of(answer)
    entries = told.get("Messages") if isinstance(told, dict) else None
    if answer.status < 500 and isinstance(entries, list) and len(entries) == len(messages):
        return [_result(entry, answer.status) for entry in entries]
    answers.raise_for_status(answer, words(answer))
    return [answers.uncertain(answer)] * len(messages)


def _result(entry: Mapping[str, Any], status: int) -> Result:
    match entry.get("Status"):
        case "success":
            to = entry.get("To") or [{}]
            return Result(Outcome.ACCEPTED, str(to[0].get("MessageID") or ""), status)
        case "error":
            return _refusal(entry)
    return answers.unknown(answers.NONSENSE, status)


def _refusal(entry: Mapping[str, Any]) -> Result:
    errors = [error for error in entry.get("Errors") or [] if isinstance(error, dict)]
    text = "; ".join(
        f"{error.get('ErrorCode', '')} {error.get('ErrorMessage', '')}".strip() for error in errors
    )
    code = next((error["StatusCode"] for error in errors if isinstance(error.get("StatusCode"), int)), 400)
    related = {str(name) for error in errors for name in error.get("ErrorRelatedTo") or []}
    is_sender = any(name == "From" or name.startswith("From.") for name in related)
    return answers.refused(code, text, Fault.SENDER if is_sender else Fault.MESSAGE)
