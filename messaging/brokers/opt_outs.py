"""Opt-outs handed to a broker as hashes, and those that the broker hands back.

The do-not-contact list keeps keyed hashes, which nobody else can compare. What a broker can compare is hashed
from the addresses that the base still holds; entries whose address is gone are counted and said.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import SuppressedDigest, Suppression
from contacts.models.suppressed_digest import DigestAlgorithm
from contacts.services.addresses import InvalidAddress
from contacts.services.stopped_addresses import Stopped, stop_addresses
from contacts.services.suppressions import address_hash_for
from messaging.brokers.mailings import BrokerRefused
from messaging.enums import BrokerState
from messaging.models import BrokerMailing, OptOutHandOver
from messaging.services.rights import ask_right

STAYS = timedelta(hours=48)
SALT_BYTES = 16
MOST_LINES = 200_000
LINES_AT_A_TIME = 5_000
_HASH = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class TakenBack:
    """What a file of opt-outs held: `stopped` now on the list, `kept` as hashes until their address comes in,
    `unknown` salted hashes of nobody we know, `wrong` lines that are neither an address nor a hash."""

    stopped: int = 0
    kept: int = 0
    unknown: int = 0
    wrong: int = 0


@transaction.atomic
def hand_opt_outs(*, mailing: BrokerMailing, salted: bool, by: User) -> OptOutHandOver:
    """Make the hashes ready for the broker, for two days; journaled with their number."""
    ask_right(by, Right.SEND_CAMPAIGN)
    if mailing.state != BrokerState.HANDED:
        raise BrokerRefused(_("Hand the kit over first: opt-outs go with it."))
    salt = secrets.token_hex(SALT_BYTES) if salted else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_HASHES}) AS hashed", {"salt": salt})  # noqa: S608 - our SQL
        count = int(cursor.fetchone()[0])
        cursor.execute(_GONE)
        unknown = int(cursor.fetchone()[0])
    made = OptOutHandOver.objects.create(
        mailing=mailing,
        salt=salt,
        count=count,
        unknown=unknown,
        made_by=by,
        expires_at=timezone.now() + STAYS,
    )
    audit.record(
        action="broker.opt_outs",
        on=mailing,
        by=by,
        detail={"rows": count, "kind": "salted" if salted else "plain"},
    )
    return made


def hashes_of(made: OptOutHandOver) -> Iterator[str]:
    """The lines of the file: SHA-256 as hexadecimal digits, in no order that tells anything."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_HASHES} ORDER BY 1", {"salt": made.salt})
        while rows := cursor.fetchmany(LINES_AT_A_TIME):
            yield "".join(f"{row[0]}\n" for row in rows)


def take_opt_outs(*, mailing: BrokerMailing, lines: Iterable[str], by: User) -> TakenBack:
    """Put the opt-outs that a broker hands back on the do-not-contact list: addresses, or SHA-256 hashes."""
    ask_right(by, Right.EDIT_COMPLIANCE)
    addresses, hashes, wrong = _sorted_out(lines)
    salt = mailing.hand_overs.exclude(salt="").order_by("-pk").values_list("salt", flat=True).first()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, {"hashes": sorted(hashes), "salt": salt or ""})
            known = {row[0]: bytes(row[1]) for row in cursor.fetchall()}
        detail: dict[str, Any] = {"broker_mailing": mailing.pk}
        stopped = {*addresses, *known.values()}
        stop_addresses(
            channel=Channel.EMAIL,
            scope=SuppressionScope.POLITICAL,
            reason=SuppressionReason.UNSUBSCRIBE,
            stopped=[Stopped(digest, detail) for digest in sorted(stopped)],
        )
        others = hashes - set(known)
        if salt is None:
            SuppressedDigest.objects.bulk_create(
                [
                    SuppressedDigest(
                        algorithm=DigestAlgorithm.SHA256,
                        digest=bytes.fromhex(one),
                        channel=Channel.EMAIL,
                        scope=SuppressionScope.POLITICAL,
                        reason=SuppressionReason.UNSUBSCRIBE,
                        detail=detail,
                    )
                    for one in sorted(others)
                ],
                ignore_conflicts=True,
            )
        kept = len(others) if salt is None else 0
        taken = TakenBack(len(stopped), kept, len(others) - kept, wrong)
        audit.record(
            action="broker.take_opt_outs", on=mailing, by=by, detail={"rows": taken.stopped + taken.kept}
        )
    return taken


def _sorted_out(lines: Iterable[str]) -> tuple[set[bytes], set[str], int]:
    """(keyed hashes of addresses, foreign hashes in lower case, wrong lines) of a file's first column."""
    addresses: set[bytes] = set()
    hashes: set[str] = set()
    wrong = 0
    for number, line in enumerate(lines):
        if number > MOST_LINES:
            raise BrokerRefused(_("At most %(most)s lines: cut the file.") % {"most": MOST_LINES})
        value = re.split(r"[;,\t]", line, maxsplit=1)[0].strip().strip('"').strip()
        if not value:
            continue
        if _HASH.fullmatch(value):
            hashes.add(value.lower())
            continue
        try:
            addresses.add(address_hash_for(Channel.EMAIL, value))
        except InvalidAddress:
            wrong += number > 0  # the first line may be a heading
    if not addresses and not hashes:
        raise BrokerRefused(_("This file holds no address and no SHA-256 hash, one a line."))
    return addresses, hashes, wrong


def entries_in_force() -> int:
    return Suppression.objects.in_force().filter(channel=Channel.EMAIL).count()


_REFUSED = """
EXISTS (SELECT FROM contacts_suppression AS entry WHERE entry.address_hash = email.address_hash
        AND entry.channel = 'email' AND entry.lifted_at IS NULL)
OR EXISTS (SELECT FROM contacts_reach AS own WHERE own.contact_id = email.contact_id
           AND own.channel = 'email' AND own.reason IN ('erased', 'suppressed', 'withdrawn'))
"""
_HASHES = f"""
SELECT DISTINCT encode(sha256(convert_to(%(salt)s || email.normalised, 'UTF8')), 'hex')
FROM contacts_emailaddress AS email WHERE {_REFUSED}
"""  # noqa: S608 - our own text
_GONE = """
SELECT count(*) FROM contacts_suppression AS entry
WHERE entry.channel = 'email' AND entry.lifted_at IS NULL AND NOT EXISTS (
    SELECT FROM contacts_emailaddress AS email WHERE email.address_hash = entry.address_hash)
"""
_KNOWN = """
SELECT hashed.digest, email.address_hash
FROM contacts_emailaddress AS email
CROSS JOIN LATERAL (
    SELECT encode(sha256(convert_to(email.normalised, 'UTF8')), 'hex') AS digest
    UNION SELECT encode(sha256(convert_to(%(salt)s || email.normalised, 'UTF8')), 'hex')
) AS hashed
WHERE hashed.digest = ANY(%(hashes)s)
"""
