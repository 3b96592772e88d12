"""Earlier values of the history: sealed under a key of each person, opened for those who may read them.

Triggers leave them in an unlogged table; a tick every few seconds seals what waits there. Whoever is gone, or
is being erased, gets no key: what waited of them is dropped unread.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction
from django.utils import timezone

from campaign_crm.platform.crypto import seal, unseal
from campaign_crm.platform.models import HistoryEntry, HistoryKey, HistoryValue

ROWS_AT_A_TIME = 2_000
NOBODY = 0
NONCE_BYTES = 12
MONTHS_AHEAD = timedelta(days=32)

_still_there: list[Callable[[set[int]], set[int]]] = []

_TAKE = """
DELETE FROM platform_historyspool WHERE ctid = ANY(ARRAY(SELECT ctid FROM platform_historyspool LIMIT %s))
RETURNING entry_id, at, object_id, person, before::text
"""


def knows_people(who: Callable[[set[int]], set[int]]) -> Callable[[set[int]], set[int]]:
    """Register what answers which of some people are there, and holds them until the transaction ends."""
    _still_there.append(who)
    return who


def seal_all_waiting() -> int:
    """Seal everything that waits; returns how many rows. One process at a time."""
    sealed = 0
    while taken := seal_some():
        sealed += taken
    return sealed


@transaction.atomic
def seal_some() -> int:
    """Seal a batch, and take it off the spool in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [ROWS_AT_A_TIME])
        rows = cursor.fetchall()
    if not rows:
        return 0
    people = {person for *_rest, person, _before in rows}
    there = {NOBODY}.union(*(who(people - {NOBODY}) for who in _still_there)) & people
    ciphers = _ciphers(there, make=True)
    HistoryValue.objects.bulk_create(
        [
            HistoryValue(
                at=at,
                entry_id=entry,
                object_id=thing,
                person=person,
                sealed=_sealed(ciphers[person], entry, thing, before),
            )
            for entry, at, thing, person, before in rows
            if person in ciphers
        ],
        ignore_conflicts=True,
    )
    return len(rows)


def destroy_keys(people: Iterable[int]) -> int:
    """Make the earlier values of these people unreadable for ever, also those not sealed yet."""
    gone = list(people)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM platform_historyspool WHERE person = ANY(%s)", [gone])
        return HistoryKey.objects.filter(person__in=gone).delete()[0]


def earlier_values(
    entries: Iterable[HistoryEntry], *, person: int | None = None
) -> dict[int, dict[str, Any]]:
    """{number of an entry: {column: earlier value}} of entries of one row; of that person's row if named.

    What was not sealed yet, or whose key is gone, is not there.
    """
    moments = {entry.id: entry.at for entry in entries}
    if not moments:
        return {}
    values = HistoryValue.objects.filter(at__in=set(moments.values()), entry_id__in=moments)
    if person is not None:
        values = values.filter(person=person)
    kept = list(values)
    ciphers = _ciphers({value.person for value in kept}, make=False)
    found: dict[int, dict[str, Any]] = {}
    for value in kept:
        opened = _opened(ciphers.get(value.person), value)
        if opened is not None:
            found[value.entry_id] = opened
    return found


def ensure_months() -> None:
    """The months of now and of the next weeks stand before anybody writes into them."""
    with connection.cursor() as cursor:
        for moment in (timezone.now(), timezone.now() + MONTHS_AHEAD):
            cursor.execute("SELECT crm_ensure_history_month(%s)", [moment])


def _ciphers(people: set[int], *, make: bool) -> dict[int, AESGCM]:
    keys = {row.person: row.sealed_key for row in HistoryKey.objects.filter(person__in=people)}
    fresh = {
        person: seal({"key": base64.b64encode(secrets.token_bytes(32)).decode()})
        for person in (people - keys.keys() if make else ())
    }
    HistoryKey.objects.bulk_create(
        [HistoryKey(person=person, sealed_key=key) for person, key in fresh.items()]
    )
    return {person: AESGCM(base64.b64decode(unseal(key)["key"])) for person, key in (keys | fresh).items()}


def _sealed(cipher: AESGCM, entry: int, thing: int, before: str) -> bytes:
    """Bound to its place: a sealed value moved to another row does not open."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, before.encode(), _place(entry, thing))


def _opened(cipher: AESGCM | None, value: HistoryValue) -> dict[str, Any] | None:
    sealed = bytes(value.sealed)
    if cipher is None:
        return None
    try:
        plain = cipher.decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(value.entry_id, value.object_id)
        )
    except InvalidTag:
        return None
    opened: dict[str, Any] = json.loads(plain)
    return opened


def _place(entry: int, thing: int) -> bytes:
    return f"{entry}:{thing}".encode()
