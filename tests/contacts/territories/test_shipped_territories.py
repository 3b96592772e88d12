"""The shipped reference in the database: whole, idempotent, quick to say that nothing changed."""

import time

from contacts.models import Territory, TerritoryAlias, TerritoryAncestor
from contacts.territories.loading import load_territories


def test_the_shipped_territories_are_loaded_whole(loaded, commune):
    communes = Territory.objects.filter(kind="commune")
    assert loaded.loaded
    assert loaded.created == Territory.objects.count()
    assert communes.current().count() == 34_969
    assert communes.filter(replaced_by__isnull=False).count() == 1_992  # 584 of 2,576 left their code
    assert Territory.objects.filter(kind="municipal_arrondissement").count() == 45
    assert Territory.objects.filter(kind="department").count() == 110
    assert Territory.objects.filter(kind="region").count() == 18
    beauvais = commune("60057")
    assert beauvais.name_folded == "beauvais"
    assert beauvais.postcodes == ["60000"]
    assert beauvais.parent.name == "Oise"
    assert beauvais.parent.parent.name == "Hauts-de-France"


def test_the_closure_answers_inside_on_every_step(loaded, commune):
    oise = commune("60", kind="department")
    lineage = TerritoryAncestor.objects.filter(descendant=commune("60057")).order_by("depth")
    assert [link.ancestor.name for link in lineage] == ["Beauvais", "Oise", "Hauts-de-France", "France"]
    assert [link.depth for link in lineage] == [0, 1, 2, 3]
    inside = Territory.objects.inside(oise.id).current().filter(kind="commune")
    assert inside.count() == Territory.objects.filter(kind="commune", parent=oise).count() == 680
    paris = Territory.objects.inside(commune("75056").id)
    assert paris.filter(kind="municipal_arrondissement").count() == 20
    assert TerritoryAncestor.objects.filter(depth=0).count() == Territory.objects.count()


def test_a_former_commune_points_to_todays(loaded, commune):
    pierrefitte, saint_denis = commune("93059"), commune("93066")
    assert pierrefitte.replaced_by == pierrefitte.parent == saint_denis
    assert not Territory.objects.filter(parent_id=saint_denis.id).current().exists()


def test_loading_the_same_edition_again_does_nothing_at_once(loaded):
    started = time.monotonic()
    again = load_territories()
    assert time.monotonic() - started < 0.2
    assert (again.loaded, again.created, again.updated) == (False, 0, 0)


def test_loading_by_force_keeps_every_id(loaded, commune):
    before = dict(Territory.objects.values_list("code", "id").filter(kind="commune"))
    links = TerritoryAncestor.objects.count()
    again = load_territories(force=True)
    assert (again.loaded, again.created, again.updated, again.retired) == (True, 0, 0, 0)
    assert dict(Territory.objects.values_list("code", "id").filter(kind="commune")) == before
    assert TerritoryAncestor.objects.count() == links
    assert TerritoryAlias.objects.count() == again.aliases == loaded.aliases
