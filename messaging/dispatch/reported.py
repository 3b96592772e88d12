"""What providers report becomes the state of each row, in bulk, whatever the order of the events.

States have a rank (accepted, delivered, then returned or reported as spam): an event moves a row up, never
down, and an event told again moves nothing. Any event about a message proves that the provider has it: an
uncertain row is settled by it, and so is one whose answer is still on its way. Rows that wait or have ended
otherwise stay as they are. The table of effects is in docs/provider-events.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from contacts.models import Merge
from messaging.content.keyring import BadToken
from messaging.content.marks import occasion_number
from messaging.content.return_keys import ReturnToken, read_return
from messaging.dispatch.ledger import Key, Ledger
from messaging.enums import DeliveryState
from messaging.models import Campaign
from messaging.providers.base import Event, EventKind

LONGEST_ANSWER = 300
LONGEST_ID = 200

STATE_AFTER = {
    EventKind.ACCEPTED: DeliveryState.ACCEPTED,
    EventKind.DEFERRED: DeliveryState.ACCEPTED,
    EventKind.DELIVERED: DeliveryState.DELIVERED,
    # Whoever opened, clicked or left has it.
    EventKind.OPENED: DeliveryState.DELIVERED,
    EventKind.CLICKED: DeliveryState.DELIVERED,
    EventKind.UNSUBSCRIBED: DeliveryState.DELIVERED,
    EventKind.REFUSED: DeliveryState.BOUNCED,
    EventKind.BOUNCED: DeliveryState.BOUNCED,
    EventKind.COMPLAINED: DeliveryState.COMPLAINED,
}
RANK = {
    DeliveryState.ACCEPTED: 1,
    DeliveryState.DELIVERED: 2,
    DeliveryState.BOUNCED: 3,
    DeliveryState.COMPLAINED: 4,
}
FINAL = frozenset({DeliveryState.BOUNCED, DeliveryState.COMPLAINED})
OPEN = frozenset({DeliveryState.HANDED, DeliveryState.UNKNOWN})


class Found(NamedTuple):
    """An event and the row that it is about, as it was before."""

    account: int
    event: Event
    ledger: Ledger
    key: Key
    state: DeliveryState
    address_hash: bytes
    channel: str


@dataclass
class _Move:
    """Where one row goes, by all its events of a batch."""

    ledger: Ledger
    key: Key
    before: DeliveryState
    after: DeliveryState
    answer: str = ""
    message_id: str = ""


# A token holds a number for the occasion, the ledger its text. Nobody's messages (confirmations of strangers)
# have one contact together, and as many occasions as there are of them.
_OCCASIONS = """
SELECT k.campaign_id, k.contact_id, d.occasion
FROM (
    SELECT DISTINCT * FROM unnest(%(campaigns)s::bigint[], %(contacts)s::bigint[])
) AS k (campaign_id, contact_id)
CROSS JOIN LATERAL (
    SELECT r.occasion FROM messaging_delivery r
    WHERE r.ledger_month = %(month)s AND r.campaign_id = k.campaign_id AND r.contact_id = k.contact_id
    OFFSET 0
) d
"""
# Locked here, in the order of their keys: what is read is what is written. Looked up one by one, as in the
# gate.
_FIND = """
SELECT k.number, d.contact_id, d.occasion, d.state, d.address_hash, c.channel
FROM unnest(%(numbers)s::int[], %(campaigns)s::bigint[], %(contacts)s::bigint[], %(occasions)s::text[])
    AS k (number, campaign_id, contact_id, occasion)
CROSS JOIN LATERAL (
    SELECT r.contact_id, r.occasion, r.state, r.address_hash FROM messaging_delivery r
    WHERE r.ledger_month = %(month)s AND r.campaign_id = k.campaign_id AND r.contact_id = k.contact_id
        AND r.occasion = k.occasion
    LIMIT 1 FOR UPDATE
) d
JOIN messaging_campaign c ON c.id = k.campaign_id
"""
_MOVE = """
UPDATE messaging_delivery d
SET state = v.state, lease_until = NULL,
    attempts = d.attempts + CASE d.state WHEN 'handed' THEN 1 ELSE 0 END,
    answer = CASE WHEN v.answer <> '' OR d.state IN ('handed', 'unknown') THEN v.answer ELSE d.answer END,
    provider_message_id = CASE d.provider_message_id WHEN '' THEN v.message_id ELSE d.provider_message_id END,
    settled_at = CASE WHEN d.state <> v.state THEN now() ELSE d.settled_at END
FROM unnest(%(campaigns)s::bigint[], %(contacts)s::bigint[], %(occasions)s::text[], %(states)s::text[],
        %(answers)s::text[], %(message_ids)s::text[])
    AS v (campaign_id, contact_id, occasion, state, answer, message_id)
CROSS JOIN LATERAL (
    SELECT r.ctid AS place FROM messaging_delivery r
    WHERE r.ledger_month = %(month)s AND r.campaign_id = v.campaign_id
        AND r.contact_id = v.contact_id AND r.occasion = v.occasion LIMIT 1
) found
WHERE d.ledger_month = %(month)s AND d.ctid = found.place
"""


def find_rows(events: Sequence[tuple[int, Event]]) -> list[Found]:
    """The rows that events (with their account) are about, locked; what names no row of ours is left out."""
    named = [(account, event, token) for account, event in events if (token := _token_of(event)) is not None]
    rows = _rows([token for _account, _event, token in named])
    missing = {token.contact for number, (_a, _e, token) in enumerate(named) if number not in rows}
    if missing:  # absorbed by another record since
        now = dict(
            Merge.objects.filter(absorbed_id__in=missing, undone_at__isnull=True).values_list(
                "absorbed_id", "kept_id"
            )
        )
        again = {
            number: ReturnToken(token.ledger_month, token.campaign, now[token.contact], token.occasion)
            for number, (_a, _e, token) in enumerate(named)
            if number not in rows and token.contact in now
        }
        found = _rows(list(again.values()))
        rows |= {number: found[place] for place, number in enumerate(again) if place in found}
    return [
        Found(account, event, Ledger(token.ledger_month, token.campaign), *rows[number])
        for number, (account, event, token) in enumerate(named)
        if number in rows
    ]


def move_rows(found: Iterable[Found]) -> int:
    """Move each row to where its events put it; returns how many changed their state."""
    moves = [move for move in _moves(found).values() if move.before != move.after or move.answer]
    # The ledger knows no way from "uncertain" to "delivered" but by "accepted": two steps, two statements.
    _write([_first_step(move) for move in moves if move.before in OPEN])
    _write([move for move in moves if move.after != DeliveryState.ACCEPTED or move.before not in OPEN])
    changed = [move for move in moves if move.before != move.after]
    _correct_kept_counts(changed)
    return len(changed)


def answer_of(event: Event) -> str:
    """What the server said, as people read it: "550 5.1.1 user unknown", without the address."""
    parts = (str(event.code) if event.code else "", event.enhanced, event.text)
    return " ".join(part for part in parts if part)[:LONGEST_ANSWER]


def _token_of(event: Event) -> ReturnToken | None:
    try:
        return read_return(event.key) if event.key else None
    except BadToken:
        return None


def _rows(tokens: Sequence[ReturnToken]) -> dict[int, tuple[Key, DeliveryState, bytes, str]]:
    """By the place of each token: key, state, address hash and channel of its row."""
    by_month: dict[date, list[int]] = defaultdict(list)
    for number in sorted(range(len(tokens)), key=lambda place: _place(tokens[place])):
        by_month[tokens[number].ledger_month].append(number)
    rows = {}
    for month, numbers in sorted(by_month.items()):
        occasions = _occasions(month, [tokens[number] for number in numbers])
        known = [number for number in numbers if _place(tokens[number]) in occasions]
        with connection.cursor() as cursor:
            cursor.execute(
                _FIND,
                {
                    "month": month,
                    "numbers": known,
                    "campaigns": [tokens[number].campaign for number in known],
                    "contacts": [tokens[number].contact for number in known],
                    "occasions": [occasions[_place(tokens[number])] for number in known],
                },
            )
            for number, contact, occasion, state, address_hash, channel in cursor.fetchall():
                key = Key(contact, occasion)
                rows[number] = (key, DeliveryState(state), bytes(address_hash), channel)
    return rows


def _place(token: ReturnToken) -> tuple[int, int, int]:
    return (token.campaign, token.contact, token.occasion)


def _occasions(month: date, tokens: Sequence[ReturnToken]) -> dict[tuple[int, int, int], str]:
    """The text of each token's occasion; a mailing has none, and need not be asked for it."""
    found = {_place(token): "" for token in tokens if not token.occasion}
    others = [token for token in tokens if token.occasion]
    if not others:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            _OCCASIONS,
            {
                "month": month,
                "campaigns": [token.campaign for token in others],
                "contacts": [token.contact for token in others],
            },
        )
        return found | {
            (campaign, contact, occasion_number(occasion)): occasion
            for campaign, contact, occasion in cursor.fetchall()
        }


def _moves(found: Iterable[Found]) -> dict[tuple[Ledger, Key], _Move]:
    moves: dict[tuple[Ledger, Key], _Move] = {}
    for one in found:
        if one.state not in OPEN and one.state not in RANK:
            continue
        move = moves.setdefault((one.ledger, one.key), _Move(one.ledger, one.key, one.state, one.state))
        move.message_id = move.message_id or one.event.message_id[:LONGEST_ID]
        after = STATE_AFTER[one.event.kind]
        if move.before in FINAL or RANK[after] < RANK.get(move.after, 0):
            continue
        is_higher = RANK[after] > RANK.get(move.after, 0)
        says_more = one.event.kind is EventKind.DEFERRED and move.after == DeliveryState.ACCEPTED
        if is_higher or says_more:
            move.after = after
            is_trouble = after in FINAL or one.event.kind is EventKind.DEFERRED
            move.answer = answer_of(one.event) if is_trouble else ""
    return moves


def _first_step(move: _Move) -> _Move:
    answer = move.answer if move.after == DeliveryState.ACCEPTED else ""
    return _Move(move.ledger, move.key, move.before, DeliveryState.ACCEPTED, answer, move.message_id)


def _write(moves: Sequence[_Move]) -> None:
    by_month: dict[date, list[_Move]] = defaultdict(list)
    for move in moves:
        by_month[move.ledger.month].append(move)
    for month, of_month in by_month.items():
        with connection.cursor() as cursor:
            cursor.execute(
                _MOVE,
                {
                    "month": month,
                    "campaigns": [move.ledger.campaign for move in of_month],
                    "contacts": [move.key.contact for move in of_month],
                    "occasions": [move.key.occasion for move in of_month],
                    "states": [move.after.value for move in of_month],
                    "answers": [move.answer for move in of_month],
                    "message_ids": [move.message_id for move in of_month],
                },
            )


def _correct_kept_counts(moves: Iterable[_Move]) -> None:
    """Lists show ended mailings by counts kept at their end: rows that moved since are moved there too."""
    deltas: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for move in moves:
        deltas[move.ledger.campaign][move.before.value] -= 1
        deltas[move.ledger.campaign][move.after.value] += 1
    if not deltas:
        return
    held = Campaign.objects.select_for_update(of=("self",)).only("state_counts").order_by("pk")
    ended = [campaign for campaign in held.filter(pk__in=list(deltas)) if campaign.state_counts]
    for campaign in ended:
        counts: dict[str, Any] = dict(campaign.state_counts)
        for state, delta in deltas[campaign.pk].items():
            counts[state] = counts.get(state, 0) + delta
        campaign.state_counts = {state: number for state, number in counts.items() if number}
    Campaign.objects.bulk_update(ended, ["state_counts"])
