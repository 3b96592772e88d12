"""Who a breach concerns: counted from the kinds of data, the sources and the period that were exposed."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    Consent,
    Contact,
    ContactSource,
    ElectoralRegistration,
    EmailAddress,
    Incident,
    Note,
    PhoneNumber,
    PostalAddress,
)

KINDS: dict[str, str | Promise] = {
    "identity": _("Names, ages, communes"),
    "email": _("E-mail addresses"),
    "phone": _("Phone numbers"),
    "postal": _("Postal addresses"),
    "consent": _("What people agreed to"),
    "note": _("Notes of the team"),
    "roll": _("Electoral rolls"),
}
_TABLES = {
    "email": EmailAddress,
    "phone": PhoneNumber,
    "postal": PostalAddress,
    "note": Note,
}


def count_concerned(incident: Incident) -> dict[str, int]:
    """People by kind of data, and `people`: each once. Data that came after the breach ended was not seen."""
    counts = {kind: _people(incident, kind).count() for kind in incident.kinds if kind != "roll"}
    counts["people"] = people_concerned(incident).count()
    if "roll" in incident.kinds:
        counts["roll"] = _electors(incident).count()
    return counts


def people_concerned(incident: Incident) -> QuerySet[Contact]:
    """Each person once; electors of rolls, who are no people of the base, are only counted."""
    every = Q(pk__in=[])
    for kind in incident.kinds:
        if kind != "roll":
            every |= Q(pk__in=_people(incident, kind).values("pk"))
    return Contact.objects.filter(every)


def _people(incident: Incident, kind: str) -> QuerySet[Contact]:
    people: QuerySet[Contact] = Contact.objects.all()
    sources = list(incident.sources.values_list("pk", flat=True))
    if sources:
        named = ContactSource.objects.filter(contact=OuterRef("pk"), source__in=sources)
        people = people.filter(Exists(named))
    until = incident.happened_until
    if kind == "consent":
        rows = Consent.objects.filter(contact=OuterRef("pk"))
        return people.filter(Exists(rows.filter(at__date__lte=until) if until else rows))
    if kind in _TABLES:
        points = _TABLES[kind]._default_manager.filter(contact=OuterRef("pk"))
        return people.filter(Exists(_before(points, until)))
    return _before(people, until)


def _electors(incident: Incident) -> QuerySet[ElectoralRegistration]:
    electors = ElectoralRegistration.objects.all()
    sources = list(incident.sources.values_list("pk", flat=True))
    return electors.filter(source__in=sources) if sources else electors


def _before(rows: QuerySet, until: date | None) -> QuerySet:  # type: ignore[type-arg]  # any of the tables
    return rows.filter(created_at__date__lte=until) if until else rows
