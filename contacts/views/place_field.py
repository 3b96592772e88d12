"""A place typed as people know it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from contacts.folding import fold
from contacts.models import Territory
from contacts.territories.lookup import PLACES_OF_RESIDENCE, suggest_absorbed, suggest_territories

NAMED = 5  # places that an ambiguous name is answered with


class PlaceField(forms.CharField):
    """A place by its name, postcode or code; cleaned to a Territory, or None.

    A commune that another absorbed leads to that one. `kinds`: those that may be named.
    """

    def __init__(self, *, kinds: tuple[str, ...] = PLACES_OF_RESIDENCE, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)
        self.kinds = kinds

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):  # of a form made from a model: the key
            value = Territory.objects.filter(pk=value).first()
        return str(value) if isinstance(value, Territory) else value

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        name, _bracket, code = typed.rstrip(")").rpartition("(")
        found = places_named(code if name else typed, kinds=self.kinds)  # as it was shown: "Beauvais (60057)"
        if not found:
            raise forms.ValidationError(_("No place has this name, postcode or code."))
        if len(found) > 1:
            places = ", ".join(str(place) for place in found)
            raise forms.ValidationError(_("Which one? Write its code: %(places)s") % {"places": places})
        return found[0]


def places_named(typed: str, *, kinds: tuple[str, ...] = PLACES_OF_RESIDENCE) -> list[Territory]:
    """Today's places that a text may mean: one when it is certain, some when it is not, or none."""
    found = list(suggest_territories(typed, kinds=kinds, limit=NAMED))
    if found:
        by_code = [place for place in found if typed.strip().upper() == place.code]
        by_name = [place for place in found if fold(typed) == place.name_folded]
        return by_code or (by_name if len(by_name) == 1 else found)
    today = {place.replaced_by for place in suggest_absorbed(typed, limit=NAMED)}
    return [place for place in today if place is not None and place.kind in kinds]
