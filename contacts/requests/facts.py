"""Everything that is kept of one person, with where it comes from, as sections of labelled values.

The tables come from `tables.person_tables`: one that is not told says why in `NOT_TOLD`, and a test holds it.
Apps above tell theirs better than field by field (`registry.answer_sections`, by table).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import DIRECT_KINDS
from contacts.merging.fields import EXTRA, FIELDS
from contacts.merging.redirects import all_numbers
from contacts.models import Contact, CustomField, ElectoralRegistration, Import, PersonRequest, Source
from contacts.provenance import Origin, origins_of
from contacts.registry import registry
from contacts.requests.tables import PersonTable, person_tables

Row = dict[str, Any]
NOT_TOLD = {
    "contacts_reach": "computed from what is told: addresses, consents, sources, objections",
    "contacts_duplicatepair": "a guess about two records, which names another person",
    "contacts_registrationmatch": "a guess about an elector, who may be another person",
    "contacts_householdmember": "who may live at the same address: others' data",
    "contacts_sourcerow": "a digest by which a row of a file is known again",
    "contacts_importconfirmation": "which files said the same: the sources are told",
    "contacts_merge": "two records made one: their values are those told",
}
# Given by the person themselves, and so theirs to take along (Article 20); of the first three, the rows whose
# source is direct.
GIVEN = (
    *("contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress"),
    *("contacts_consent", "contacts_subscription", "contacts_chosenfrequency", "tracking_submission"),
    "tracking_rsvp",
)
_LABELS: dict[str, str | Promise] = {
    "at": gettext_lazy("Moment"),
    "created_at": gettext_lazy("Since"),
    "started_at": gettext_lazy("Since"),
    "first_seen_at": gettext_lazy("Since"),
    "ended_at": gettext_lazy("Until"),
    "confirmed_at": gettext_lazy("Confirmed"),
    "asked_at": gettext_lazy("Link sent"),
    "collected_on": gettext_lazy("Collected on"),
    "said": gettext_lazy("As the file says"),
    "data": gettext_lazy("Content"),
    "text": gettext_lazy("Text"),
    "name": gettext_lazy("Name"),
    "list": gettext_lazy("List"),
    "tag": gettext_lazy("Tag"),
    "form": gettext_lazy("Form"),
    "newsletter": gettext_lazy("Newsletter"),
    "campaign": gettext_lazy("Mailing"),
    "link_number": gettext_lazy("Link"),
    "user_agent": gettext_lazy("Browser"),
    "device": gettext_lazy("Device"),
    "reader": gettext_lazy("Program"),
    "ip": gettext_lazy("IP address"),
    "wording": gettext_lazy("Wording"),
    "source": gettext_lazy("Source"),
    "commune": gettext_lazy("Commune"),
    "polling_station": gettext_lazy("Polling station"),
    "birth_date_raw": gettext_lazy("Birth date as written"),
    "days": gettext_lazy("How often"),
    "channel": gettext_lazy("Channel"),
    "from_name": gettext_lazy("From"),
    "from_address": gettext_lazy("From"),
    "is_automatic": gettext_lazy("Automatic answer"),
    "due_on": gettext_lazy("Answer due"),
    "received_at": gettext_lazy("Received"),
}
# What says nothing of the person: how rows are kept.
_TECHNICAL = {
    *("id", "event_id", "identity", "custom", "search_text", "name_folded", "folded", "normalised"),
    *("ledger_month", "occasion", "hit_class", "variant", "visitor", "reminded", "origin", "bucket"),
    *("electors", "rules", "signals"),
}


@dataclass(frozen=True)
class Section:
    """One kind of fact; `table` tells which."""

    table: str
    title: str
    rows: list[Row] = field(default_factory=list)


def everything_about(contact: Contact) -> list[Section]:
    """Each fact with its source, in the language of the moment; sections without rows are left out."""
    found = [Section("contacts_contact", _("Who you are"), _identity(contact))]
    for table in _told_tables():
        tell = registry.answer_sections.get(table.name)
        rows = tell(contact.pk) if tell else [_row(one, table) for one in _rows(table, contact)]
        found.append(Section(table.name, _title(table), rows))
    return [section for section in found if section.rows]


def about_electors(request: PersonRequest) -> list[Section]:
    """What rolls say of the electors of a request, and what was asked about them."""
    electors = ElectoralRegistration.objects.filter(pk__in=request.electors)
    if request.contact is not None:  # those linked to the person are told with them
        electors = electors.filter(contact=None)
    asked = PersonRequest.objects.filter(electors__overlap=request.electors, contact=None)
    found = []
    for model, rows in ((ElectoralRegistration, electors), (PersonRequest, asked)):
        table = next(one for one in person_tables() if one.model is model)
        joined = [one.name for one in _told_fields(table) if isinstance(one, models.ForeignKey)]
        told = [_row(one, table) for one in rows.select_related(*joined).order_by("pk")]
        found.append(Section(table.name, _title(table), told))
    return [section for section in found if section.rows]


def given_by(contact: Contact) -> list[Section]:
    """What the person gave us themselves."""
    origins = origins_of(contact)
    identity = [
        {_("Field"): label, _("Value"): value}
        for name, label, value in _identity_values(contact)
        if _is_direct(origins.get(name))
    ]
    found = [Section("contacts_contact", _("Who you are"), identity)]
    for table in _told_tables():
        if table.name in GIVEN:
            rows = [_row(one, table) for one in _rows(table, contact) if _was_given(one)]
            found.append(Section(table.name, _title(table), rows))
    return [section for section in found if section.rows]


def _told_tables() -> Iterator[PersonTable]:
    told: set[str] = set()
    for table in sorted(person_tables(), key=lambda one: _order(one.name)):
        if table.name not in NOT_TOLD and table.name not in told:
            told.add(table.name)
            yield table


def _order(table: str) -> tuple[int, str]:
    """Addresses and consents first, what was sent and done last."""
    first = [*GIVEN[:5], "contacts_contactsource", "contacts_contacttag", "contacts_listmembership"]
    return (first.index(table) if table in first else len(first), table)


def _title(table: PersonTable) -> str:
    titles = {
        "contacts_contactsource": _("Where we have your data from"),
        "contacts_contacttag": _("Tags"),
        "contacts_listmembership": _("Lists"),
        "contacts_electoralregistration": _("On the electoral roll"),
        "contacts_consent": _("What you agreed to or withdrew"),
        "contacts_supportlevel": _("How close to us our team noted you to be"),
        "contacts_personrequest": _("What you asked of your data"),
        "messaging_delivery": _("Messages sent to you, and why"),
        "messaging_reply": _("What you wrote to us"),
        "tracking_interaction": _("What you did"),
        "tracking_rsvp": _("Events that you registered for"),
        "tracking_submission": _("Forms that you filled in"),
    }
    return titles.get(table.name) or capfirst(str(table.model._meta.verbose_name_plural))


def _identity(contact: Contact) -> list[Row]:
    origins = origins_of(contact)
    return [
        {_("Field"): label, _("Value"): value, _("Source"): _origin_words(origins.get(name))}
        for name, label, value in _identity_values(contact)
    ]


def _identity_values(contact: Contact) -> Iterator[tuple[str, str, Any]]:
    """(name, label, value) of each filled field and extra field."""
    for name, label in FIELDS.items():
        plain = name.removesuffix("_id")
        value = _value(contact, contact._meta.get_field(plain))
        if value not in ("", None):
            yield plain, capfirst(str(label)), value
    labels = dict(CustomField.objects.filter(key__in=list(contact.custom)).values_list("key", "label"))
    for key, value in contact.custom.items():
        yield EXTRA + key, labels.get(key, key), value


def _origin_words(origin: Origin | None) -> str:
    if origin is None:
        return "–"
    if origin.source is not None:
        return str(origin.source)
    return _("Written by our team")


def _is_direct(origin: Origin | None) -> bool:
    return origin is not None and origin.source is not None and origin.source.kind in DIRECT_KINDS


def _was_given(row: models.Model) -> bool:
    source = getattr(row, "source", None)
    return not isinstance(source, Source) or source.kind in DIRECT_KINDS


def _rows(table: PersonTable, contact: Contact) -> models.QuerySet[Any]:
    joined = [field.name for field in _told_fields(table) if isinstance(field, models.ForeignKey)]
    numbers = all_numbers([contact.pk])  # some rows stay under the number of a record that was merged in
    found = table.model._default_manager.filter(**{f"{table.relation.name}__in": numbers}).order_by("pk")
    return found.select_related(*joined) if joined else found


def _row(one: models.Model, table: PersonTable) -> Row:
    row: Row = {}
    for told in _told_fields(table):
        value = _value(one, told)
        if value not in ("", None, [], {}):
            row[_label(told)] = value
    return row


def _told_fields(table: PersonTable) -> list[models.Field[Any, Any]]:
    """All but keys, hashes, the team's names and how the row is kept."""
    hidden = {settings.AUTH_USER_MODEL.lower(), Import._meta.label_lower, Contact._meta.label_lower}
    return [
        one
        for one in table.model._meta.local_concrete_fields
        if one.name not in _TECHNICAL
        and not isinstance(one, models.BinaryField | models.GeneratedField | models.UUIDField)
        and not (one.is_relation and one.related_model._meta.label_lower in hidden)
        and not one.name.startswith("reminded")
    ]


def _label(told: models.Field[Any, Any]) -> str:
    return capfirst(str(_LABELS.get(told.name, told.verbose_name)))


def _value(one: models.Model, told: models.Field[Any, Any]) -> Any:
    if isinstance(told, models.ForeignKey):
        target = getattr(one, told.name)
        return None if target is None else getattr(target, "text", None) or str(target)
    value = getattr(one, told.attname)
    if told.flatchoices and value not in ("", None):
        return str(dict(told.flatchoices).get(value, value))
    if isinstance(value, datetime):
        return timezone.localtime(value)
    return value


def plain(value: Any) -> Any:
    """A value as JSON keeps it: moments and days in ISO 8601."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Promise):
        return str(value)
    return value
