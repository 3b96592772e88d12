"""Telling people where their data came from: one line always, the whole notice in a first message.

Articles 13 and 14 of Regulation (EU) 2016/679: data from somebody else (a broker) is explained in the first
message; data the person gave needs a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.enums import SourceKind
from contacts.models import Source


class Origin(NamedTuple):
    """What a message says of one source, in one language."""

    sentence: str
    notice: str  # for a first message only; empty when the person gave the data themselves


NOT_SAID = Origin("", "")
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
                notice = _notice(source, organisation) if _is_indirect(source) else ""
                found[source.pk, language] = Origin(_sentence(source), notice)
    return found


def never_reached(contact_ids: Iterable[int]) -> set[int]:
    """Those to whom no message has left yet, in any campaign."""
    ids = list(contact_ids)
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT contact_id FROM messaging_delivery"
            " WHERE contact_id = ANY(%s) AND state = ANY(%s)",
            [ids, list(_REACHED)],
        )
        return set(ids) - {row[0] for row in cursor.fetchall()}


def _is_indirect(source: Source) -> bool:
    return source.is_broker or source.kind == SourceKind.ROLL


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
