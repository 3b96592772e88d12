"""Merge fields: the variables that an author may write. Their values are in `messaging.content.recipients`.

A value is text, or None when it is not known, so that `{{ first_name | default: "friend" }}` and
`{% if event_title %}` work as they read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.content.conditions import SEGMENT
from messaging.content.recipients import EventData as EventData
from messaging.content.recipients import OrganisationData as OrganisationData
from messaging.content.recipients import RecipientData as RecipientData
from messaging.content.recipients import recipient_context as recipient_context
from messaging.content.syntax import Names

TRACKED_LINK = "link_"  # link_1, link_2…: tracked links of a message, numbered by the compiler
OPEN_PIXEL = "open_pixel_url"
HIDDEN_LINK = "hidden_link_url"  # followed by robots alone
MESSAGE_TOKEN = "message_token"  # noqa: S105 - a name; in `messaging.content.public_links.addressed`
_OWN_ADDRESSES = frozenset(
    {OPEN_PIXEL, HIDDEN_LINK, MESSAGE_TOKEN, "unsubscribe_url", "view_online_url", "preferences_url"}
)
_EXTRA_SLUG = re.compile(r"[a-z][a-z0-9_]*")


class Group(StrEnum):
    """Headings of the picker, in order."""

    PERSON = "person"
    PLACE = "place"
    EVENT = "event"
    ORGANISATION = "organisation"
    LINKS = "links"
    EXTRA = "extra"


GROUP_LABELS: dict[Group, Promise] = {
    Group.PERSON: _("Person"),
    Group.PLACE: _("Place"),
    Group.EVENT: _("Nearest coming event"),
    Group.ORGANISATION: _("Organisation"),
    Group.LINKS: _("Links"),
    Group.EXTRA: _("Extra fields"),
}


class Reads(StrEnum):
    """What personal data a variable reads. ROLL: in a digital message only what the person gave."""

    NOTHING = "nothing"
    IDENTITY = "identity"
    PLACE = "place"
    ROLL = "roll"
    SOURCE = "source"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class MergeField:
    """One variable. `example` is shown beside it; `is_url`: it may be the whole address of a link."""

    name: str
    label: Promise | str
    example: str
    group: Group
    reads: Reads
    is_url: bool = False
    in_picker: bool = True

    @property
    def liquid(self) -> str:
        """What the picker inserts."""
        return "{{ " + self.name + " }}"


_PERSON = (Group.PERSON, Reads.IDENTITY)
_PLACE = (Group.PLACE, Reads.PLACE)
_EVENT = (Group.EVENT, Reads.PLACE)
_ORGANISATION = (Group.ORGANISATION, Reads.NOTHING)
_LINKS = (Group.LINKS, Reads.NOTHING)

FIELDS: tuple[MergeField, ...] = (
    MergeField("greeting", _("Greeting"), "Chère Camille,", *_PERSON),
    MergeField("civility", _("Title (Mr, Ms)"), "Mme", *_PERSON),
    MergeField("civility_long", _("Title in full"), "Madame", *_PERSON),
    MergeField("first_name", _("First name"), "Camille", *_PERSON),
    MergeField("last_name", _("Birth name"), "Lefèvre", *_PERSON),
    MergeField("used_name", _("Name in use"), "Martin", *_PERSON),
    MergeField("full_name", _("First name and name"), "Camille Martin", *_PERSON),
    MergeField("gender", _("Gender (F, M)"), "F", *_PERSON, in_picker=False),
    MergeField("language", _("Language (fr, en)"), "fr", Group.PERSON, Reads.NOTHING, in_picker=False),
    MergeField("commune_name", _("Commune"), "Beauvais", *_PLACE),
    MergeField("commune_with_article", _("Commune with its article"), "Beauvais", *_PLACE),
    MergeField("commune_at", _("In the commune"), "à Beauvais", *_PLACE),
    MergeField("commune_of", _("Of the commune"), "de Beauvais", *_PLACE),
    MergeField("department_name", _("Department"), "Oise", *_PLACE),
    MergeField("department_with_article", _("Department with its article"), "l'Oise", *_PLACE),
    MergeField("department_at", _("In the department"), "dans l'Oise", *_PLACE),
    MergeField("department_of", _("Of the department"), "de l'Oise", *_PLACE),
    MergeField("region_name", _("Region"), "Hauts-de-France", *_PLACE),
    MergeField("region_with_article", _("Region with its article"), "les Hauts-de-France", *_PLACE),
    MergeField("region_at", _("In the region"), "dans les Hauts-de-France", *_PLACE),
    MergeField("region_of", _("Of the region"), "des Hauts-de-France", *_PLACE),
    MergeField(
        "department_code", _("Department code, if targeting is agreed"), "60", *_PLACE, in_picker=False
    ),
    MergeField("region_code", _("Region code, if targeting is agreed"), "32", *_PLACE, in_picker=False),
    MergeField("constituency", _("Constituency"), "1re circonscription de l'Oise", Group.PLACE, Reads.ROLL),
    MergeField(
        "polling_station", _("Polling station"), "Bureau 12, école Jules-Ferry", Group.PLACE, Reads.ROLL
    ),
    MergeField("event_title", _("Title of the event"), "Réunion publique", *_EVENT),
    MergeField("event_date", _("Date of the event"), "jeudi 4 mars 2027 à 19 h", *_EVENT),
    MergeField("event_place", _("Place of the event"), "Salle des fêtes, Beauvais", *_EVENT),
    MergeField("event_url", _("Page of the event"), "https://example.org/evenement", *_EVENT, is_url=True),
    MergeField("organisation_name", _("Name of the organisation"), "Campagne 2027", *_ORGANISATION),
    MergeField(
        "organisation_address", _("Its postal address"), "1 rue de la Paix, 75002 Paris", *_ORGANISATION
    ),
    MergeField("organisation_url", _("Its website"), "https://example.org", *_ORGANISATION, is_url=True),
    MergeField("organisation_email", _("Its e-mail address"), "contact@example.org", *_ORGANISATION),
    MergeField("sender_name", _("Name of the sender"), "Claude Durand", *_ORGANISATION),
    MergeField("unsubscribe_url", _("Unsubscribe page"), "https://example.org/u", *_LINKS, is_url=True),
    MergeField("preferences_url", _("Preferences page"), "https://example.org/p", *_LINKS, is_url=True),
    MergeField(
        "action_url",
        _("Where a service message leads"),
        "https://example.org/k",
        *_LINKS,
        is_url=True,
        in_picker=False,
    ),
    MergeField("view_online_url", _("This message online"), "https://example.org/v", *_LINKS, is_url=True),
    MergeField(
        "origin_sentence",
        _("Where the data comes from"),
        "Vous vous êtes inscrite sur notre site.",
        Group.ORGANISATION,
        Reads.SOURCE,
        in_picker=False,
    ),
    MergeField(
        "information_notice", _("Information notice"), "", Group.ORGANISATION, Reads.SOURCE, in_picker=False
    ),
    MergeField("measured", _("Agreed to be measured"), "", Group.PERSON, Reads.SOURCE, in_picker=False),
)
_BY_NAME = {one.name: one for one in FIELDS}

# What people type for a variable, or bring from another tool.
_ALSO = {
    "prenom": "first_name",
    "prénom": "first_name",
    "firstname": "first_name",
    "name": "full_name",
    "nom": "last_name",
    "lastname": "last_name",
    "nom_usage": "used_name",
    "civilite": "civility",
    "civilité": "civility",
    "salutation": "greeting",
    "ville": "commune_name",
    "city": "commune_name",
    "commune": "commune_name",
    "departement": "department_name",
    "département": "department_name",
    "department": "department_name",
    "region": "region_name",
    "région": "region_name",
    "circonscription": "constituency",
    "bureau_de_vote": "polling_station",
    "unsubscribe": "unsubscribe_url",
    "desinscription": "unsubscribe_url",
}


def extra_field(slug: str, label: str, example: str = "") -> MergeField:
    """The variable `extra_<slug>` of a custom field; its value comes in `RecipientData.extra`."""
    if not _EXTRA_SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r}: an extra field's slug has small letters, digits and underscores.")
    return MergeField(f"extra_{slug}", label, example, Group.EXTRA, Reads.EXTRA)


def field_named(name: str) -> MergeField | None:
    return _BY_NAME.get(name)


@lru_cache(maxsize=64)
def author_names(extra: tuple[str, ...] = ()) -> Names:
    """What an author may read. `extra`: slugs of the custom fields."""
    known = frozenset(_BY_NAME) | {f"extra_{slug}" for slug in extra}
    shown_only = frozenset(
        one.name
        for one in FIELDS
        if one.group is Group.PLACE and one.name not in ("department_code", "region_code")
    )
    return Names(known, shown_only, _ALSO)


def compiled_names(links: int, extra: Iterable[str] = (), segments: Iterable[int] = ()) -> Names:
    """What a compiled template may read: the author's names, and what the compiler puts in.

    `segments`: those that blocks ask about. An author cannot ask: without a block's alternative, somebody
    would read nothing.
    """
    author = author_names(tuple(extra))
    made = frozenset(f"{TRACKED_LINK}{number}" for number in range(1, links + 1))
    made |= {OPEN_PIXEL, HIDDEN_LINK, *(f"{SEGMENT}{number}" for number in segments)}
    return Names(author.known | made, author.shown_only, author.also)


def example_values(
    *, links: int = 0, extra: Iterable[str] = (), segments: Iterable[int] = (), known: bool = True
) -> dict[str, object]:
    """A context of examples; with `known=False`, of a person of whom nothing is known."""
    values: dict[str, object] = {one.name: one.example or None for one in FIELDS}
    if not known:
        kept = ("unsubscribe_url", "preferences_url", "view_online_url", "organisation_name", "language")
        values = {name: value if name in kept else None for name, value in values.items()}
        values["greeting"] = "Bonjour,"
    for slug in extra:
        values[f"extra_{slug}"] = None
    for number in segments:
        values[f"{SEGMENT}{number}"] = True if known else None
    for number in range(1, links + 1):
        values[f"{TRACKED_LINK}{number}"] = "https://example.org/c/" + "x" * 60
    values[HIDDEN_LINK] = "https://example.org/c/" + "x" * 60
    values[OPEN_PIXEL] = "https://example.org/o/" + "x" * 60 + ".gif"
    return values


def is_own_address(name: str) -> bool:
    """Whether a variable is an address with a token of the recipient's own, or that token: another for every
    message."""
    return name in _OWN_ADDRESSES or name.removeprefix(TRACKED_LINK).isdigit()
