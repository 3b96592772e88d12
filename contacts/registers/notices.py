"""Drafts of what is told of a breach: to the authority (Article 33), and to people (Article 34)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.models import Incident
from contacts.registers.concerned import KINDS


def to_the_authority(incident: Incident) -> str:
    """What the form of the CNIL asks, in French: to copy there."""
    with override("fr"):
        organisation = Organisation.current()
        contact = organisation.dpo_contact or organisation.contact_email or "–"
        concerned = incident.concerned
        lines = [
            _("Controller: %(who)s") % {"who": organisation.legal_name or organisation.name},
            _("Contact for data protection: %(contact)s") % {"contact": contact},
            _("What happened: %(title)s") % {"title": incident.title},
            _("Known since: %(when)s") % {"when": _moment(incident.known_at)},
            _("Period: %(from)s – %(until)s")
            % {"from": _day(incident.happened_from), "until": _day(incident.happened_until)},
            _("Data: %(kinds)s") % {"kinds": _kinds(incident)},
            _("People concerned: about %(n)s") % {"n": _number(concerned.get("people", 0))},
        ]
        if "roll" in concerned:
            lines.append(_("Electors of rolls concerned: about %(n)s") % {"n": _number(concerned["roll"])})
        lines += [
            _("Being in this base may tell a political opinion (Article 9): a leak would harm people."),
            _("What is known: %(text)s") % {"text": incident.description or "–"},
            _("What was done: %(text)s") % {"text": incident.measures or "–"},
            _("People are told: %(answer)s")
            % {"answer": _("Yes") if incident.risk == Incident.Risk.HIGH else _("No")},
        ]
        return "\n".join(lines)


def to_people(incident: Incident, language: str) -> str:
    """A letter in plain words: what happened, what it may mean, what is done, whom to ask."""
    with override(language):
        organisation = Organisation.current()
        who = organisation.legal_name or organisation.name
        contact = organisation.dpo_contact or organisation.contact_email or "–"
        parts = [
            _("Hello,"),
            _("Data that %(who)s keeps of you may have been seen by people who should not: %(title)s.")
            % {"who": who, "title": incident.title},
            _("It is this data: %(kinds)s.") % {"kinds": _kinds(incident)},
            _("Being one of our contacts may tell a political opinion: beware of messages that use it."),
            _("What we have done: %(text)s") % {"text": incident.measures or "…"},
            _("Questions, or your rights over your data: %(contact)s.") % {"contact": contact},
            _("You can also complain to the CNIL (www.cnil.fr)."),
            who,
        ]
        return "\n\n".join(parts)


def _kinds(incident: Incident) -> str:
    return ", ".join(str(KINDS[kind]).lower() for kind in incident.kinds if kind in KINDS) or "–"


def _moment(when: object) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")  # type: ignore[arg-type]


def _day(day: object) -> str:
    return date_format(day, "DATE_FORMAT") if day else "?"  # type: ignore[arg-type]


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
