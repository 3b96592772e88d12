"""The documentation of the API: a page made from its own OpenAPI description, without anybody's script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator

from campaign_crm.platform.api.problems import TITLES
from campaign_crm.platform.api.schema import ALWAYS, OF_CHANGING, OF_WRITING
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from campaign_crm.platform.staff import StaffView

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEMS = {*ALWAYS, *OF_CHANGING, *OF_WRITING}
DEEPEST = 6  # parts inside parts that the page draws


@dataclass(frozen=True)
class Part:
    """One line of a table: a field or a parameter; `depth` moves what is inside another to the right."""

    name: str
    kind: str
    text: str = ""
    required: bool = False
    depth: int = 0


@dataclass
class Operation:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    scope: str
    right: str
    in_territory: bool
    public: bool
    parameters: list[Part] = field(default_factory=list)
    body: list[Part] = field(default_factory=list)
    body_type: str = ""
    answers: list[tuple[str, str, list[Part]]] = field(default_factory=list)


class ApiDocs(StaffView, TemplateView):
    """Every operation: who may ask it, what it takes, what it answers; then errors and what holds for all."""

    right_required = Right.VIEW_PEOPLE
    title = gettext_lazy("The API")
    subtitle = gettext_lazy("For the websites and programs of the organisation.")
    template_name = "crm/api_docs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            groups=described(get_language() or ""),
            problems=TITLES.items(),
            base=f"{settings.PUBLIC_URL}/api/v1/",
            schema_url=reverse("api:schema"),
            **kwargs,
        )


@lru_cache(maxsize=4)
def described(language: str) -> list[tuple[str, list[Operation]]]:
    """The operations by the first word of their addresses; the description never changes while we run."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, list[Operation]] = {}
    for path, methods in sorted(schema["paths"].items()):
        for method in METHODS:
            if method in methods:
                shown = _operation(schema, path, method, methods[method])
                groups.setdefault(path.removeprefix("/api/v1/").split("/")[0], []).append(shown)
    return list(groups.items())


def _operation(schema: dict[str, Any], path: str, method: str, told: dict[str, Any]) -> Operation:
    summary, _line, text = told.get("description", "").partition("\n")
    content = told.get("requestBody", {}).get("content", {})
    body_type = next(iter(content), "")
    return Operation(
        id=f"{told['operationId']}",
        method=method.upper(),
        path=path,
        summary=summary,
        text=" ".join(text.split()),
        scope=str(dict(Scope.choices).get(told["x-scope"], "")),
        right=str(dict(Right.choices).get(told["x-right"], "")),
        in_territory=told["x-in-territory"],
        public=told["x-public"],
        parameters=[
            Part(
                one["name"],
                _kind(schema, one["schema"]),
                one.get("description", ""),
                one.get("required", False),
            )
            for one in told.get("parameters", [])
        ],
        body=list(_parts(schema, content[body_type]["schema"])) if body_type else [],
        body_type=body_type,
        answers=[
            (code, ", ".join(answer.get("content", {})), _answer_parts(schema, answer))
            for code, answer in told["responses"].items()
            if code not in PROBLEMS
        ],
    )


def _answer_parts(schema: dict[str, Any], answer: dict[str, Any]) -> list[Part]:
    content = answer.get("content", {})
    first = next(iter(content.values()), {}).get("schema")
    return list(_parts(schema, first)) if first else []


def _parts(schema: dict[str, Any], told: dict[str, Any], depth: int = 0) -> Iterator[Part]:
    """The fields of an object, each followed by the fields inside it."""
    plain = _plain(schema, told)
    if plain.get("type") == "array":
        plain = _plain(schema, plain.get("items", {}))
    for name, one in plain.get("properties", {}).items():
        text = one.get("description", "") or _plain(schema, one).get("description", "")
        yield Part(name, _kind(schema, one), text, name in plain.get("required", []), depth)
        if depth < DEEPEST:
            yield from _parts(schema, one, depth + 1)


def _plain(schema: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to; of several ways, the first that is something."""
    while True:
        if "$ref" in told:
            name = told["$ref"].rsplit("/", 1)[-1]
            told = schema["components"]["schemas"][name]
        elif ways := told.get("allOf") or told.get("oneOf") or told.get("anyOf"):
            told = next((one for one in ways if one.get("type") != "null"), {})
        else:
            return told


def _kind(schema: dict[str, Any], told: dict[str, Any]) -> str:
    """A type in a word or two: "string (date-time) or null", "array of integer", "email | sms"."""
    plain = _plain(schema, told)
    kinds = plain.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "enum" in plain:
        words = " | ".join(str(one) for one in plain["enum"] if one not in ("", None))
    elif "array" in kinds:
        words = f"array of {_kind(schema, plain.get('items', {}))}"
    else:
        words = next((one for one in kinds if one != "null"), "null")
        words += f" ({plain['format']})" if "format" in plain else ""
    is_null = "null" in kinds or any(one.get("type") == "null" for one in told.get("oneOf", []))
    return f"{words} or null" if is_null else words
