"""What the rules of content put into one message, and which rule keeps one from leaving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from contacts.models import Source
from contacts.registry import registry
from contacts.rules.rulebook import rule_named
from contacts.services.sources import is_direct
from messaging.models import Delivery
from messaging.services.origins import first_left
from messaging.why.asked import RULE_OF_CHECK, Answer


def contents_of(rows: Sequence[Delivery], sources: Mapping[int, Source]) -> list[list[Answer]]:
    """What the text of each mailing told its reader; nothing of a message that answers one person."""
    indirect = {pk for pk, source in sources.items() if not is_direct(source)}
    owed = [(row.contact_id, row.source_id or 0) for row in rows if row.source_id in indirect]
    first = first_left(owed) if owed else {}
    return [
        [] if row.campaign.standing_for else _content_of(row, row.source_id in indirect, first)
        for row in rows
    ]


def _content_of(row: Delivery, is_indirect: bool, first: Mapping[tuple[int, int], datetime]) -> list[Answer]:
    """`first`: when the full information was given to whom, because of which source."""
    told_at = first.get((row.contact_id, row.source_id or 0), row.handed_at)
    if not is_indirect:
        information = _("a line said where the address comes from: no more was owed")
    elif told_at is None or row.handed_at is None or row.handed_at <= told_at:
        notice = _("it carried the full information, notice version %(version)s")
        information = notice % {"version": row.notice_version}
    else:
        information = _("a line said where the address comes from: the first message had told the rest")
    if row.measured:
        measured = _("opens and clicks were tied to the person, who had agreed")
    else:
        measured = _("opens and clicks were not tied to the person")
    told = [
        Answer(information, "first-information"),
        Answer(_("it had a way to leave in one step"), "way-out"),
        Answer(measured, "measurement-consent"),
    ]
    return [one for one in told if rule_named(one.rule) is not None]


def held_by(row: Delivery) -> Answer | None:
    """Why a message has not left, where a question of the last moment says so."""
    if row.handed_at is not None or not row.answer:
        return None
    for name, check in registry.hand_over_checks.items():
        if check.answer == row.answer:
            return Answer(_(check.answer), check.rule or RULE_OF_CHECK.get(name, ""))
    return None
