"""How the OpenAPI description tells what `views.Conventions` does: parameters, headers, errors, who may."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from campaign_crm.platform.api.access import READING, right_for, scope_for
from campaign_crm.platform.api.filters import CHOSEN
from campaign_crm.platform.api.idempotency import CHARACTERS, HEADER
from campaign_crm.platform.api.problems import CONTENT_TYPE

ALWAYS = ("400", "401", "403", "404", "406", "422", "429")
OF_WRITING = ("409", "415")
OF_CHANGING = ("412",)
CHANGING = {"PATCH", "PUT"}


class WrongSerializer(serializers.Serializer[Any]):
    """One thing that is wrong, and where: in the body (`pointer`) or in the address (`parameter`)."""

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong (RFC 9457)."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    errors = WrongSerializer(many=True, required=False)  # type: ignore[assignment] # a field of this name


class ApiSchema(AutoSchema):
    """The description of one operation."""

    def get_override_parameters(self) -> list[Any]:
        found = [*super().get_override_parameters()]
        serializer = getattr(self.view, "serializer_class", None)
        if self.method == "GET" and serializer is not None and getattr(serializer, "can_be_chosen", False):
            found.append(self._chosen(serializer()))
        if self.method == "GET":
            found.append(_header("If-None-Match", _("The ETag of an earlier answer: 304 while it holds")))
        if self.method not in READING:
            text = _("The same for the same request sent again; at most %(count)s characters")
            found.append(_header(HEADER, text % {"count": CHARACTERS}))
        if self.method in CHANGING:
            found.append(_header("If-Match", _("The ETag of what is to be changed: 412 when it has changed")))
        return found

    def get_extensions(self) -> dict[str, Any]:
        return {
            "x-scope": str(scope_for(self.method, self.view) or ""),
            "x-right": str(right_for(self.method, self.view) or ""),
            "x-in-territory": bool(getattr(self.view, "in_territory", False)),
            "x-public": self.method in getattr(self.view, "public_methods", ()),
        }

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        codes = [*ALWAYS, *(OF_WRITING if self.method not in READING else ())]
        codes += OF_CHANGING if self.method in CHANGING else ()
        for code in codes:
            told = OpenApiResponse(ProblemSerializer, description=_PROBLEMS[code])
            answer = self._get_response_for_code(told, code, [CONTENT_TYPE], direction)  # type: ignore[no-untyped-call]
            found.setdefault(code, answer)
        return dict(sorted(found.items()))

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        found = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "response" and getattr(serializer, "can_be_chosen", False):
            found.pop("required", None)  # `?fields=` leaves any of them out
        return found

    def _chosen(self, serializer: Any) -> OpenApiParameter:
        names = list(serializer.fields)
        return OpenApiParameter(
            CHOSEN,
            {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1},
            description=_("Only these fields, separated by commas"),
            style="form",
            explode=False,
        )


def _header(name: str, text: str) -> OpenApiParameter:
    printable = {"type": "string", "pattern": "^[!-~]{1,200}$"}
    return OpenApiParameter(name, printable, OpenApiParameter.HEADER, description=text)


_PROBLEMS = {
    "400": "What was sent is not valid",
    "401": "No key, or one that opens nothing",
    "403": "The key, the role or the territory does not reach this",
    "404": "There is no such thing",
    "406": "No such format",
    "409": "Conflict with what is there, or an Idempotency-Key used for something else",
    "412": "Changed meanwhile",
    "415": "This content type is not read here",
    "422": "A rule forbids this",
    "429": "Too many requests; Retry-After says for how long",
}
