"""What somebody chose to export, as options that can be kept, and the people these options mean.

Read where the work is: in the request, to count, and in the job, to write, behind the same walls.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.enums import Channel
from contacts.errors import ContactsError
from contacts.models import Contact, Incident, List, Reach, Segment, Territory
from contacts.registers.concerned import people_concerned
from contacts.registry import registry
from contacts.segments.compile import people_matching
from contacts.segments.errors import SegmentInvalid
from contacts.segments.nesting import read_segment

Scope = dict[str, Any]
SELECTED_AT_MOST = 200


class ScopeGone(ContactsError):
    """What was chosen is no longer there."""


def people_who(*, can: str = "", department: int | None = None) -> QuerySet[Contact]:
    """The quick filters of the list of people: a channel open today, or "none"; where they live."""
    people: QuerySet[Contact] = Contact.objects.visible()
    open_today = Reach.objects.open_on(timezone.localdate()).filter(contact=OuterRef("pk"))
    if can in Channel.values:
        people = people.filter(Exists(open_today.filter(channel=can)))
    elif can == "none":
        people = people.filter(~Exists(open_today.filter(channel=Channel.EMAIL)))
    if department is not None:
        people = people.filter(commune__ancestor_links__ancestor_id=department)
    return people


def people_in(scope: Scope) -> QuerySet[Contact]:
    """The people of a scope who may stand in a file; who is known only from a roll stands in letters."""
    return _found(scope).filter(is_stub=False)


def _found(scope: Scope) -> QuerySet[Contact]:
    if "segment" in scope:
        try:
            return people_matching(read_segment(scope["segment"]), inside=(scope["segment"],))
        except SegmentInvalid as error:
            raise ScopeGone(str(error)) from error
    if "incident" in scope:
        incident = Incident.objects.filter(pk=scope["incident"]).first()
        if incident is None:
            raise ScopeGone(_("This incident is not written down any more."))
        return Contact.objects.visible().filter(pk__in=people_concerned(incident).values("pk"))
    if "list" in scope:
        if not List.objects.filter(pk=scope["list"]).exists():
            raise ScopeGone(_("This list does not exist any more."))
        return Contact.objects.visible().filter(list_memberships__list=scope["list"])
    if "selected" in scope:
        return Contact.objects.visible().filter(pk__in=scope["selected"])
    if (above := _from_above(scope)) is not None:
        found = registry.export_scopes[above].people(scope[above])
        if found is None:
            raise ScopeGone(_("What you chose does not exist any more."))
        return found
    return people_who(can=scope.get("can", ""), department=scope.get("department"))


def _from_above(scope: Scope) -> str | None:
    """The word of a scope that an app above knows."""
    return next((name for name in registry.export_scopes if name in scope), None)


def scope_words(scope: Scope) -> str:
    """What was chosen, as people say it."""
    if "segment" in scope:
        segment = Segment.objects.filter(pk=scope["segment"]).first()
        return _("Segment “%(name)s”") % {"name": segment.name if segment else scope["segment"]}
    if "list" in scope:
        chosen = List.objects.filter(pk=scope["list"]).first()
        return _("Fixed list “%(name)s”") % {"name": chosen.name if chosen else scope["list"]}
    if "incident" in scope:
        return _("Whom an incident concerns")
    if "selected" in scope:
        return _("People selected by hand")
    if (above := _from_above(scope)) is not None:
        return registry.export_scopes[above].words(scope[above])
    if "letters" in scope:
        place = Territory.objects.filter(pk=scope["letters"]["place"]).first()
        return _("Electors of %(place)s") % {"place": place.name if place else "–"}
    department = Territory.objects.filter(pk=scope.get("department") or 0).first()
    words = [department.name] if department else []
    if can := scope.get("can"):
        words.append(_("cannot be written to by e-mail") if can == "none" else str(Channel(can).label))
    return _("People: %(filters)s") % {"filters": ", ".join(words)} if words else _("All people")
