"""Territories that whoever sends may write to, and nobody outside.

A right, not a choice of recipients: it makes no mailing targeted.
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
