"""What Amazon SES's answers to SendBulkEmail mean (botocore's service model `sesv2`, API of 2019-09-27).

A 200 has one status an entry, in order; anything else carries no entry out.

| Status of an entry | Meaning |
|---|---|
| SUCCESS | `accepted`, with its id |
| MESSAGE_REJECTED, INVALID_PARAMETER | `refused`, message; sender if an address "is not verified" |
| MAIL_FROM_DOMAIN_NOT_VERIFIED | `refused`, sender |
| ACCOUNT_SUSPENDED, …_PAUSED, …_NOT_FOUND, INVALID_SENDING_POOL_NAME | `refused`, account |
| ACCOUNT_THROTTLED, TRANSIENT_FAILURE, ACCOUNT_DAILY_QUOTA_EXCEEDED | `retry`, account |
| FAILED, a status not known here | `unknown`: SES does not say that it was not sent |

| Error of a call | Meaning |
|---|---|
| TooManyRequests, Throttling, LimitExceeded | not carried out; waits |
| MessageRejected, BadRequest | not carried out; found by halving, or the sender's |
| MailFromDomainNotVerified | `refused`, sender |
| AccountSuspended, SendingPaused, NotFound, a key's fault | an error for a person |
| 5xx, no answer | `unknown`: SES knows no idempotency key |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from messaging.providers.base import Fault, Outcome, OutgoingMessage, Result
from messaging.providers.errors import ProviderRefused, ProviderUnavailable
from messaging.providers.http import answers
from messaging.providers.http.answers import MessagesRefused, json_of
from messaging.providers.http.transport import Answer

SECOND, HOUR = 1.0, 3600.0

_NOT_VERIFIED = re.compile(r"not verified", re.IGNORECASE)
_QUOTA = re.compile(r"daily|quota", re.IGNORECASE)
_REFUSED = {
    "MESSAGE_REJECTED": Fault.MESSAGE,
    "INVALID_PARAMETER": Fault.MESSAGE,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": Fault.SENDER,
    "ACCOUNT_SUSPENDED": Fault.ACCOUNT,
    "ACCOUNT_SENDING_PAUSED": Fault.ACCOUNT,
    "CONFIGURATION_SET_SENDING_PAUSED": Fault.ACCOUNT,
    "CONFIGURATION_SET_NOT_FOUND": Fault.ACCOUNT,
    "TEMPLATE_NOT_FOUND": Fault.ACCOUNT,
    "INVALID_SENDING_POOL_NAME": Fault.ACCOUNT,
}
_RETRY = {"ACCOUNT_THROTTLED": SECOND, "TRANSIENT_FAILURE": SECOND, "ACCOUNT_DAILY_QUOTA_EXCEEDED": HOUR}
_KEY_FAULTS = (
    "UnrecognizedClient InvalidClientTokenId InvalidSignature SignatureDoesNotMatch IncompleteSignature"
    " MissingAuthenticationToken AccessDenied RequestExpired ExpiredToken NotAuthorized"
).split()


def words(answer: Answer) -> str:
    """The service's own sentence."""
    told = json_of(answer)
    return str(told.get("message") or told.get("Message") or "") if isinstance(told, dict) else ""


def read(answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
    if answer.status != 200:
        raise_for_error(error_name(answer), answer)
        return [answers.uncertain(answer)] * len(messages)
    told = json_of(answer)
    entries = told.get("BulkEmailEntryResults") if isinstance(told, dict) else None
    if not isinstance(entries, list) or len(entries) != len(messages):
        return [answers.unknown(answers.NONSENSE, 200)] * len(messages)
    return [_result(entry) for entry in entries]


def error_name(answer: Answer) -> str:
    """The name of an error without its ending, from where the protocol (rest-json) puts it."""
    told = json_of(answer)
    named = answer.headers.get("x-amzn-ErrorType", "")
    if not named and isinstance(told, dict):
        named = str(told.get("__type") or told.get("code") or "")
    return named.partition(":")[0].rpartition("#")[2].removesuffix("Exception")


def raise_for_error(name: str, answer: Answer) -> None:
    """Raise what an error of a whole call means; returns when it is openly uncertain."""
    text, status = words(answer), answer.status
    if name in _KEY_FAULTS:
        raise ProviderRefused(answers.BAD_CREDENTIALS, detail=answers.clean(text), code=status)
    if name in ("AccountSuspended", "SendingPaused", "NotFound"):
        raise ProviderRefused(answers.NOT_ALLOWED, detail=answers.clean(text), code=status)
    if name in ("TooManyRequests", "Throttling", "LimitExceeded", "RequestThrottled"):
        wait = answers.retry_after(answer) or (HOUR if _QUOTA.search(text) else SECOND)
        raise ProviderUnavailable(answers.TOO_FAST, detail=answers.clean(text), code=status, retry_after=wait)
    if name == "MailFromDomainNotVerified" or (status == 400 and _NOT_VERIFIED.search(text)):
        raise MessagesRefused(answers.refused(status, text, Fault.SENDER))
    answers.raise_for_status(answer, text)


def _result(entry: Mapping[str, Any]) -> Result:
    status, text = str(entry.get("Status", "")), str(entry.get("Error") or "")
    told = f"{status}: {text}" if text else status
    if status == "SUCCESS":
        return Result(Outcome.ACCEPTED, str(entry.get("MessageId") or ""), 200)
    if status in _RETRY:
        return answers.retry(200, told, Fault.ACCOUNT, wait=_RETRY[status])
    if status in _REFUSED:
        fault = Fault.SENDER if _NOT_VERIFIED.search(text) else _REFUSED[status]
        return answers.refused(200, told, fault)
    return answers.unknown(answers.clean(told) or answers.NONSENSE, 200)
