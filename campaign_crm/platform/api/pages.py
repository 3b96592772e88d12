"""Pages of the API: by cursor, so that the millionth row costs what the first does."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from campaign_crm.platform.typed import moment_of, number_of


class NewestFirst(CursorPagination):
    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """A cursor is written by us and sent back: one that holds no id is no page, and no accident."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and number_of(str(cursor.position)) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


class LatestFirst(CursorPagination):
    """Of rows that have a moment and no number: partitioned by month."""

    ordering = ("-at", "-event_id")
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and moment_of(str(cursor.position)) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


class LatestSent(LatestFirst):
    """Of rows that are known by a UUID."""

    ordering = ("-at", "-id")
