"""Keyset pages of staff lists: the thousandth page costs what the first does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from campaign_crm.platform.typed import number_of

Row = TypeVar("Row", bound=Model)
PAGE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows, newest id first, and the addresses of its neighbours ("" when there is none)."""

    rows: list[Row]
    next_url: str
    previous_url: str


def newest_first(request: HttpRequest, queryset: QuerySet[Row], *, size: int = PAGE) -> Page[Row]:
    """The page that `?before=<id>` or `?after=<id>` asks for; anything else is the first page."""
    before, after = (number_of(request.GET.get(name, "")) for name in ("before", "after"))
    if after is not None:
        rows = list(queryset.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer, has_older = len(rows) > size, True
        rows = rows[:size][::-1]
    else:
        older = queryset.filter(pk__lt=before) if before is not None else queryset
        rows = list(older.order_by("-pk")[: size + 1])
        has_newer, has_older = before is not None, len(rows) > size
        rows = rows[:size]
    if not rows:
        return Page([], "", _url(request) if before is not None or after is not None else "")
    return Page(
        rows,
        next_url=_url(request, before=rows[-1].pk) if has_older else "",
        previous_url=_url(request, after=rows[0].pk) if has_newer else "",
    )


def _url(request: HttpRequest, **changes: Any) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    query.pop("after", None)
    for name, value in changes.items():
        query[name] = str(value)
    return f"?{query.urlencode()}" if query else request.path
