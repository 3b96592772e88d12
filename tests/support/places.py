"""A small country: two departments of one region, their communes and a polling station."""

from __future__ import annotations

from dataclasses import dataclass

from campaign_crm.platform.walls import forget_contents
from contacts.models import Territory, TerritoryAncestor


@dataclass(frozen=True)
class Places:
    region: Territory
    oise: Territory
    beauvais: Territory
    station: Territory  # of Beauvais
    somme: Territory
    amiens: Territory


def make_places() -> Places:
    """Territories of codes that no shipped one has."""
    region = place("region", "X1", "Picardie")
    oise = place("department", "X60", "Oise", region)
    somme = place("department", "X80", "Somme", region)
    beauvais = place("commune", "X6057", "Beauvais-sur-Test", oise)
    return Places(
        region=region,
        oise=oise,
        beauvais=beauvais,
        station=place("polling_station", "X6057-0001", "Bureau 1", beauvais),
        somme=somme,
        amiens=place("commune", "X8021", "Amiens-sur-Test", somme),
    )


def place(kind: str, code: str, name: str, parent: Territory | None = None) -> Territory:
    """One territory inside its parent and all that contains it."""
    made = Territory.objects.create(kind=kind, code=code, name=name, parent=parent)
    above = TerritoryAncestor.objects.filter(descendant=parent) if parent else ()
    TerritoryAncestor.objects.bulk_create(
        [
            TerritoryAncestor(ancestor=made, descendant=made, depth=0),
            *(
                TerritoryAncestor(ancestor_id=link.ancestor_id, descendant=made, depth=link.depth + 1)
                for link in above
            ),
        ]
    )
    forget_contents()
    return made
