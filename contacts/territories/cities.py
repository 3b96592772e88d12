"""Paris, Lyon and Marseille: an address is in an arrondissement, a roll names the city or the arrondissement.

Two places are one commune when their cities are the same.
"""

from __future__ import annotations

from contacts.enums import TerritoryKind
from contacts.models import Territory


def city_id(place: Territory) -> int:
    """The id of the commune that a commune or a municipal arrondissement is in."""
    if place.kind == TerritoryKind.MUNICIPAL_ARRONDISSEMENT and place.parent_id is not None:
        return place.parent_id
    return place.pk


def parts_of_city(commune_id: int) -> list[int]:
    """The id of a commune and those of its municipal arrondissements."""
    parts = Territory.objects.filter(parent=commune_id, kind=TerritoryKind.MUNICIPAL_ARRONDISSEMENT)
    return [commune_id, *parts.values_list("pk", flat=True)]


def city_sql(place_id: str) -> str:
    """`city_id` as a SQL expression over an expression of ours: one look at the primary key."""
    return _CITY.format(place=place_id)


_CITY = """
coalesce((SELECT place.parent_id FROM contacts_territory AS place
          WHERE place.id = {place} AND place.kind = 'municipal_arrondissement'), {place})
"""
