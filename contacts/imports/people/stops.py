"""What a row says of leaving: unsubscribed, complained, bounced, not to be called. Obeyed with the row.

A person's word closes the channel at every address of the row and stands in the ledger as a withdrawal; a
return closes only the address that came back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, SuppressionReason
from contacts.imports.people.numbers import read_email, values_of
from contacts.imports.reading import Row
from contacts.imports.states import ContactState, read_moment, read_state, scope_of
from contacts.imports.values import read_yes_no

REFUSES = {
    "refuses_email": (Channel.EMAIL,),
    "refuses_sms": (Channel.SMS,),
    "refuses_call": (Channel.CALL,),
    "refuses_post": (Channel.POST,),
    "refuses_all": tuple(Channel),
}
STATES = {"state_email": Channel.EMAIL, "state_sms": Channel.SMS}
FIELDS = {*REFUSES, *STATES, "unsubscribed_on", "bounced_email"}
Entry = tuple[str, str, str, str, str | None]
"""(hash in hexadecimal, channel, scope, reason, moment) of one entry of the do-not-contact list."""


class Left(NamedTuple):
    """Entries to write, channels that the person refused, and since when, if the file says it."""

    entries: list[Entry]
    refused: list[str]
    at: datetime | None


NOTHING = Left([], [], None)


def read_stops(
    columns: Mapping[str, Sequence[int]],
    row: Row,
    emails: Sequence[tuple[str, str]],
    phones: Sequence[tuple[str, str]],
    *,
    month_first: bool,
) -> Left:
    """Read a row; `emails` are (as written, normalised), `phones` (E.164, line), in the order of the file."""
    reasons: dict[Channel, SuppressionReason] = {}
    refused: set[Channel] = set()
    bounced: set[int] = set()
    for field, channel in STATES.items():
        for text in _texts(columns, row, field):
            _heed(read_state(text), channel, reasons, refused, bounced)
    for field, channels in REFUSES.items():
        for channel in channels if any(map(read_yes_no, _texts(columns, row, field))) else ():
            reasons.setdefault(channel, SuppressionReason.OBJECTION)
    for place, index in enumerate(columns.get("bounced_email", ())):
        _heed(_returned(row[index]), Channel.EMAIL, reasons, refused, bounced, place=place)
    at = next((read_moment(text, month_first) for text in _texts(columns, row, "unsubscribed_on")), None)
    if at is not None:
        reasons.setdefault(Channel.EMAIL, SuppressionReason.UNSUBSCRIBE)
    since = at.isoformat() if at else None
    entries: list[Entry] = []
    for channel, reason in reasons.items():
        addresses = (
            [email[1] for email in emails] if channel == Channel.EMAIL else [phone[0] for phone in phones]
        )
        if channel != Channel.POST:
            entries += [_entry(channel, address, reason, since) for address in addresses]
    for address in sorted({address for place in bounced for address in _addresses(columns, row, place)}):
        entries.append(_entry(Channel.EMAIL, address, SuppressionReason.HARD_BOUNCE, None))
    return Left(entries, sorted({*reasons, *refused}), at)


def _heed(
    state: ContactState | None,
    channel: Channel,
    reasons: dict[Channel, SuppressionReason],
    refused: set[Channel],
    bounced: set[int],
    *,
    place: int = 0,
) -> None:
    """Note what a state means; whoever never subscribed there has not agreed here."""
    match state:
        case ContactState.COMPLAINED:
            reasons[channel] = SuppressionReason.COMPLAINT
        case ContactState.UNSUBSCRIBED:
            reasons.setdefault(channel, SuppressionReason.UNSUBSCRIBE)
        case ContactState.NOT_SUBSCRIBED:
            refused.add(channel)
        case ContactState.BOUNCED if channel == Channel.EMAIL:
            bounced.add(place)


def _returned(cell: str) -> ContactState | None:
    """What a column of returns says: yes or no, a word, or the day of the return."""
    answer = read_yes_no(cell)
    if answer is not None:
        return ContactState.BOUNCED if answer else None
    return read_state(cell) or (ContactState.BOUNCED if read_moment(cell) else None)


def _addresses(columns: Mapping[str, Sequence[int]], row: Row, place: int) -> list[str]:
    """The addresses that a column of returns speaks of: those of the column of e-mails in the same place."""
    own = columns.get("email", ())
    texts = values_of(row[own[min(place, len(own) - 1)]]) if own else []
    return [normalised for text in texts if (normalised := read_email(text))]


def _texts(columns: Mapping[str, Sequence[int]], row: Row, field: str) -> list[str]:
    return [text for index in columns.get(field, ()) if (text := row[index].strip())]


def _entry(channel: Channel, address: str, reason: SuppressionReason, since: str | None) -> Entry:
    purpose = "email" if channel == Channel.EMAIL else "phone"
    return keyed_hash(purpose, address).hex(), channel.value, scope_of(reason).value, reason.value, since
