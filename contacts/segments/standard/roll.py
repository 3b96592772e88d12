"""The electoral roll: for post and calls only.

CNIL, fiches of 21 October 2025: data of the rolls may not feed online targeting; sorting by age, sex, polling
station or address for post, doors and calls is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import Gender, TargetingClass, TerritoryKind
from contacts.models import ElectoralRegistration, TerritoryAncestor
from contacts.models.electoral_registration import RollKind
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import AGE, AGE_RANGE, age_lookups, having, territories
from contacts.segments.values import NOTHING, ChoiceValue, Text, ValueKind

NOTE = _("From the electoral roll: for post and calls, never for e-mail or SMS.")
_ON_THE_ROLL = ElectoralRegistration.objects.on_the_roll()
_GENDERS = ChoiceValue(lambda: Gender.choices)
_LISTS = ChoiceValue(lambda: [(str(value), label) for value, label in RollKind.choices])
Compile = Callable[[str, Any, Context], Q]


def _linked(operator: str, _value: Any, _context: Context) -> Q:
    found = having(_ON_THE_ROLL)
    return ~found if operator == "has_not" else found


def _age(operator: str, value: Any, context: Context) -> Q:
    return having(_ON_THE_ROLL.filter(age_lookups(operator, value, context.day)))


def _gender(_operator: str, value: Any, _context: Context) -> Q:
    return having(_ON_THE_ROLL.filter(gender__in=value))


def _list(_operator: str, value: Any, _context: Context) -> Q:
    return having(_ON_THE_ROLL.filter(roll_kind__in=[int(one) for one in value]))


def _inside(place: str) -> Compile:
    """Registered inside one of some territories, by the elector's `place` (commune or polling station)."""

    def compile(operator: str, value: Any, _context: Context) -> Q:
        inside = TerritoryAncestor.objects.filter(ancestor__in=value, descendant=OuterRef(place))
        found = having(_ON_THE_ROLL.filter(Exists(inside)))
        return ~found if operator == "outside" else found

    return compile


def _roll_condition(key: str, label: Text, operators: dict[str, ValueKind], compile: Compile) -> None:
    register_condition(
        Condition(
            key=key,
            label=label,
            group=ConditionGroup.ROLL,
            operators=operators,
            targeting_class=TargetingClass.FORBIDDEN,
            compile=compile,
            note=NOTE,
        )
    )


def _places(*kinds: str, only_searched: bool = False) -> dict[str, ValueKind]:
    chosen = territories(*kinds, only_searched=only_searched)
    return {"inside": chosen, "outside": chosen}


_roll_condition("roll", _("Is on an electoral roll"), {"has": NOTHING, "has_not": NOTHING}, _linked)
_roll_condition(
    "roll_place",
    _("Votes in"),
    _places(
        TerritoryKind.REGION,
        TerritoryKind.DEPARTMENT,
        TerritoryKind.COMMUNE,
        TerritoryKind.MUNICIPAL_ARRONDISSEMENT,
        only_searched=True,
    ),
    _inside("commune"),
)
_roll_condition(
    "roll_station",
    _("Polling station"),
    _places(TerritoryKind.POLLING_STATION),
    _inside("polling_station"),
)
_roll_condition("roll_canton", _("Canton"), _places(TerritoryKind.CANTON), _inside("polling_station"))
_roll_condition(
    "roll_constituency",
    _("Constituency"),
    _places(TerritoryKind.CONSTITUENCY),
    _inside("polling_station"),
)
_roll_condition("roll_age", _("Age on the roll"), {"from": AGE, "to": AGE, "between": AGE_RANGE}, _age)
_roll_condition("roll_gender", _("Sex on the roll"), {"is": _GENDERS}, _gender)
_roll_condition("roll_list", _("Kind of roll"), {"is": _LISTS}, _list)
