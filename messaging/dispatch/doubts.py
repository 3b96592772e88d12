"""Answers that never came, counted for each account by all workers together.

A message that was offered and never answered is `unknown`: nobody sends it again by itself, so each of them
costs somebody a message or, by a person's decision, perhaps a second one. A provider that fails this way must
not be offered a whole mailing: it rests, longer each time, then one worker tries one message; what goes on
failing, or fails too often among what goes well, pauses the mailing.

Nothing is written while answers come.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from django.db import connection, transaction

from messaging.providers.smtp.sources import Stream

A_MESSAGE = 1.0
A_CALL = 3.0
"""Units that one lost answer counts: for one message, or for a whole call."""

REST_FROM = 3.0  # units in a row
PAUSE_FROM = 20.0  # units: twenty messages or seven calls, less what went well
FORGIVEN = 0.1
"""Of what a lost answer counts, by each that comes: more than every tenth lost comes to a pause."""

FIRST_REST = 5.0  # seconds; doubled each time
LONGEST_REST = 60.0
TRIAL_SECONDS = 60.0
"""While one worker tries one message, the others wait so long for what becomes of it."""

TRIED_WITH = 1  # messages


class Answers(NamedTuple):
    """So many answers of a provider. `is_call`: each stands for all messages of a call."""

    number: int
    is_call: bool


class Doubt(NamedTuple):
    """`units`: lost answers, less what went well; `in_row`: since the last that came."""

    units: float = 0.0
    in_row: float = 0.0
    rests_until: float = 0.0  # monotonic seconds

    @property
    def is_open(self) -> bool:
        """It must show with one message that answers come again."""
        return self.in_row >= REST_FROM

    @property
    def is_no_accident(self) -> bool:
        return self.units >= PAUSE_FROM


_TOLD = "units, in_row, extract(epoch FROM rests_until - now())"

_UNANSWERED = f"""
INSERT INTO messaging_accountdoubt AS known (account_id, stream, units, in_row, rests_until)
VALUES (%(account)s, %(stream)s, %(units)s, %(units)s,
    CASE WHEN %(units)s >= %(rest_from)s THEN now() + make_interval(secs => %(first_rest)s) END)
ON CONFLICT (account_id, stream) DO UPDATE SET
    units = known.units + excluded.units,
    in_row = known.in_row + excluded.in_row,
    rests_until = CASE WHEN known.in_row + excluded.in_row >= %(rest_from)s THEN
        now() + make_interval(secs => least(%(longest_rest)s,
            %(first_rest)s * power(2, least(9, floor((known.in_row + excluded.in_row) / %(rest_from)s) - 1))))
        ELSE known.rests_until END
RETURNING {_TOLD}
"""  # noqa: S608 - our own text

_COUNT_AGAIN = f"""
UPDATE messaging_accountdoubt SET units = least(units, in_row, %(most)s)
WHERE account_id = %(account)s AND stream = %(stream)s RETURNING {_TOLD}
"""  # noqa: S608 - our own text

_ANSWERED = f"""
UPDATE messaging_accountdoubt SET in_row = 0, rests_until = NULL, units = greatest(0, units - %(units)s)
WHERE account_id = %(account)s AND stream = %(stream)s RETURNING {_TOLD}
"""  # noqa: S608 - our own text


def all_doubts() -> dict[tuple[int, Stream], Doubt]:
    """Every account and stream of which there is any doubt; most often none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT account_id, stream, {_TOLD} FROM messaging_accountdoubt")  # noqa: S608 - our own text
        return {(account, Stream(stream)): _doubt(*told) for account, stream, *told in cursor.fetchall()}


def note_unanswered(account: int, stream: Stream, answers: Answers) -> Doubt:
    """So many answers never came."""
    units = answers.number * (A_CALL if answers.is_call else A_MESSAGE)
    values = {"units": units, "rest_from": REST_FROM, "first_rest": FIRST_REST, "longest_rest": LONGEST_REST}
    return _change(_UNANSWERED, account, stream, **values)


def note_answered(account: int, stream: Stream, answers: Answers) -> Doubt:
    """So many answers came."""
    units = answers.number * FORGIVEN * (A_CALL if answers.is_call else A_MESSAGE)
    doubt = _change(_ANSWERED, account, stream, units=units)
    if not doubt.units:
        _change(
            "DELETE FROM messaging_accountdoubt"
            " WHERE account_id = %(account)s AND stream = %(stream)s AND units <= 0 AND in_row <= 0",
            account,
            stream,
        )
    return doubt


def take_trial(account: int, stream: Stream) -> bool:
    """Be the worker that tries one message, the rest being over; False when another is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_accountdoubt SET rests_until = now() + make_interval(secs => %s)"
            " WHERE account_id = %s AND stream = %s AND (rests_until IS NULL OR rests_until <= now())",
            [TRIAL_SECONDS, account, stream.value],
        )
        return bool(cursor.rowcount)


def give_trial_back(account: int, stream: Stream) -> None:
    """Nothing was offered after all (the gate held it): the next may try at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_accountdoubt SET rests_until = NULL WHERE account_id = %s AND stream = %s",
            [account, stream.value],
        )


def count_again(account: int, stream: Stream) -> Doubt:
    """After a pause counting begins again; that one message is tried first stays."""
    return _change(_COUNT_AGAIN, account, stream, most=A_CALL)


def _change(statement: str, account: int, stream: Stream, **values: float) -> Doubt:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, {"account": account, "stream": stream.value, **values})
        told = cursor.fetchone() if cursor.description else None
    return _doubt(*told) if told is not None else Doubt()


def _doubt(units: float, in_row: float, rests_for: float | None) -> Doubt:
    return Doubt(units, in_row, time.monotonic() + float(rests_for) if rests_for is not None else 0.0)
