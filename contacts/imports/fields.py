"""What a column can hold: the catalogue that layouts, guesses and the mapping screen share.

A mapping is {column index: field key}. Several columns may hold the same key: the first filled one counts for
names, every one for e-mail addresses, numbers and tags. Postal fields exist twice, for two addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Text = str | Promise


class Group(StrEnum):
    """Headings of the list of fields."""

    WHO = "who"
    REACH = "reach"
    ADDRESS = "address"
    SECOND_ADDRESS = "second_address"
    AGREEMENT = "agreement"
    ROLL = "roll"
    OTHER = "other"


GROUP_LABELS: dict[Group, Text] = {
    Group.WHO: _("Who they are"),
    Group.REACH: _("How to reach them"),
    Group.ADDRESS: _("Postal address"),
    Group.SECOND_ADDRESS: _("Second postal address"),
    Group.AGREEMENT: _("What they said"),
    Group.ROLL: _("Where they vote"),
    Group.OTHER: _("Other"),
}


@dataclass(frozen=True)
class Field:
    """One thing that a column can hold. `several` columns may hold it at once."""

    key: str
    label: Text
    group: Group
    several: bool = False


_POSTAL: tuple[tuple[str, Text], ...] = (
    ("street", _("Number and street")),
    ("street_number", _("Number in the street")),
    ("complement", _("Complement")),
    ("locality", _("Hamlet or place")),
    ("postcode", _("Postcode")),
    ("city", _("City")),
    ("country", _("Country")),
    ("insee_code", _("INSEE code of the commune")),
    ("full_address", _("Whole address in one column")),
    ("kind", _("Home or work (an address of work is left out)")),
)
ADDRESSES = (1, 2)


def _postal_fields() -> tuple[Field, ...]:
    groups = {1: Group.ADDRESS, 2: Group.SECOND_ADDRESS}
    return tuple(
        Field(f"{name}_{number}", label, groups[number], several=name in ("street", "complement"))
        for number in ADDRESSES
        for name, label in _POSTAL
    )


PEOPLE_FIELDS: tuple[Field, ...] = (
    Field("civility", pgettext_lazy("of a person", "Title"), Group.WHO),
    Field("last_name", _("Last name"), Group.WHO),
    Field("first_name", _("First name"), Group.WHO),
    Field("middle_name", _("Second first name (taken if the first is missing or an initial)"), Group.WHO),
    Field("full_name", _("Whole name in one column"), Group.WHO),
    Field("birth_name", _("Birth name"), Group.WHO),
    Field("gender", _("Sex"), Group.WHO),
    Field("birth_date", _("Birth date"), Group.WHO),
    Field("birth_year", _("Year of birth"), Group.WHO),
    Field("birth_month", _("Month of birth"), Group.WHO),
    Field("birth_day", _("Day of birth"), Group.WHO),
    Field("birth_place", _("Place of birth"), Group.WHO),
    Field("birth_place_code", _("INSEE code of the place of birth"), Group.WHO),
    Field("birth_department", _("Department of birth"), Group.WHO),
    Field("birth_country", _("Country of birth"), Group.WHO),
    Field("language", _("Language"), Group.WHO),
    Field("contact_kind", _("Person or organisation (organisations are left out)"), Group.WHO),
    Field("email", _("E-mail"), Group.REACH, several=True),
    Field("phone", _("Phone"), Group.REACH, several=True),
    Field("phone_kind", _("What the next number is (a fax is left out)"), Group.REACH, several=True),
    *_postal_fields(),
    Field("agrees_email", _("Agrees to e-mails (yes or no)"), Group.AGREEMENT),
    Field("agrees_sms", _("Agrees to SMS (yes or no)"), Group.AGREEMENT),
    Field("agrees_call", _("Agrees to calls (yes or no)"), Group.AGREEMENT),
    Field("agrees_post", _("Agrees to post (yes or no)"), Group.AGREEMENT),
    Field("collected_on", _("Day the data was collected, or they agreed"), Group.AGREEMENT, several=True),
    Field("consent_words", _("Words they agreed to"), Group.AGREEMENT),
    Field("consent_proof", _("Proof of the agreement (page, IP address…)"), Group.AGREEMENT, several=True),
    Field("state_email", _("Subscription state (e-mail)"), Group.AGREEMENT, several=True),
    Field("state_sms", _("Subscription state (SMS)"), Group.AGREEMENT, several=True),
    Field("unsubscribed_on", _("Unsubscribed on"), Group.AGREEMENT),
    Field("bounced_email", _("E-mail returned (yes, or when)"), Group.AGREEMENT, several=True),
    Field("refuses_email", _("No e-mails (yes or no)"), Group.AGREEMENT, several=True),
    Field("refuses_sms", _("No SMS (yes or no)"), Group.AGREEMENT, several=True),
    Field("refuses_call", _("No calls (yes or no)"), Group.AGREEMENT, several=True),
    Field("refuses_post", _("No post (yes or no)"), Group.AGREEMENT, several=True),
    Field("refuses_all", _("No messages at all (yes or no)"), Group.AGREEMENT, several=True),
    Field("joined_on", _("Joined the organisation on"), Group.OTHER),
    Field("left_on", _("Left the organisation on"), Group.OTHER),
    Field("tags", _("Tags"), Group.OTHER, several=True),
    Field("lists", _("Fixed lists"), Group.OTHER, several=True),
)

ROLL_FIELDS: tuple[Field, ...] = (
    Field("commune_code", _("INSEE code of the commune of the roll"), Group.ROLL),
    Field("department_code", _("Code of the department"), Group.ROLL),
    Field("commune_name", _("Commune of the roll"), Group.ROLL),
    Field("roll_kind", _("Kind of list"), Group.ROLL),
    Field("list_day", _("Day of the list"), Group.ROLL),
    Field("birth_name", _("Birth name"), Group.WHO),
    Field("used_name", _("Used name"), Group.WHO),
    Field("first_names", _("First names"), Group.WHO),
    Field("gender", _("Sex"), Group.WHO),
    Field("birth_date", _("Birth date"), Group.WHO),
    Field("birth_place_code", _("INSEE code of the place of birth"), Group.WHO),
    Field("birth_place", _("Place of birth"), Group.WHO),
    Field("birth_department", _("Department of birth"), Group.WHO),
    Field("birth_country", _("Country of birth"), Group.WHO),
    Field("street_number", _("Number in the street"), Group.ADDRESS),
    Field("street_kind", _("Kind of street"), Group.ADDRESS),
    Field("street", _("Street"), Group.ADDRESS),
    Field("complement", _("Complement"), Group.ADDRESS),
    Field("complement_2", _("Second complement"), Group.ADDRESS),
    Field("locality", _("Hamlet or place"), Group.ADDRESS),
    Field("postcode", _("Postcode"), Group.ADDRESS),
    Field("city", _("City"), Group.ADDRESS),
    Field("country", _("Country"), Group.ADDRESS),
    Field("station_code", _("Code of the polling station"), Group.ROLL),
    Field("station_name", _("Name of the polling station"), Group.ROLL),
    Field("constituency", _("Code of the constituency"), Group.ROLL),
    Field("canton_code", _("Code of the canton"), Group.ROLL),
    Field("canton_name", _("Canton"), Group.ROLL),
    Field("order_number", _("Order number"), Group.ROLL),
    Field("voter_number", _("Number that an elector keeps for life"), Group.ROLL),
)

OPT_OUT_FIELDS: tuple[Field, ...] = (
    Field("email", _("E-mail"), Group.REACH, several=True),
    Field("phone", _("Phone"), Group.REACH, several=True),
    Field("md5", _("MD5 hash of the e-mail"), Group.REACH, several=True),
    Field("sha1", _("SHA-1 hash of the e-mail"), Group.REACH, several=True),
    Field("sha256", _("SHA-256 hash of the e-mail"), Group.REACH, several=True),
    Field("state", _("Why they must not be written to"), Group.AGREEMENT),
    Field("since", _("Since when"), Group.AGREEMENT),
    Field("keyed_hash", _("Keyed hash of this product"), Group.OTHER),
    Field("channel", _("Channel of the keyed hash"), Group.OTHER),
    Field("hash_key", _("Mark of the key of the hash"), Group.OTHER),
)

MEMBERSHIP_FIELDS = frozenset({"joined_on", "left_on"})
CUSTOM_PREFIX = "custom."
_SEVERAL = frozenset(field.key for field in (*PEOPLE_FIELDS, *OPT_OUT_FIELDS) if field.several)


def fields_of(kind: str) -> tuple[Field, ...]:
    """What the columns of a kind of file (Import.Kind) can hold, besides extra fields."""
    return {"roll": ROLL_FIELDS, "suppression": OPT_OUT_FIELDS}.get(kind, PEOPLE_FIELDS)


def several_allowed(key: str) -> bool:
    """True when more than one column may be mapped to this field."""
    return key in _SEVERAL


def label_of(key: str, *, is_roll: bool) -> Text:
    """Name of a field on screen; the key itself for an extra field."""
    fields = ROLL_FIELDS if is_roll else (*PEOPLE_FIELDS, *OPT_OUT_FIELDS)
    return next((field.label for field in fields if field.key == key), key.removeprefix(CUSTOM_PREFIX))
