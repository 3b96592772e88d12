"""What a phone at the door sends, checked: nothing it wrote is believed before."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaign_crm.platform.typed import line_of, moment_of
from contacts.models import ConsentWording
from tracking.events.check_in import Mark, WalkIn
from tracking.events.public_form import wordings_of
from tracking.forms.fields import clean_email, clean_mobile
from tracking.models import Event

AT_ONCE = 500  # marks of one call; a phone sends more in several
LENGTHS = {"first_name": 100, "last_name": 100, "postcode": 16}
NUMBERS = range(1, 1 << 63)


class Unreadable(ValueError):
    """It is not what our page sends."""


@dataclass(frozen=True)
class Sent:
    """Marks and new people of one call. `left_out`: sentences about what of it cannot be kept."""

    marks: list[Mark] = field(default_factory=list)
    walk_ins: list[WalkIn] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read(body: bytes, event: Event, *, language: str) -> Sent:
    """Raises Unreadable."""
    try:
        told = json.loads(body)
        marks, walk_ins = list(told["marks"]), list(told["walk_ins"])
        if len(marks) + len(walk_ins) > AT_ONCE:
            raise Unreadable("Too many at once.")
        sent = Sent(marks=[_mark(one) for one in marks])
        for one in walk_ins:
            sent.walk_ins.append(_walk_in(one, event, language, sent.left_out))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(str(error)) from error
    return sent


def _mark(told: dict[str, Any]) -> Mark:
    if not isinstance(told["came"], bool):
        raise Unreadable("came")
    return Mark(uuid.UUID(told["id"]), _number(told["rsvp"]), told["came"], _moment(told["at"]))


def _walk_in(told: dict[str, Any], event: Event, language: str, left_out: list[str]) -> WalkIn:
    """Names, and what is right of the rest: the person has gone in, and cannot be asked again."""
    values = {name: line_of(str(told.get(name, "")), at_most=most) for name, most in LENGTHS.items()}
    if not values["first_name"] or not values["last_name"]:
        raise Unreadable("name")
    for name, clean in (("email", clean_email), ("phone", clean_mobile)):
        text = line_of(str(told.get(name, "")), at_most=254)
        try:
            values[name] = clean(text) if text else ""
        except ValidationError as error:
            message = _("%(first)s %(last)s: %(why)s")
            left_out.append(message % {"first": values["first_name"], "last": values["last_name"],
                                       "why": error.messages[0]})  # fmt: skip
    return WalkIn(
        number=uuid.UUID(told["id"]),
        slot=_number(told["slot"]),
        values={name: text for name, text in values.items() if text},
        consents=_consents(told.get("consents") or [], event, language, values),
        language=language,
        at=_moment(told["at"]),
    )


def _consents(ticked: list[Any], event: Event, language: str, values: dict[str, str]) -> list[ConsentWording]:
    """The boxes of the event's own form, as far as there is an address or number for them."""
    needs = {"email": "email", "sms": "phone", "call": "phone"}
    return [
        wording
        for wording in wordings_of(event, language)
        if wording.pk in ticked and values.get(needs.get(wording.channel, "email"))
    ]


def _number(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told not in NUMBERS:
        raise Unreadable("number")
    return told


def _moment(told: Any) -> datetime:
    found = moment_of(str(told))
    if found is None:
        raise Unreadable("moment")
    return found
