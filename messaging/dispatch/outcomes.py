"""What the provider said becomes the state of each row: certain answers end or wait, doubtful ones show.

| Result | Row | Why |
|---|---|---|
| accepted | `accepted` | the provider took responsibility |
| refused, about the recipient, the mailbox or the message | `failed` | a repeat would be refused again |
| refused, about the sender or the account | `retry_wait`, always; the mailing is paused | a person mends it |
| retry, about the account (quota, connection) | `retry_wait`, always | nobody is lost for our own trouble |
| retry, about its neighbours in a call | `retry_wait`, no attempt counted | nobody looked at this message |
| retry | `retry_wait`, at most `MAX_ATTEMPTS` times, then `failed` | surely not accepted |
| unknown | `unknown` | may have been accepted: never sent again by itself |
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from messaging.dispatch.ledger import Claim, Key
from messaging.dispatch.prepared import Statement, numbers, texts
from messaging.enums import DeliveryState
from messaging.providers.base import Fault, Outcome, Result

MAX_ATTEMPTS = 5
FIRST_DELAY = 60.0  # seconds before the second attempt; four times more before each further one
LONGEST_DELAY = 4 * 3600.0
OUR_LONGEST_DELAY = 600.0  # what waits for us to mend something leaves soon after
OURS = frozenset({Fault.SENDER, Fault.ACCOUNT})  # faults that are not the recipient's
LONGEST_ANSWER = 300
ROWS_A_STATEMENT = 200
"""As `ledger.KEYS_A_STATEMENT`: statements stay short."""


class Settled(NamedTuple):
    """What becomes of one handed row. `delay`: seconds to wait, for `retry_wait`."""

    key: Key
    state: DeliveryState
    attempts: int
    message_id: str = ""
    answer: str = ""
    delay: float = 0.0


# Rows are looked up by their key one by one, as in the gate; the month is written out there too.
_FIND = """
    SELECT r.ctid AS place FROM messaging_delivery r
    WHERE r.ledger_month = {month} AND r.campaign_id = %(campaign)s
        AND r.contact_id = v.contact_id AND r.occasion = v.occasion LIMIT 1
"""

# A late accepted answer settles a row that its lease already made unknown; nothing else touches that one.
_RECORD = f"""
UPDATE messaging_delivery d
SET state = v.state, attempts = v.attempts, provider_message_id = v.message_id, answer = v.answer,
    due_at = CASE v.state WHEN 'retry_wait' THEN now() + make_interval(secs => v.delay) ELSE d.due_at END,
    settled_at = CASE v.state WHEN 'retry_wait' THEN NULL ELSE now() END,
    lease_until = NULL
FROM unnest(%(contacts)s, %(occasions)s, %(states)s, %(attempts)s, %(message_ids)s, %(answers)s, %(delays)s)
    AS v (contact_id, occasion, state, attempts, message_id, answer, delay)
CROSS JOIN LATERAL ({_FIND}) found
WHERE d.ledger_month = {{month}} AND d.ctid = found.place AND d.token = %(token)s
    AND (d.state = 'handed' OR (d.state = 'unknown' AND v.state = 'accepted'))
"""  # noqa: S608 - our own text
_RECORD_TYPES = {
    "campaign": "bigint",
    "token": "bigint",
    "contacts": "bigint[]",
    "occasions": "text[]",
    "states": "text[]",
    "attempts": "int[]",
    "message_ids": "text[]",
    "answers": "text[]",
    "delays": "float8[]",
}

_FAIL_UNBUILT = f"""
UPDATE messaging_delivery d
SET state = 'failed', answer = v.answer, settled_at = now(), lease_until = NULL
FROM unnest(%(contacts)s::bigint[], %(occasions)s::text[], %(answers)s::text[])
    AS v (contact_id, occasion, answer)
CROSS JOIN LATERAL ({_FIND.replace("{month}", "%(month)s")}) found
WHERE d.ledger_month = %(month)s AND d.ctid = found.place AND d.token = %(token)s AND d.state = 'claimed'
"""  # noqa: S608 - our own text


def judge(key: Key, result: Result, *, attempts: int) -> Settled:
    """What one result makes of its row. `attempts` counts those before this one."""
    tried = attempts + 1
    match result.outcome:
        case Outcome.ACCEPTED:
            return Settled(key, DeliveryState.ACCEPTED, tried, result.message_id[:200])
        case Outcome.UNKNOWN:
            return Settled(key, DeliveryState.UNKNOWN, tried, answer=answer_of(result))
    if is_our_refusal(result) or (result.outcome is Outcome.RETRY and result.fault is Fault.ACCOUNT):
        delay = min(delay_after(tried, asked=result.retry_after), OUR_LONGEST_DELAY)
        counted = min(tried, MAX_ATTEMPTS - 1)  # the attempts of the recipient's own server still count
        return Settled(key, DeliveryState.RETRY_WAIT, counted, answer=answer_of(result), delay=delay)
    if result.outcome is Outcome.RETRY and result.fault is Fault.UNTRIED:
        return waiting_for_account(key, attempts=attempts, answer=answer_of(result), delay=FIRST_DELAY)
    if result.outcome is Outcome.RETRY and tried < MAX_ATTEMPTS:
        delay = delay_after(tried, asked=result.retry_after)
        return Settled(key, DeliveryState.RETRY_WAIT, tried, answer=answer_of(result), delay=delay)
    return Settled(key, DeliveryState.FAILED, tried, answer=answer_of(result))


def is_our_refusal(result: Result) -> bool:
    """Refused for our sender or our account: the recipient has no part in it, and loses nothing by it."""
    return result.outcome is Outcome.REFUSED and result.fault in OURS


def waiting_for_account(key: Key, *, attempts: int, answer: str, delay: float) -> Settled:
    """Nothing of the whole batch was offered: the row waits, and the attempt is not the recipient's."""
    return Settled(key, DeliveryState.RETRY_WAIT, attempts, answer=answer[:LONGEST_ANSWER], delay=delay)


def unanswered(key: Key, *, attempts: int, answer: str) -> Settled:
    """The call ended without a word about this row: it may have been accepted."""
    return Settled(key, DeliveryState.UNKNOWN, attempts + 1, answer=answer[:LONGEST_ANSWER])


def delay_after(attempts: int, *, asked: float | None = None) -> float:
    """Seconds before the next attempt: what the server asked for, else growing, spread by a fifth."""
    if asked is not None:
        return min(max(asked, 1.0), LONGEST_DELAY)
    grown: float = min(FIRST_DELAY * 4 ** (attempts - 1), LONGEST_DELAY)
    return grown * random.uniform(0.8, 1.2)  # noqa: S311 - spreads the load, hides nothing


def answer_of(result: Result) -> str:
    """The provider's answer as people read it: "550 5.1.1 user unknown", without the address."""
    parts = (str(result.code) if result.code else "", result.enhanced, result.text)
    return " ".join(part for part in parts if part)[:LONGEST_ANSWER]


def record(claim: Claim, settled: Sequence[Settled]) -> int:
    """Write results in bulk, fenced by the claim's token; returns how many rows were still this worker's.

    The commit is not waited for: the write-ahead log is one sequence, so the next durable intent makes it
    durable, or PostgreSQL itself within a second. A crash before leaves at most one batch to be `unknown`.
    """
    written = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(settled), ROWS_A_STATEMENT):
            written += _record_some(cursor, claim, settled[start : start + ROWS_A_STATEMENT])
    return written


def _record_some(cursor: CursorWrapper, claim: Claim, settled: Sequence[Settled]) -> int:
    _record_statement(claim.ledger.month).execute(
        cursor,
        {
            "campaign": claim.ledger.campaign,
            "token": claim.token,
            "contacts": numbers([one.key.contact for one in settled]),
            "occasions": texts([one.key.occasion for one in settled]),
            "states": texts([one.state.value for one in settled]),
            "attempts": numbers([one.attempts for one in settled]),
            "message_ids": texts([one.message_id for one in settled]),
            "answers": texts([one.answer for one in settled]),
            "delays": numbers([one.delay for one in settled]),
        },
    )
    return int(cursor.rowcount)


@lru_cache(maxsize=16)
def _record_statement(month: date) -> Statement:
    sql = _RECORD.replace("{month}", f"DATE '{month.isoformat()}'")
    return Statement(sql, _RECORD_TYPES, "SET LOCAL synchronous_commit = off;")


def fail_unbuilt(claim: Claim, faults: Iterable[tuple[Key, str]]) -> None:
    """End claimed rows whose message cannot be built: they were never handed over, and never can be."""
    listed = list(faults)
    if not listed:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _FAIL_UNBUILT,
            {
                "month": claim.ledger.month,
                "campaign": claim.ledger.campaign,
                "token": claim.token,
                "contacts": [key.contact for key, _answer in listed],
                "occasions": [key.occasion for key, _answer in listed],
                "answers": [answer[:LONGEST_ANSWER] for _key, answer in listed],
            },
        )
