"""Errors of the API: problem details (RFC 9457), the same shape for whatever goes wrong.

`type` leads to the page that explains it, `errors` says what is wrong where: a `pointer` into what was sent
(RFC 6901, as a fragment), or the `parameter` of the address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as ModelInvalid
from django.db import ProgrammingError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg2.errors import InsufficientPrivilege
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, PermissionDenied, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

CONTENT_TYPE = "application/problem+json"
_refusals: list[type[Exception]] = []


class Conflict(APIException):
    """What was sent does not go with what is there."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = gettext_lazy("This does not go with what is there.")


class Stale(APIException):
    """`If-Match` names another version than the one that is there."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "stale"
    default_detail = gettext_lazy(
        "Somebody else changed this meanwhile: read it again, then send your change."
    )


class Refused(APIException):
    """Well written, and against a rule of the product or of the law."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "refused"
    default_detail = gettext_lazy("A rule forbids this.")


class InvalidParameter(ValidationError):
    """Something in the query of the address is wrong."""

    def __init__(self, name: str, text: str) -> None:
        self.parameter = name
        super().__init__({name: [text]})


def register_refusals(*kinds: type[Exception]) -> None:
    """Errors of services that tell people why something is refused; apps name theirs once."""
    _refusals.extend(kinds)


def answer_problem(exception: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER: None for what nobody foresaw, which ends as a server error."""
    told = _told(exception)
    answer: Response | None = exception_handler(told, context)
    if answer is None:
        return None
    answer.data = _details(told, answer)
    answer.content_type = CONTENT_TYPE
    return answer


def server_problem() -> dict[str, Any]:
    """The body of a server error: made without the database or the request."""
    return _problem(
        500, "server_error", _("Something went wrong on our side. It was noted; try again later.")
    )


def _told(exception: Exception) -> Exception:
    """The same, as an error of the API, where a service or the database refused."""
    if isinstance(exception, tuple(_refusals)):
        return Refused(str(exception))
    if isinstance(exception, ModelInvalid):
        return ValidationError(getattr(exception, "message_dict", None) or exception.messages)
    if isinstance(exception, ProgrammingError) and isinstance(exception.__cause__, InsufficientPrivilege):
        return PermissionDenied(_("This would reach outside your territory: nothing was changed."))
    return exception


def _details(exception: Exception, answer: Response) -> dict[str, Any]:
    if isinstance(exception, ValidationError):
        parameter = getattr(exception, "parameter", "")
        errors = [
            ({"parameter": parameter} if parameter else {"pointer": pointer}) | {"detail": str(text)}
            for pointer, text in _flat(exception.detail)
        ]
        told = _problem(answer.status_code, "invalid", errors[0]["detail"] if len(errors) == 1 else "")
        return told | {"errors": errors}
    code = getattr(exception, "default_code", "") or _codes.get(answer.status_code, "error")
    detail = answer.data.get("detail", "") if isinstance(answer.data, Mapping) else ""
    return _problem(answer.status_code, code, str(detail))


_codes = {403: "permission_denied", 404: "not_found"}  # of Django's own exceptions
TITLES = {
    "invalid": gettext_lazy("What was sent is not valid"),
    "parse_error": gettext_lazy("What was sent cannot be read"),
    "not_authenticated": gettext_lazy("No key"),
    "authentication_failed": gettext_lazy("This key opens nothing"),
    "permission_denied": gettext_lazy("Not allowed"),
    "not_found": gettext_lazy("Not found"),
    "method_not_allowed": gettext_lazy("This address does not do that"),
    "not_acceptable": gettext_lazy("No such format"),
    "unsupported_media_type": gettext_lazy("This content type is not read here"),
    "conflict": gettext_lazy("Conflict"),
    "stale": gettext_lazy("Changed meanwhile"),
    "refused": gettext_lazy("Refused"),
    "throttled": gettext_lazy("Too many requests"),
    "server_error": gettext_lazy("Error of the server"),
}


def _problem(number: int, code: str, detail: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/api/v1/docs/#problem-{code}",
        "title": str(TITLES.get(code, code)),
        "status": number,
    }
    return told | ({"detail": detail} if detail else {})


def _flat(detail: Any, pointer: str = "#") -> Iterator[tuple[str, ErrorDetail]]:
    """(pointer, text) of each error of nested fields; `non_field_errors` are of what holds the fields."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = name in ("non_field_errors", "__all__")
            yield from _flat(inner, pointer if own else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            yield from _flat(inner, pointer if isinstance(inner, ErrorDetail | str) else f"{pointer}/{place}")
    else:
        yield pointer, detail


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
