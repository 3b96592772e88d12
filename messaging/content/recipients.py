"""What a message may know of its reader, as plain data, and the words that come of it.

The caller fills `RecipientData` in bulk from the database; nothing here queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

LONGEST_VALUE = 2_000  # characters of one value in a message

# name, with its article, "at", "of": messaging has them from contacts.territories.grammar.PlaceForms
PlaceWords = tuple[str, str, str, str]

FEMALE, MALE = "F", "M"
_CIVILITIES = {"fr": {FEMALE: "Mme", MALE: "M."}, "en": {FEMALE: "Ms", MALE: "Mr"}}
_LONG_CIVILITIES = {"fr": {FEMALE: "Madame", MALE: "Monsieur"}, "en": {FEMALE: "Ms", MALE: "Mr"}}
# With a first name; the neutral form serves whoever's gender is not known. Without a name: the last word.
_GREETINGS = {
    "fr": ({FEMALE: "Chère {},", MALE: "Cher {},"}, "Bonjour {},", "Bonjour,"),
    "en": ({FEMALE: "Dear {},", MALE: "Dear {},"}, "Hello {},", "Hello,"),
}


@dataclass(frozen=True, slots=True)
class EventData:
    """One coming event in the recipient's words; `date` is written out, with its time."""

    title: str
    date: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class RecipientData:
    """One person, for one message.

    `language` "fr" or "en"; `gender` "F", "M" or "" (not known); `civility` only when it is another than
    the gender's (Dr, Me). `used_name` is the *nom d'usage*. `department_code` and `region_code` choose
    content by place and are read only with the person's `targeting` consent; the place words may always be
    shown. `origin_sentence` says where the data came from; `information_notice` is the full notice that a
    first message to somebody from an indirect source carries. The four addresses are per recipient;
    `action_url` is where a service message leads, such as the confirmation of a form.
    `polling_station` and `constituency`: in a digital message, only what the person gave. `extra`: custom
    fields by slug.
    """

    language: str = "fr"
    gender: str = ""
    civility: str = ""
    first_name: str = ""
    last_name: str = ""
    used_name: str = ""
    commune: PlaceWords | None = None
    department: PlaceWords | None = None
    region: PlaceWords | None = None
    department_code: str = ""
    region_code: str = ""
    targeting: bool = False
    constituency: str = ""
    polling_station: str = ""
    event: EventData | None = None
    origin_sentence: str = ""
    information_notice: str = ""
    measured: bool = False
    unsubscribe_url: str = ""
    view_online_url: str = ""
    preferences_url: str = ""
    action_url: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrganisationData:
    """Who writes. `sender_name` is the name of the sender identity, such as the candidate's."""

    name: str
    address: str = ""
    url: str = ""
    email: str = ""
    sender_name: str = ""


def recipient_context(record: RecipientData, organisation: OrganisationData) -> dict[str, object]:
    """Every variable of the catalogue for one recipient: text, True or None (not known).

    Names that are all in capitals, as rolls and old files write them, are written as people write their own.

    The tracked links and the pixel need a token besides: `messaging.content.public_links.addressed`.
    """
    names = (name_case(record.first_name), name_case(record.last_name), name_case(record.used_name))
    if names != (record.first_name, record.last_name, record.used_name):
        record = replace(record, first_name=names[0], last_name=names[1], used_name=names[2])
    context: dict[str, object] = {
        "language": record.language,
        "gender": record.gender or None,
        "civility": civility_of(record) or None,
        "civility_long": _form(_LONG_CIVILITIES, record) or None,
        "first_name": record.first_name[:LONGEST_VALUE] or None,
        "last_name": record.last_name[:LONGEST_VALUE] or None,
        "used_name": (record.used_name or record.last_name)[:LONGEST_VALUE] or None,
        "full_name": full_name_of(record) or None,
        "greeting": greeting_of(record),
        "department_code": (record.department_code or None) if record.targeting else None,
        "region_code": (record.region_code or None) if record.targeting else None,
        "constituency": record.constituency or None,
        "polling_station": record.polling_station or None,
        "organisation_name": organisation.name,
        "organisation_address": organisation.address or None,
        "organisation_url": organisation.url or None,
        "organisation_email": organisation.email or None,
        "sender_name": organisation.sender_name or organisation.name,
        "origin_sentence": record.origin_sentence or None,
        "information_notice": record.information_notice or None,
        "measured": record.measured or None,
        "unsubscribe_url": record.unsubscribe_url,
        "view_online_url": record.view_online_url,
        "preferences_url": record.preferences_url,
        "action_url": record.action_url or None,
    }
    context.update(_place_values("commune", record.commune))
    context.update(_place_values("department", record.department))
    context.update(_place_values("region", record.region))
    context.update(_event_values(record.event))
    for slug, value in record.extra.items():
        context[f"extra_{slug}"] = value[:LONGEST_VALUE] or None
    return context


def name_case(name: str) -> str:
    """ "MARIE-CLAIRE" as "Marie-Claire", "D'ARTAGNAN" as "D'Artagnan"; initials and mixed case stay.

    Whether a particle is small (d'Artagnan) cannot be told from capitals: a large one offends nobody.
    """
    return name.title() if len(name) > 1 and name.isupper() and "." not in name else name


def civility_of(record: RecipientData) -> str:
    """M., Mme, or the person's own; empty when not known."""
    return record.civility or _form(_CIVILITIES, record)


def full_name_of(record: RecipientData) -> str:
    """First name and name in use."""
    return f"{record.first_name} {record.used_name or record.last_name}".strip()[:LONGEST_VALUE]


def greeting_of(record: RecipientData) -> str:
    """ "Chère Marie,", "Cher Pierre,", "Bonjour Camille," or "Bonjour,", in the recipient's language."""
    gendered, neutral, bare = _GREETINGS.get(record.language, _GREETINGS["fr"])
    if not record.first_name:
        return bare
    return gendered.get(record.gender, neutral).format(record.first_name[:LONGEST_VALUE])


def _form(forms: dict[str, dict[str, str]], record: RecipientData) -> str:
    return forms.get(record.language, forms["fr"]).get(record.gender, "")


def _place_values(kind: str, words: PlaceWords | None) -> dict[str, object]:
    name, with_article, at, of = words or (None, None, None, None)
    return {
        f"{kind}_name": name,
        f"{kind}_with_article": with_article,
        f"{kind}_at": at,
        f"{kind}_of": of,
    }


def _event_values(event: EventData | None) -> dict[str, object]:
    if event is None:
        return {"event_title": None, "event_date": None, "event_place": None, "event_url": None}
    return {
        "event_title": event.title,
        "event_date": event.date or None,
        "event_place": event.place or None,
        "event_url": event.url or None,
    }
