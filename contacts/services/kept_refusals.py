"""What people refused is kept in a file beside the database as well: a restored backup has not heard of it.

`VAR_DIR/refusals.jsonl` holds keyed hashes, numbers and moments, no name and no address. A restore replays
it: whoever left since the backup is not written to. What somebody agreed to since is not kept: they are asked
again, which is the safe side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from campaign_crm.platform.backup import around
from campaign_crm.platform.kept_lines import append_lines, read_lines
from contacts.models import Consent, Contact, Merge, Subscription, Suppression
from contacts.services.projections import refresh_projections_from, refresh_reach

FILE = "refusals.jsonl"
AT_A_TIME = 5_000
Line = dict[str, Any]
Entry = tuple[bytes, str, str, str, datetime]
"""Keyed hash, channel, scope, reason, since when."""


def register() -> None:
    """Have a restore keep what the present database knows, and refuse again on the restored one."""
    around.register("refusals", before_it=save_all, after_it=_replayed_words)


def path() -> Path:
    return Path(settings.VAR_DIR) / FILE


def keep_stops(
    entries: Iterable[tuple[bytes, str, str, str, datetime]], *, import_id: int | None = None
) -> None:
    """Entries (hash, channel, scope, reason, since) of the do-not-contact list, once they are committed."""
    lines = [_stop(*entry, import_id=import_id) for entry in entries]
    _once_committed(lines)


def keep_taken_back(import_id: int) -> None:
    """A mistaken file was taken back: what it had put on the list is not refused."""
    _once_committed([{"taken_back": import_id}])


def keep_withdrawal(consent: Consent) -> None:
    """Somebody withdrew what they had agreed to."""
    _once_committed([_withdrawal(consent, consent.contact.created_at)])


def keep_ended(contact: Contact, newsletters: Iterable[int], at: datetime) -> None:
    """Somebody left some newsletters."""
    _once_committed([_ended(contact.pk, contact.created_at, newsletter, at) for newsletter in newsletters])


def save_all() -> None:
    """Before the database is replaced: whatever it knows and the file does not."""
    if Suppression._meta.db_table not in connection.introspection.table_names():
        return
    known = {_digest(line) for line in read_lines(path())}
    for lines in _batches(_everything()):
        append_lines(path(), [line for line in lines if _digest(line) not in known])


def replay(file: Path | None = None) -> int:
    """Refuse again what the restored database does not know; returns how much that was."""
    file = file or path()
    taken_back = {line["taken_back"] for line in read_lines(file) if "taken_back" in line}
    done = 0
    for lines in _batches(read_lines(file)):
        stops = [line for line in lines if "hash" in line and line.get("import") not in taken_back]
        with transaction.atomic():
            done += _stop_again(stops)
            for line in lines:
                if "purpose" in line:
                    done += _withdraw_again(line)
                elif "newsletter" in line:
                    done += _end_again(line)
    return done


def _stop_again(lines: list[Line]) -> int:
    """An entry that the backup knows stays as it knows it: the person may have lifted it since."""
    if not lines:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_STOP_AGAIN, [json.dumps(lines)])
        hashes = [row[0] for row in cursor.fetchall()]
    refresh_projections_from(
        "SELECT contact_id FROM contacts_emailaddress WHERE address_hash = ANY(%s)"
        " UNION SELECT contact_id FROM contacts_phonenumber WHERE address_hash = ANY(%s)",
        [hashes, hashes],
        refresh=refresh_reach,
    )
    return len(hashes)


def _withdraw_again(line: Line) -> bool:
    contact, at = _who(line), parse_datetime(line["at"])
    said = {"channel": line["channel"], "purpose": line["purpose"], "given": False, "at": at}
    if contact is None or Consent.objects.filter(contact=contact, **said).exists():
        return False
    Consent.objects.create(contact=contact, proof={"after_restore": True}, **said)
    refresh_reach([contact.pk])
    return True


def _end_again(line: Line) -> bool:
    contact, at = _who(line), parse_datetime(line["at"])
    running = Subscription.objects.filter(
        contact=contact, newsletter=line["newsletter"], ended_at=None, started_at__lte=at
    )
    return contact is not None and bool(running.update(ended_at=at))


def _who(line: Line) -> Contact | None:
    """The person of a line, or whoever had absorbed their record when the backup was made."""
    made = parse_datetime(line["made"])
    if made is None:
        return None
    found = Contact.objects.filter(pk=line["contact"], created_at=made).first()
    if found is not None:
        return found
    merge = Merge.objects.filter(absorbed_id=line["contact"], undone_at=None).select_related("kept").first()
    if merge is None or parse_datetime(merge.snapshot["contact"]["created_at"]) != made:
        return None
    return merge.kept


def _everything() -> Iterator[Line]:
    stops = Suppression.objects.order_by("pk")
    for one in stops.iterator(chunk_size=AT_A_TIME):
        imports = one.detail.get("imports") or [None]
        yield _stop(bytes(one.address_hash), one.channel, one.scope, one.reason, one.at, import_id=imports[0])
    withdrawn = Consent.objects.filter(given=False).select_related("contact").order_by("pk")
    for consent in withdrawn.iterator(chunk_size=AT_A_TIME):
        yield _withdrawal(consent, consent.contact.created_at)
    left = Subscription.objects.exclude(ended_at=None).select_related("contact").order_by("pk")
    for row in left.iterator(chunk_size=AT_A_TIME):
        if row.ended_at is not None:
            yield _ended(row.contact_id, row.contact.created_at, row.newsletter_id, row.ended_at)


def _stop(
    digest: bytes, channel: str, scope: str, reason: str, at: datetime, *, import_id: int | None
) -> Line:
    line = {"hash": digest.hex(), "channel": channel, "scope": scope, "reason": reason, "at": at.isoformat()}
    return line if import_id is None else {**line, "import": import_id}


def _withdrawal(consent: Consent, made: datetime) -> Line:
    return {
        "contact": consent.contact_id,
        "made": made.isoformat(),
        "channel": consent.channel,
        "purpose": consent.purpose,
        "at": consent.at.isoformat(),
    }


def _ended(contact: int, made: datetime, newsletter: int, at: datetime) -> Line:
    return {
        "contact": contact,
        "made": made.isoformat(),
        "newsletter": newsletter,
        "at": at.isoformat(),
    }


def _digest(line: Line) -> bytes:
    return hashlib.blake2b(json.dumps(line, sort_keys=True).encode(), digest_size=12).digest()


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while batch := list(islice(rest, AT_A_TIME)):
        yield batch


def _once_committed(lines: list[Line]) -> None:
    """A full disk must not undo what the person asked: it stands in the database, and the log says so."""
    if lines:
        transaction.on_commit(partial(append_lines, path(), lines), robust=True)


def _replayed_words() -> str:
    done = replay()
    return f"{done} refusals since the backup hold again." if done else ""


_STOP_AGAIN = """
WITH given AS (
    SELECT DISTINCT ON (hash, channel, scope) decode(hash, 'hex') AS address_hash, channel, scope, reason, at
    FROM jsonb_to_recordset(%s::jsonb)
        AS line (hash text, channel text, scope text, reason text, at timestamptz)
    ORDER BY hash, channel, scope, reason = 'hard_bounce', at
)
INSERT INTO contacts_suppression AS kept (address_hash, channel, scope, reason, at, detail)
SELECT address_hash, channel, scope, reason, at, '{"after_restore": true}'
FROM given
WHERE NOT EXISTS (
    SELECT FROM contacts_suppression AS known
    WHERE known.address_hash = given.address_hash AND known.channel = given.channel
      AND known.scope = given.scope AND known.at = given.at)
ORDER BY address_hash, channel, scope
ON CONFLICT (address_hash, channel, scope) WHERE lifted_at IS NULL DO UPDATE SET
    reason = excluded.reason WHERE kept.reason = 'hard_bounce' AND excluded.reason <> 'hard_bounce'
RETURNING address_hash
"""
