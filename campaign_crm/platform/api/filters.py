"""Filters that a list declares: nothing else in the query of an address is taken, or ignored.

Names come from the declaration and never from the request; what one does to a queryset is written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from campaign_crm.platform.api.problems import InvalidParameter
from campaign_crm.platform.typed import line_of, moment_of, number_of

if TYPE_CHECKING:
    from campaign_crm.platform.api.views import Conventions

CHARACTERS = 200
OF_PAGES = frozenset({"cursor", "page_size"})
CHOSEN = "fields"
Reader = Callable[[str], Any]


@dataclass(frozen=True)
class Filter:
    """One parameter of a list. `read`: its text → its value, None for a text that is none; `narrow`:
    (queryset, value) → the rows that fit; `schema`: its type in OpenAPI.
    """

    name: str
    read: Reader
    narrow: Callable[[Any, Any], Any]
    schema: dict[str, Any]
    help: str = ""


def number(name: str, narrow: Callable[[Any, int], Any], help: str = "") -> Filter:
    return Filter(name, number_of, narrow, {"type": "integer", "minimum": 0}, help)


def moment(name: str, narrow: Callable[[Any, Any], Any], help: str = "") -> Filter:
    return Filter(name, moment_of, narrow, {"type": "string", "format": "date-time"}, help)


def words(name: str, narrow: Callable[[Any, str], Any], help: str = "") -> Filter:
    def read(text: str) -> str | None:
        return line_of(text, at_most=CHARACTERS) or None

    return Filter(name, read, narrow, {"type": "string", "minLength": 1, "maxLength": CHARACTERS}, help)


def choice(name: str, choices: Sequence[str], narrow: Callable[[Any, str], Any], help: str = "") -> Filter:
    def read(text: str) -> str | None:
        return text if text in choices else None

    return Filter(name, read, narrow, {"type": "string", "enum": list(choices)}, help)


def yes_or_no(name: str, narrow: Callable[[Any, bool], Any], help: str = "") -> Filter:
    return Filter(name, {"true": True, "false": False}.get, narrow, {"type": "boolean"}, help)


class DeclaredFilters(BaseFilterBackend):
    """Narrows a list by the filters that its view declares; raises InvalidParameter."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        for one in view.narrowed_by:
            if one.name not in request.query_params:
                continue
            value = one.read(request.query_params[one.name])
            if value is None:
                raise InvalidParameter(one.name, no_value_of(one.name))
            queryset = one.narrow(queryset, value)
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "in": "query",
                "required": False,
                "schema": one.schema,
                "description": one.help,
            }
            for one in view.narrowed_by
        ]


def as_parameters(declared: Sequence[Filter]) -> list[OpenApiParameter]:
    """The same for `extend_schema`, of a view that is no list."""
    return [OpenApiParameter(one.name, one.schema, description=one.help) for one in declared]


def no_value_of(name: str) -> str:
    return _("This is no value that “%s” takes.") % name


def chosen(request: Request, declared: Sequence[Filter], name: str) -> Any:
    """The value of a parameter of a view that is no list, None where it is not given.

    Raises InvalidParameter.
    """
    one = next(each for each in declared if each.name == name)
    if name not in request.query_params:
        return None
    value = one.read(request.query_params[name])
    if value is None:
        raise InvalidParameter(name, no_value_of(name))
    return value


def check_parameters(request: Request, view: Conventions) -> None:
    """Raise InvalidParameter for one that is not taken: a filter misspelt must not list everybody."""
    taken = {one.name for one in view.narrowed_by} | view.parameters
    if getattr(view, "pagination_class", None) is not None and hasattr(view, "list"):
        taken |= OF_PAGES
    if getattr(getattr(view, "serializer_class", None), "can_be_chosen", False):
        taken |= {CHOSEN}
    unknown = sorted(set(request.query_params) - taken)
    if unknown:
        raise InvalidParameter(
            unknown[0],
            _("This address does not take “%(name)s”. It takes: %(names)s.")
            % {"name": line_of(unknown[0], at_most=60), "names": ", ".join(sorted(taken)) or "–"},
        )
