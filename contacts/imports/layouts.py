"""Recognising the files that everybody has, by the names of their columns: never by their order.

Headers are compared folded. A name that comes twice (`Titre` in a French Outlook: title, then job) is told
apart by its place: the reader keeps every column, so that none hides another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.imports.columns import moved_names, opt_out_names, people_names, roll_names
from contacts.imports.columns.patterns import by_pattern
from contacts.imports.fields import several_allowed
from contacts.imports.sketch import folded_header

Mapping = dict[int, str]
"""{column index: field key}; a column left out is not imported."""


class Format(StrEnum):
    """Files recognised as a whole."""

    ROLL = "roll"
    GOOGLE = "google"
    GOOGLE_LEGACY = "google_legacy"
    THUNDERBIRD = "thunderbird"
    OUTLOOK_EN = "outlook_en"
    OUTLOOK_FR = "outlook_fr"
    NATIONBUILDER = "nationbuilder"
    BREVO = "brevo"
    MAILCHIMP = "mailchimp"
    ACTION_NETWORK = "action_network"
    CIVICRM = "civicrm"
    OTHER = ""


FORMAT_LABELS: dict[Format, str | Promise] = {
    Format.ROLL: _("Electoral roll"),
    Format.GOOGLE: _("Google Contacts"),
    Format.GOOGLE_LEGACY: _("Google Contacts (older export)"),
    Format.THUNDERBIRD: "Thunderbird",
    Format.OUTLOOK_EN: _("Outlook, in English"),
    Format.OUTLOOK_FR: _("Outlook, in French"),
    Format.NATIONBUILDER: "NationBuilder",
    Format.BREVO: "Brevo",
    Format.MAILCHIMP: "Mailchimp",
    Format.ACTION_NETWORK: "Action Network",
    Format.CIVICRM: "CiviCRM",
    Format.OTHER: _("Table"),
}
# Programs that people move in from: their unsubscribed and bounced states come with the rows.
MOVED_FROM: dict[Format, dict[str, str]] = {
    Format.NATIONBUILDER: moved_names.NATIONBUILDER,
    Format.BREVO: moved_names.BREVO,
    Format.MAILCHIMP: moved_names.MAILCHIMP,
    Format.ACTION_NETWORK: moved_names.ACTION_NETWORK,
    Format.CIVICRM: moved_names.CIVICRM,
}


@dataclass(frozen=True)
class Recognised:
    """The format of a file, what its columns hold, and those that only repeat others."""

    format: Format
    mapping: Mapping
    repeated: frozenset[int] = frozenset()


ROLL_LEAST = 5  # fields of a roll that a header must have
ROLL_SIGNS = {"station_code", "roll_kind", "order_number"}  # and one of these, which nothing else has
WEAK_ROLL_SIGNS = 2  # of those, where the name is only called "Nom"

# Every name of a tuple must be there; the first format that fits counts.
_SIGNS: tuple[tuple[Format, tuple[str, ...]], ...] = (
    (Format.GOOGLE, ("first name", "last name", "e mail 1 value", "file as")),
    (Format.GOOGLE, ("first name", "last name", "e mail 1 value", "labels")),
    (Format.GOOGLE_LEGACY, ("given name", "family name", "group membership")),
    (Format.OUTLOOK_FR, ("prenom", "deuxieme prenom", "rue domicile")),
    (Format.OUTLOOK_EN, ("first name", "last name", "home street", "e mail address")),
    (Format.OUTLOOK_FR, ("prenom", "nom", "adresse de courrier", "tel mobile")),
    (Format.THUNDERBIRD, ("first name", "last name", "display name", "primary email")),
    (Format.THUNDERBIRD, ("prenom", "nom de famille", "nom a afficher", "premiere adresse electronique")),
    (Format.GOOGLE, ("first name", "last name", "phone 1 value", "labels")),
    (Format.NATIONBUILDER, ("nationbuilder id",)),
    (Format.MAILCHIMP, ("leid", "euid")),  # labels are in the language of the account
    (Format.MAILCHIMP, ("email address", "member rating", "optin time")),
    (Format.MAILCHIMP, ("email address", "unsub time")),
    (Format.MAILCHIMP, ("email address", "clean time")),
    (Format.ACTION_NETWORK, ("email", "can2 user tags")),
    (Format.ACTION_NETWORK, ("email", "can2 subscription status")),
    (Format.ACTION_NETWORK, ("email", "can2 subscription date")),
    (Format.CIVICRM, ("no bulk emails user opt out",)),
    (Format.CIVICRM, ("contact id", "do not email")),
    (Format.BREVO, ("email", "added time", "modified time")),
    (Format.BREVO, ("contact id", "email", "sms")),
    (Format.BREVO, ("email", "email marketing")),
    (Format.BREVO, ("email", "email blacklisted")),
    (Format.BREVO, ("email", "email blocklisted")),
)


def recognise(header: list[str]) -> Recognised:
    """Return the format of a header and its columns; the mapping may be empty."""
    names = folded_header(header)
    if _is_roll(names):
        return Recognised(Format.ROLL, roll_mapping(header))
    present = set(names)
    for found, signs in _SIGNS:
        if present.issuperset(signs) and found in MOVED_FROM:
            return _moved(names, found)
        if present.issuperset(signs):
            return Recognised(found, _without_full_name(_of_people(names)))
    return Recognised(Format.OTHER, _without_full_name(_of_people(names)))


def roll_mapping(header: list[str]) -> Mapping:
    """Columns of a header that is meant to be a roll, recognised or not."""
    mapping: Mapping = {}
    for index, field in enumerate(roll_names.fields_of(folded_header(header))):
        if field and field not in mapping.values():
            mapping[index] = field
    return mapping


def _is_roll(names: list[str]) -> bool:
    """A town hall's "Nom" is a roll's only beside two signs of one, and where nobody can be reached."""
    fields = set(roll_names.fields_of(names))
    if len(fields - {""}) < ROLL_LEAST or "birth_name" not in fields:
        return False
    signs = fields & ROLL_SIGNS
    if any(roll_names.FIELD_OF.get(name) == "birth_name" for name in names):
        return bool(signs)
    reached = {"email", "phone"} & set(_of_people(names).values())
    return len(signs) >= WEAK_ROLL_SIGNS and not reached


def opt_out_mapping(header: list[str]) -> Mapping:
    """Columns of a header that is meant to be an opt-out file."""
    return _map(folded_header(header), opt_out_names.FIELD_OF)


def never_imported(header: list[str]) -> list[int]:
    """Columns that a roll has and the product does not take."""
    return [index for index, name in enumerate(folded_header(header)) if name in roll_names.NEVER_IMPORTED]


def _map(names: list[str], field_of: dict[str, str], *, may_follow_patterns: bool = False) -> Mapping:
    """Of columns that would hold one field, the first does: the others wait for a person to say otherwise."""
    mapping: Mapping = {}
    taken: set[str] = set()
    for index, name in enumerate(names):
        key = field_of.get(name) or (by_pattern(name) if may_follow_patterns else None)
        if key is None or (key in taken and not several_allowed(key)):
            continue
        mapping[index] = key
        taken.add(key)
    return mapping


def _of_people(names: list[str]) -> Mapping:
    return _map(names, moved_names.REFUSALS | people_names.FIELD_OF, may_follow_patterns=True)


def _moved(names: list[str], found: Format) -> Recognised:
    """Columns of another program's export: its own names before those of everybody."""
    mapping = _map(names, moved_names.REFUSALS | people_names.FIELD_OF | MOVED_FROM[found])
    repeats = {name for name, by in moved_names.REPEATED.items() if by in names}
    repeated = frozenset(index for index, name in enumerate(names) if name in repeats)
    kept = {index: key for index, key in mapping.items() if index not in repeated}
    return Recognised(found, kept, repeated)


def _without_full_name(mapping: Mapping) -> Mapping:
    """Google and Thunderbird give a full name beside its parts; the parts are surer."""
    if {"first_name", "last_name"} <= set(mapping.values()):
        return {index: key for index, key in mapping.items() if key != "full_name"}
    return mapping
