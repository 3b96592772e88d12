"""Telling people where their data came from: one line always, the whole notice in a first message.

Articles 13 and 14 of Regulation (EU) 2016/679: data from somebody else (a broker, an address book) is
explained in the first message; data the person gave needs a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, SourceKind
from contacts.models import Contact, Reach, Source
from contacts.services.sources import is_direct


class Origin(NamedTuple):
    """What a message says of one source, in one language."""

    sentence: str
    notice: str  # for a first message only; empty when the person gave the data themselves


NOT_SAID = Origin("", "")
_EARLIER = """
SELECT DISTINCT d.contact_id, d.source_id
FROM unnest(%(contacts)s::bigint[], %(sources)s::bigint[]) AS k (contact_id, source_id)
JOIN messaging_delivery d ON d.contact_id = k.contact_id AND d.source_id = k.source_id
WHERE d.state = ANY(%(reached)s)
    AND (%(before)s::timestamptz IS NULL OR d.handed_at < %(before)s::timestamptz)
"""
_FIRST = """
SELECT d.contact_id, d.source_id, min(d.handed_at)
FROM unnest(%(contacts)s::bigint[], %(sources)s::bigint[]) AS k (contact_id, source_id)
JOIN messaging_delivery d ON d.contact_id = k.contact_id AND d.source_id = k.source_id
WHERE d.state = ANY(%(reached)s) AND d.handed_at IS NOT NULL
GROUP BY d.contact_id, d.source_id
"""
# States in which an earlier message has, or may have, reached the person.
_REACHED = ("accepted", "delivered", "complained", "unknown", "abandoned")


def origins_of(source_ids: Iterable[int], *, languages: Iterable[str]) -> dict[tuple[int, str], Origin]:
    """The words for each source and language, by (source id, language)."""
    sources = Source.objects.filter(pk__in=set(source_ids))
    organisation = Organisation.current()
    found = {}
    for language in set(languages):
        with override(language):
            for source in sources:
                notice = _notice(source, organisation) if not is_direct(source) else ""
                found[source.pk, language] = Origin(_sentence(source), notice)
    return found


def never_reached(
    pairs: Iterable[tuple[int, int]], *, before: datetime | None = None
) -> set[tuple[int, int]]:
    """Of (contact, source), those for whom no message has left yet because of that source, in any campaign.

    Each source owes its own notice: a confirmation, or a mailing by what the person gave themselves, tells
    nothing of a file that was bought. `before`: only messages that left earlier count.
    """
    asked = set(pairs)
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            _EARLIER,
            {
                "contacts": [contact for contact, _source in asked],
                "sources": [source for _contact, source in asked],
                "reached": list(_REACHED),
                "before": before,
            },
        )
        return asked - {(contact, source) for contact, source in cursor.fetchall()}


def first_left(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], datetime]:
    """When the first message because of a source left, by (contact, source): it carried the notice."""
    asked = set(pairs)
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST,
            {
                "contacts": [contact for contact, _source in asked],
                "sources": [source for _contact, source in asked],
                "reached": list(_REACHED),
            },
        )
        return {(contact, source): at for contact, source, at in cursor.fetchall()}


def source_for(contact: Contact, audience: Mapping[str, Any]) -> int | None:
    """The source that allows a mailing to this audience to write to this person, as the freeze keeps it."""
    reach = Reach.objects.filter(contact=contact, channel=Channel.EMAIL).first()
    allowed = reach is not None and reach.closed_because(timezone.localdate()) is None
    if audience.get("type") == "source" and not allowed:
        return int(audience["id"])
    return reach.source_id if reach is not None else None


def _sentence(source: Source) -> str:
    return _("We write to you because %(origin)s.") % {"origin": _origin(source).strip().rstrip(".")}


def _origin(source: Source) -> str:
    if source.origin_text:
        return source.origin_text
    match source.kind:
        case SourceKind.FORM | SourceKind.API:
            return _("you signed up on our website")
        case SourceKind.BROKER_PURCHASE | SourceKind.BROKER_RENTAL:
            return _("%(supplier)s passed your address on to us") % {"supplier": source.supplier}
        case SourceKind.ROLL:
            return _("you are on the electoral roll")
    return _("you are in contact with our team")


def _notice(source: Source, organisation: Organisation) -> str:
    who = organisation.legal_name or organisation.name
    parts = [
        _("%(who)s is responsible for this data.") % {"who": who},
        _("We have your name and address from %(source)s and use them to inform you about our campaign.")
        % {"source": source.supplier or source.name},
        _(
            "You can see your data, have it corrected or erased, and object to these messages at any time and"
            " without giving a reason."
        ),
    ]
    contact = organisation.dpo_contact or organisation.contact_email
    if contact:
        parts.append(_("To do so, write to %(contact)s.") % {"contact": contact})
    parts.append(_("You can also complain to the CNIL (www.cnil.fr)."))
    return " ".join(parts)
