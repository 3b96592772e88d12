"""What other programs call the state of a subscriber, read as one of five.

Words of the exports of Mailchimp (audience export: Subscribed, Unsubscribed, Cleaned, Non-subscribed), Brevo
(blacklisted), Action Network (OSDI `email_addresses[].status`: subscribed, unsubscribed, bouncing, previous
bounce, spam complaint, previous spam complaint), CiviCRM (`On Hold`: bounce, opt out), Mailjet, Sendinblue,
and of our own do-not-contact list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

from contacts.enums import SuppressionReason, SuppressionScope
from contacts.folding import fold
from contacts.imports.values import read_yes_no
from contacts.imports.written_dates import read_written_date


class ContactState(StrEnum):
    """`NOT_SUBSCRIBED`: known to the other program, and never asked for its messages."""

    SUBSCRIBED = "subscribed"
    NOT_SUBSCRIBED = "not_subscribed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_WORDS: dict[ContactState, tuple[str, ...]] = {
    ContactState.SUBSCRIBED: (
        *("subscribed", "subscriber", "active", "actif", "abonne", "abonnee", "inscrit", "inscrite"),
        *(
            "enabled",
            "opted in",
            "opt in",
            "optin",
            "confirmed",
            "confirme",
            "oui",
            "yes",
            "ok",
            "valid",
            "valide",
        ),
    ),
    ContactState.NOT_SUBSCRIBED: (
        *("non subscribed", "not subscribed", "nonsubscribed", "non abonne", "non inscrit", "transactional"),
        *("pending", "unconfirmed", "en attente", "non confirme", "never subscribed"),
        *("no status", "non", "no", "archived", "archive", "inactif", "inactive", "non contacte"),
    ),
    ContactState.UNSUBSCRIBED: (
        *("unsubscribed", "unsubscribe", "desabonne", "desabonnee", "desinscrit", "desinscrite", "opted out"),
        *("opt out", "optout", "stop", "blacklisted", "blacklist", "unjoined", "removed", "objection"),
        *(
            "oppose",
            "opposition",
            "unsub",
            "do not contact",
            "liste noire",
            "on hold opt out",
            "hold opt out",
        ),
        *("suppressed", "excluded", "exclu", "hold opt out", "user opt out", "blackliste", "blocklisted"),
        *("blocklist", "blockliste", "supprime", "deleted", "refuse", "refus", "opposed", "desinscription"),
        *("desabonnement", "ne pas contacter", "liste de blocage", "denied", "declined", "revoked"),
    ),
    ContactState.BOUNCED: (
        *("bounced", "bounce", "hard bounce", "hardbounce", "hardbounced", "cleaned", "nettoye", "invalid"),
        *("bouncing", "previous bounce", "on hold bounce", "hold bounce", "on hold", "npai"),
        *("adresse invalide", "undeliverable", "hard bounced", "blocked", "invalide", "erreur", "bad"),
    ),
    ContactState.COMPLAINED: (
        *("complained", "complaint", "spam", "spam complaint", "previous spam complaint", "abuse", "plainte"),
        *("marked as spam", "reported as spam", "erasure", "erased", "spam report", "abuse complaint"),
        *("complained abuse", "abuse report", "spam reported", "spammed"),
    ),
}
# Words that leave a column of refusals as good as empty. Anything else in it is a refusal.
_NO_REFUSAL = frozenset(
    [
        *(
            "0",
            "0 0",
            "non",
            "n",
            "no",
            "false",
            "faux",
            "aucun",
            "aucune",
            "jamais",
            "never",
            "none",
            "null",
        ),
        *("nan", "nil", "n a", "0000 00 00", "0000 00 00 00 00 00", "subscribed", "subscriber", "abonne"),
        *("inscrit", "optin", "opt in", "opted in", "non desinscrit", "non desabonne", "not unsubscribed"),
    ]
)
# Endings of words that are written for everybody: "désabonné(e)", "inscrit·e·s", "désinscrites".
_ENDINGS = (" e s", " es", " e", " s", "es", "e", "s")
SHORTEST_STEM = 5  # letters: below, an ending is the word itself
_STATE_OF = {word: state for state, words in _WORDS.items() for word in words}
_OWN = {reason.value: reason for reason in SuppressionReason}

# What a state puts on the do-not-contact list (law.md): what a person said closes political messages, an
# address that does not exist or a complaint closes every message.
REASON_OF = {
    ContactState.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBE,
    ContactState.BOUNCED: SuppressionReason.HARD_BOUNCE,
    ContactState.COMPLAINED: SuppressionReason.COMPLAINT,
}
_CLOSES_ALL = {SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.ERASURE}


def read_state(text: str) -> ContactState | None:
    """Return the state that a cell says, or None when it says none that is known."""
    return next((state for word in _forms(text) if (state := _STATE_OF.get(word)) is not None), None)


def is_refusal(text: str) -> bool:
    """True for what a column of refusals says, unless that is nothing or a plain no: in doubt, a refusal."""
    return bool(fold(text)) and not any(word in _NO_REFUSAL for word in _forms(text))


def is_agreement(text: str) -> bool:
    """True for a yes, a state of a subscriber or the day of the agreement: in doubt nobody agreed."""
    return bool(read_yes_no(text) or read_state(text) == ContactState.SUBSCRIBED or read_moment(text))


def is_plain_no(text: str) -> bool:
    """True for a no, and for who left: whatever else is no agreement says only that none is known."""
    left = (ContactState.UNSUBSCRIBED, ContactState.COMPLAINED)
    return read_yes_no(text) is False or read_state(text) in left


def _forms(text: str) -> Iterator[str]:
    """The words of a cell, and the same without the ending of a gender or of several."""
    folded = fold(text)
    yield folded
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= SHORTEST_STEM:
            yield folded.removesuffix(ending)


def read_reason(text: str) -> SuppressionReason | None:
    """Return why an entry of an opt-out file stands there: a word of our own export, or of a provider's."""
    state = read_state(text)
    return _OWN.get(text.strip().lower()) or (REASON_OF.get(state) if state is not None else None)


def scope_of(reason: SuppressionReason) -> SuppressionScope:
    """How much an entry closes."""
    return SuppressionScope.EVERYTHING if reason in _CLOSES_ALL else SuppressionScope.POLITICAL


def read_moment(text: str, month_first: bool = False) -> datetime | None:
    """Return the moment that a cell says, in UTC where it names no zone; None for what is none."""
    cleaned = text.strip()
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        day = read_written_date(cleaned, month_first)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
