"""What each message may know of its reader, for a chunk of recipients in a constant number of queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts.enums import Channel, MessageKind
from messaging.content.recipients import EventData, RecipientData
from messaging.services.origins import NOT_SAID, Origin, never_reached, origins_of
from messaging.services.places import NOWHERE, Surroundings, Territory, surroundings_of

LANGUAGES = ("fr", "en")
READER = "reader"
"""In a test's context: the person whose data it shows, who is not the one who receives it."""

EventSource = Callable[[Sequence[int], str], Mapping[int, EventData]]
"""(contact ids, language) → the nearest coming event of those who have one."""

_event_sources: list[EventSource] = []


class Wanted(NamedTuple):
    """One recipient to load: the frozen facts that its own row keeps."""

    contact: int
    language: str
    source: int | None
    measured: bool


class Message(NamedTuple):
    """What the message itself is: it decides which facts may be read."""

    channel: str
    kind: str
    fields: frozenset[str]  # variables that the message reads
    languages: tuple[str, ...] = LANGUAGES  # those it speaks, its own first


class _Person(NamedTuple):
    id: int
    civility: str
    first_name: str
    last_name: str
    birth_name: str
    gender: str
    custom: str  # JSON, as the cursor gives it
    commune: int | None
    targeting: bool
    measurement: bool


_PEOPLE = """
SELECT c.id, c.civility, c.first_name, c.last_name, c.birth_name, c.gender, c.custom, c.commune_id,
    coalesce(r.targeting, false), coalesce(r.measurement, false)
FROM contacts_contact c LEFT JOIN contacts_reach r ON r.contact_id = c.id AND r.channel = %s
WHERE c.id = ANY(%s) AND c.erased_at IS NULL
"""

# One registration a person: main list first.
_STATIONS = """
SELECT DISTINCT ON (contact_id) contact_id, polling_station_id
FROM contacts_electoralregistration
WHERE contact_id = ANY(%s) AND polling_station_id IS NOT NULL AND left_on IS NULL
ORDER BY contact_id, roll_kind, id
"""


def register_events(source: EventSource) -> None:
    """Let an app above tell each person's nearest coming event; called from its `AppConfig.ready()`."""
    if source not in _event_sources:
        _event_sources.append(source)


def knows_events() -> bool:
    """False while no app tells events: their variables would be empty for everybody."""
    return bool(_event_sources)


def load_recipients(
    wanted: Sequence[Wanted], message: Message, *, at: datetime | None = None
) -> list[RecipientData]:
    """The data of each recipient, in the order given; addresses of links are left empty.

    A person who is gone meanwhile, or nobody (contact 0), is a recipient of whom nothing is known. `at`: when
    the message left, for one shown once more: what was sent since does not count as an earlier message.
    """
    wanted = [one._replace(language=_spoken(one.language, message)) for one in wanted]
    people = _people([one.contact for one in wanted], message.channel)
    around = surroundings_of(person.commune for person in people.values())
    stations = _stations(list(people), message)
    events = _events(wanted, message)
    origins = origins_of(
        (one.source for one in wanted if one.source is not None),
        languages={one.language for one in wanted},
    )
    first_time = never_reached(_owed_a_notice(wanted, origins), before=at)
    return [
        _recipient(
            one,
            people.get(one.contact),
            around=around,
            station=stations.get(one.contact, NOWHERE),
            event=events.get(one.contact),
            origin=_origin(one, origins, first_time),
        )
        for one in wanted
    ]


def nobody(language: str = "fr") -> RecipientData:
    """A recipient of whom nothing is known."""
    return RecipientData(language=language if language in LANGUAGES else LANGUAGES[0])


def _people(contact_ids: list[int], channel: str) -> dict[int, _Person]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [channel, contact_ids])
        return {row[0]: _Person(*row) for row in cursor.fetchall()}


def _recipient(
    one: Wanted,
    person: _Person | None,
    *,
    around: dict[int, Surroundings],
    station: Surroundings,
    event: EventData | None,
    origin: Origin,
) -> RecipientData:
    language = one.language
    if person is None:
        return RecipientData(
            language=language, origin_sentence=origin.sentence, information_notice=origin.notice
        )
    places = around[person.commune] if person.commune is not None else NOWHERE
    constituency = places.constituency or station.constituency
    return RecipientData(
        language=language,
        gender=person.gender,
        civility=person.civility,
        first_name=person.first_name,
        last_name=person.birth_name or person.last_name,
        used_name=person.last_name,
        commune=_words(places.commune, language),
        department=_words(places.department, language),
        region=_words(places.region, language),
        department_code=places.department.code if places.department else "",
        region_code=places.region.code if places.region else "",
        targeting=person.targeting,
        constituency=constituency.forms(language).name if constituency else "",
        polling_station=station.polling_station.name if station.polling_station else "",
        event=event,
        origin_sentence=origin.sentence,
        information_notice=origin.notice,
        # Whoever took their agreement back since the freeze is not measured.
        measured=one.measured and person.measurement,
        extra=_extra(person.custom, language),
    )


def _words(territory: Territory | None, language: str) -> tuple[str, str, str, str] | None:
    if territory is None:
        return None
    forms = territory.forms(language)
    return forms.name, forms.with_article, forms.at, forms.of


def _spoken(language: str, message: Message) -> str:
    """The reader's language if the message speaks it, else the message's own."""
    return language if language in message.languages else message.languages[0]


def _extra(custom: str, language: str) -> dict[str, str]:
    if custom == "{}":
        return {}
    with override(language):
        return {key: _shown(value) for key, value in json.loads(custom).items()}


def _shown(value: Any) -> str:
    """A custom value as text; nothing known is empty."""
    if value is None or value is False:
        return ""
    return _("Yes") if value is True else str(value)


def _stations(contact_ids: list[int], message: Message) -> dict[int, Surroundings]:
    """Polling stations by the linked registration; a roll's value enters no political digital message."""
    digital = message.channel in (Channel.EMAIL, Channel.SMS)
    if not message.fields & {"polling_station", "constituency"}:
        return {}
    if digital and message.kind == MessageKind.POLITICAL:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STATIONS, [contact_ids])
        stations = dict(cursor.fetchall())
    around = surroundings_of(stations.values())
    return {contact: around[station] for contact, station in stations.items()}


def _events(wanted: Sequence[Wanted], message: Message) -> dict[int, EventData]:
    if not any(name.startswith("event_") for name in message.fields):
        return {}
    by_language: dict[str, list[int]] = {}
    for one in wanted:
        by_language.setdefault(one.language, []).append(one.contact)
    found: dict[int, EventData] = {}
    for source in _event_sources:
        for language, contacts in by_language.items():
            found |= source(contacts, language)
    return found


def _owed_a_notice(wanted: Sequence[Wanted], origins: dict[tuple[int, str], Origin]) -> list[tuple[int, int]]:
    indirect = {source for (source, _language_of), origin in origins.items() if origin.notice}
    return [(one.contact, one.source) for one in wanted if one.source is not None and one.source in indirect]


def _origin(one: Wanted, origins: dict[tuple[int, str], Origin], first_time: set[tuple[int, int]]) -> Origin:
    if one.source is None:
        return NOT_SAID
    origin = origins.get((one.source, one.language), NOT_SAID)
    return origin if (one.contact, one.source) in first_time else origin._replace(notice="")
