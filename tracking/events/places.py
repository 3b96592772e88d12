"""Where an event is, for the law and for clocks."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from contacts.enums import TerritoryKind
from contacts.models import Territory, TerritoryAncestor
from contacts.territories.zones import OVERSEAS
from tracking.models import Event


def places_of(event: Event) -> list[int] | None:
    """The territory that it takes place in: the commune, else that of its team; None: the whole country."""
    place = event.commune_id or event.territory_id
    return None if place is None else [place]


def zone_of(event: Event) -> str:
    """The time zone of its place; the installation's where it is not known."""
    code = (
        Territory.objects.filter(
            descendant_links__descendant__in=places_of(event) or [], kind=TerritoryKind.DEPARTMENT
        )
        .values_list("code", flat=True)
        .first()
    )
    return OVERSEAS.get(code or "", settings.TIME_ZONE)


def near(commune: Territory) -> tuple[Q, Q]:
    """Which events are for people of a commune: those in it, and those elsewhere in its department.

    Events know places, not coordinates: nearness is that of the administrative line.
    """
    departments = TerritoryAncestor.objects.filter(
        descendant=commune, ancestor__kind=TerritoryKind.DEPARTMENT
    ).values("ancestor")
    inside = TerritoryAncestor.objects.filter(ancestor__in=departments).values("descendant")
    here = Q(commune=commune) | Q(commune=None, territory=commune)
    around = Q(commune__in=inside) | Q(commune=None, territory__in=inside)
    return here, around & ~here
