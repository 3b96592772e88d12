"""What a row says of leaving: unsubscribed, complained, bounced, not to be called. Obeyed with the row.

A person's word closes the channel at every address of the row and stands in the ledger as a withdrawal; a
return closes only the address that came back. What cannot be read is never taken for a permission: in a
column of refusals it refuses; in a column of states, as for whoever never subscribed, it is doubted that they
agreed on that channel, which takes back nothing that they said elsewhere; its words are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, SuppressionReason
from contacts.folding import fold
from contacts.imports.people.numbers import points_of, read_email
from contacts.imports.reading import Row
from contacts.imports.states import ContactState, is_refusal, read_moment, read_state, scope_of
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
HELD_AS_OPT_OUT = "2"  # CiviCRM writes `on_hold` as 0, 1 (bounce) or 2 (opt out)
Entry = tuple[str, str, str, str, str | None]
"""(hash in hexadecimal, channel, scope, reason, moment) of one entry of the do-not-contact list."""


class Left(NamedTuple):
    """Entries to write, channels that the person refused, those of which it is doubted that they agreed,
    since when they refused, if the file says it, and what of the row is no word that is known.
    """

    entries: list[Entry]
    refused: list[str]
    doubted: list[str]
    at: datetime | None
    unknown: list[str]


NOTHING = Left([], [], [], None, [])


def read_stops(
    columns: Mapping[str, Sequence[int]],
    row: Row,
    emails: Sequence[tuple[str, str]],
    phones: Sequence[tuple[str, str]],
    *,
    month_first: bool,
    list_state: str = "",
) -> Left:
    """Read a row; `emails` are (as written, normalised), `phones` (E.164, line), in the order of the file.

    `list_state` is the state of everybody in the file, beside what the row says.
    """
    reasons: dict[Channel, SuppressionReason] = {}
    doubted: set[Channel] = set()
    bounced: set[int] = set()
    unknown: list[str] = []
    if list_state:
        _heed(_said(read_state(list_state), list_state, unknown), Channel.EMAIL, reasons, doubted, bounced)
    for field, channel in STATES.items():
        for text in _texts(columns, row, field):
            _heed(_said(read_state(text), text, unknown), channel, reasons, doubted, bounced)
    for field, channels in REFUSES.items():
        for channel in channels if any(map(is_refusal, _texts(columns, row, field))) else ():
            reasons.setdefault(channel, SuppressionReason.OBJECTION)
    for place, index in enumerate(columns.get("bounced_email", ())):
        _heed(_returned(row[index], unknown), Channel.EMAIL, reasons, doubted, bounced, place=place)
    left_on = [text for text in _texts(columns, row, "unsubscribed_on") if is_refusal(text)]
    at = next((moment for text in left_on if (moment := read_moment(text, month_first))), None)
    if left_on:
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
    return Left(entries, sorted(reasons), sorted(doubted - reasons.keys()), at, unknown)


def _heed(
    state: ContactState | None,
    channel: Channel,
    reasons: dict[Channel, SuppressionReason],
    doubted: set[Channel],
    bounced: set[int],
    *,
    place: int = 0,
) -> None:
    """Note what a state means; whoever never subscribed there has not agreed here, and taken nothing back."""
    match state:
        case ContactState.COMPLAINED:
            reasons[channel] = SuppressionReason.COMPLAINT
        case ContactState.UNSUBSCRIBED:
            reasons.setdefault(channel, SuppressionReason.UNSUBSCRIBE)
        case ContactState.NOT_SUBSCRIBED:
            doubted.add(channel)
        case ContactState.BOUNCED if channel == Channel.EMAIL:
            bounced.add(place)


def _said(state: ContactState | None, text: str, unknown: list[str]) -> ContactState:
    """The state that a filled cell says; one that is not known is no subscription, and is told."""
    if state is None:
        unknown.append(text)
    return state or ContactState.NOT_SUBSCRIBED


def _returned(cell: str, unknown: list[str]) -> ContactState | None:
    """What a column of returns says: yes or no, a word, or the day of the return."""
    if not is_refusal(cell):
        return None
    if cell.strip() == HELD_AS_OPT_OUT:
        return ContactState.UNSUBSCRIBED
    if read_yes_no(cell) or read_moment(cell):
        return ContactState.BOUNCED
    return _said(read_state(cell), cell.strip(), unknown)


def _addresses(columns: Mapping[str, Sequence[int]], row: Row, place: int) -> list[str]:
    """The addresses that a column of returns speaks of: those of the column of e-mails in the same place."""
    own = columns.get("email", ())
    texts = points_of(row[own[min(place, len(own) - 1)]]) if own else []
    return [normalised for text in texts if (normalised := read_email(text))]


def _texts(columns: Mapping[str, Sequence[int]], row: Row, field: str) -> list[str]:
    """Filled cells of a field; a dash fills none."""
    return [text for index in columns.get(field, ()) if fold(text := row[index].strip())]


def _entry(channel: Channel, address: str, reason: SuppressionReason, since: str | None) -> Entry:
    purpose = "email" if channel == Channel.EMAIL else "phone"
    return keyed_hash(purpose, address).hex(), channel.value, scope_of(reason).value, reason.value, since
