"""What an HTTP answer means before any provider's own words are read.

| Moment or status | Meaning | Why it is certain, or not |
|---|---|---|
| connecting, TLS, body not whole | `ProviderUnavailable`, or `retry` | no server acts on half a body |
| 2xx | the provider's own table | |
| 3xx, 404, 405 | `ProviderRefused` | nothing there takes messages: the settings are wrong |
| 400, 413, 422 | `MessagesRefused` | a client error: the call was not carried out (RFC 9110 §15.5) |
| 401, 402, 403 | `ProviderRefused` | key, credit or rights: a person mends it |
| 408, 425, 429 | `ProviderUnavailable` | the server says that it did not take the call |
| any other 4xx | `MessagesRefused` | as 400 |
| 5xx, 1xx, anything else | `unknown` | it may have been taken before the failure |
| no answer in time, reset after the body | `unknown` | same |

An adapter's own table comes first; this one is what remains.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils.translation import gettext_noop

from messaging.providers.base import Fault, Outcome, Result
from messaging.providers.errors import ProviderError, ProviderRefused, ProviderUnavailable
from messaging.providers.http.transport import Answer, Lost
from messaging.providers.smtp.answers import without_addresses

LONGEST_WAIT = 24 * 3600.0

NOT_AN_API = gettext_noop("There is nothing at this address that takes messages: check the settings")
BAD_CREDENTIALS = gettext_noop("The provider refused the key")
NOT_ALLOWED = gettext_noop("The provider does not let this account send")
NO_CREDIT = gettext_noop("The account has no credit left")
TOO_FAST = gettext_noop("The provider asks to wait: too many calls")
SERVER_ERROR = gettext_noop("The provider failed while it took the call; the messages may have been taken")
NONSENSE = gettext_noop("The provider's answer made no sense; the messages may have been taken")
TOO_LARGE = gettext_noop("The message is larger than the provider takes")
NOT_NAMED = gettext_noop("The provider refused the call without saying for which message")
OUT_OF_TIME = gettext_noop("The batch ran out of time before this message was offered")


class MessagesRefused(Exception):
    """The call was surely not carried out, because of some of its messages.

    `result` is what those get; `indexes` are theirs in the call, None when the provider does not say.
    """

    def __init__(self, result: Result, indexes: frozenset[int] | None = None) -> None:
        super().__init__(result.text)
        self.result = result
        self.indexes = indexes


def raise_for_status(answer: Answer, words: str) -> None:
    """Raise what a status that is no success means, unless it is openly uncertain; `words`: the server's."""
    status, detail = answer.status, without_addresses(words)
    if status < 300 or status >= 500:
        return
    if status in (401, 403):
        text = BAD_CREDENTIALS if status == 401 else NOT_ALLOWED
        raise ProviderRefused(text, detail=detail, code=status)
    if status == 402:
        raise ProviderRefused(NO_CREDIT, detail=detail, code=status)
    if status < 400 or status in (404, 405):
        raise ProviderRefused(NOT_AN_API, detail=detail, code=status)
    if status in (408, 425, 429):
        raise ProviderUnavailable(TOO_FAST, detail=detail, code=status, retry_after=retry_after(answer))
    raise MessagesRefused(refused(status, words, Fault.MESSAGE))


def clean(words: str) -> str:
    """A server's words without addresses, on one line."""
    return without_addresses(words)


def refused(code: int, words: str, fault: Fault) -> Result:
    return Result(Outcome.REFUSED, "", code, "", without_addresses(words), None, fault)


def retry(code: int, words: str, fault: Fault, *, wait: float | None = None) -> Result:
    return Result(Outcome.RETRY, "", code, "", without_addresses(words), wait, fault)


def unknown(text: str, code: int = 0) -> Result:
    return Result(Outcome.UNKNOWN, "", code, "", text, None, Fault.ACCOUNT)


def lost(error: Lost) -> Result:
    return unknown(error.text, error.code)


def accepted(code: int, ids: Iterable[str]) -> list[Result]:
    return [Result(Outcome.ACCEPTED, message_id, code) for message_id in ids]


def uncertain(answer: Answer) -> Result:
    """Of a 5xx, or an answer that cannot be read."""
    return unknown(SERVER_ERROR if answer.status >= 500 else NONSENSE, answer.status)


def not_offered(error: ProviderError) -> Result:
    """What a message gets when the account stopped taking calls while others of its batch were taken."""
    outcome = Outcome.REFUSED if error.permanent else Outcome.RETRY
    words = f"{error.text}: {error.detail}" if error.detail else error.text
    return Result(outcome, "", error.code, "", words, error.retry_after, Fault.ACCOUNT)


def json_of(answer: Answer) -> Any:
    """The body as JSON; None when it is none, or was cut."""
    if not answer.whole:
        return None
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def retry_after(answer: Answer) -> float | None:
    """Seconds that the server asks to wait (RFC 9110 §10.2.3): a number, or a date."""
    told = answer.headers.get("Retry-After", "").strip()
    if not told:
        return None
    try:
        seconds = float(told)
    except ValueError:
        try:
            moment = parsedate_to_datetime(told)
        except (ValueError, TypeError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None
