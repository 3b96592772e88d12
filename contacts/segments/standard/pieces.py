"""Small parts that several conditions share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.enums import TerritoryKind
from contacts.models import Territory
from contacts.segments.values import NumberValue, RangeValue, ReferenceValue, Text
from contacts.territories.lookup import suggest_absorbed, suggest_territories

SUGGESTED = 12
OLDEST = 120

AGE = NumberValue(0, OLDEST, unit=_("years"))
AGE_RANGE = RangeValue(AGE)
DAYS = NumberValue(1, 3650, unit=_("days"))


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 28 February for a 29 February that year does not have."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def age_lookups(operator: str, value: Any, day: date, field: str = "birth_date") -> Q:
    """People whose age on `day` is `from`, `to` or `between` some years; nobody of unknown age."""
    at_least, at_most = _bounds(operator, value)
    asked = Q(**{f"{field}__isnull": False})
    if at_least is not None:
        asked &= Q(**{f"{field}__lte": years_before(day, at_least)})
    if at_most is not None:
        asked &= Q(**{f"{field}__gt": years_before(day, at_most + 1)})
    return asked


def year_lookups(operator: str, value: Any, day: date) -> Q:
    """The same for people of whom only the year of birth is known, whatever day of it they were born on."""
    at_least, at_most = _bounds(operator, value)
    asked = Q(birth_year__isnull=False)
    if at_least is not None:
        asked &= Q(birth_year__lt=day.year - at_least)
    if at_most is not None:
        asked &= Q(birth_year__gte=day.year - at_most)
    return asked


def _bounds(operator: str, value: Any) -> tuple[int | None, int | None]:
    """The least and the greatest age asked for; None where there is none."""
    return {
        "from": (value, None),
        "to": (None, value),
        "between": value if isinstance(value, tuple) else (None, None),
    }[operator]


def having(rows: QuerySet[Any]) -> Q:
    """The people for whom such rows exist (`contact` names the person)."""
    return Q(Exists(rows.filter(contact=OuterRef("pk"))))


def having_any(operator: str, rows: Callable[[Sequence[int]], QuerySet[Any]], ids: tuple[int, ...]) -> Q:
    """`any`, `all` or `none` of some referenced rows."""
    if operator == "all":
        every = Q()
        for one in ids:
            every &= having(rows([one]))
        return every
    found = having(rows(ids))
    return ~found if operator == "none" else found


def named_rows(
    model: type[Model],
    missing: Text,
    *,
    order: str = "name",
    only: Q | None = None,
    offered: Callable[[], QuerySet[Any]] | None = None,
) -> ReferenceValue:
    """Rows of a table with a name, chosen by it; `only` those. `offered`: the rows that are suggested."""

    def some() -> QuerySet[Any]:
        return model._default_manager.filter(only or Q())

    def find(ids: Sequence[int]) -> Mapping[int, str]:
        return {row.pk: str(row) for row in some().filter(pk__in=ids)}

    def suggest(typed: str) -> Iterable[tuple[int, str]]:
        rows = (offered() if offered is not None else some()).order_by(order)
        if typed:
            rows = rows.filter(**{f"{order}__icontains": typed})
        return [(row.pk, str(row)) for row in rows[:SUGGESTED]]

    return ReferenceValue(find, suggest, missing)


def territories(*kinds: str, only_searched: bool = False) -> ReferenceValue:
    """Places of some kinds, found as somebody types a name, code or postcode."""

    def find(ids: Sequence[int]) -> Mapping[int, str]:
        return {place.pk: str(place) for place in Territory.objects.filter(pk__in=ids, kind__in=kinds)}

    def suggest(typed: str) -> Iterable[tuple[int, str]]:
        places = suggest_territories(typed, kinds=kinds, limit=SUGGESTED)
        if not typed and not only_searched:
            places = Territory.objects.filter(kind__in=kinds, replaced_by__isnull=True)
            places = places.order_by("kind", "code")[:SUGGESTED]
        offered = [(place.pk, str(place)) for place in places]
        if TerritoryKind.COMMUNE in kinds and len(offered) < SUGGESTED:
            for place in suggest_absorbed(typed, limit=SUGGESTED - len(offered)):
                if place.replaced_by_id is not None:
                    offered.append((place.replaced_by_id, place.said_today()))
        return offered

    return ReferenceValue(find, suggest, _("This place is not known any more."), only_searched)
