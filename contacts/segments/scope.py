"""Territories that a mailing keeps to: nobody who lives outside is written to.

Whoever sends may have no right to write elsewhere; to the people it is a choice by where they live all the
same, and makes the mailing targeted (`Audience.targeted_on`).
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from contacts.enums import Channel
from contacts.models import ElectoralRegistration, TerritoryAncestor
from contacts.rules.channels import DIGITAL

Scope = Collection[int] | None
"""Ids of territories, each with all that it contains; None: everywhere."""


def within(scope: Collection[int], channel: Channel) -> Q:
    """People of these territories, by their commune: who is known by none is outside.

    Letters and calls may read the roll: a person registered inside counts too.
    """
    home = Exists(TerritoryAncestor.objects.filter(ancestor__in=scope, descendant=OuterRef("commune")))
    if channel in DIGITAL:
        return Q(home)
    registered = ElectoralRegistration.objects.on_the_roll().filter(
        _place("commune", scope) | _place("polling_station", scope), contact=OuterRef("pk")
    )
    return Q(home) | Q(Exists(registered))


def _place(place: str, scope: Collection[int]) -> Q:
    return Q(Exists(TerritoryAncestor.objects.filter(ancestor__in=scope, descendant=OuterRef(place))))
