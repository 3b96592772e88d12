"""`/api/v1/territories/`: places, by kind, code, postcode or what contains them."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.chosen import ChosenFields
from campaign_crm.platform.api.views import ListView, OneView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.enums import TerritoryKind
from contacts.folding import fold
from contacts.models import Territory


class TerritorySerializer(ChosenFields, serializers.ModelSerializer[Territory]):
    """`code`: INSEE's for communes and departments. `parent`: what contains it on the administrative line."""

    class Meta:
        model = Territory
        fields = ["id", "kind", "code", "name", "parent", "population", "postcodes", "replaced_by"]
        read_only_fields = fields


class TerritoriesApi(ListView[Territory]):
    """List territories."""

    in_territory = True
    scope = Scope.TERRITORIES_READ
    right = Right.VIEW_PEOPLE
    serializer_class = TerritorySerializer
    narrowed_by = (
        filters.choice("kind", TerritoryKind.values, lambda rows, kind: rows.filter(kind=kind)),
        filters.words("code", lambda rows, code: rows.filter(code=code), "Exactly this code"),
        filters.words(
            "q", lambda rows, text: rows.filter(name_folded__startswith=fold(text)), "Beginning of the name"
        ),
        filters.words("postcode", lambda rows, code: rows.filter(postcodes__contains=[code])),
        filters.number(
            "inside",
            lambda rows, place: rows.filter(ancestor_links__ancestor=place),
            "The number of a territory: it and all that it contains",
        ),
    )

    def get_queryset(self) -> QuerySet[Territory]:
        return Territory.objects.all()


class TerritoryApi(OneView[Territory]):
    """One territory."""

    in_territory = True
    scope = Scope.TERRITORIES_READ
    right = Right.VIEW_PEOPLE
    serializer_class = TerritorySerializer

    def get_queryset(self) -> QuerySet[Territory]:
        return Territory.objects.all()
