"""Logs carry ids, counts and durations: what a person wrote, and what opens a page, is taken out.

PostgreSQL quotes the row that it refuses, other libraries the address they could not use, and Django the path
of a request that failed, which for a public page is the token that opens it.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg2
from django.db import Error as DjangoDatabaseError

_ADDRESS = re.compile(r"[^\s@\"'<>(),:;=]+@[^\s@\"'<>(),:;]+\.\w+")
_NUMBER = re.compile(r"\+\d{8,15}\b")
_QUOTED_ROWS = re.compile(r"\b(DETAIL|CONTEXT|QUERY):.*")
_QUOTED = re.compile(r'"[^"]*"?')
_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{24,}=*")
HIDDEN = "…"


class Line(logging.Formatter):
    """One line an event, values hidden; tracebacks keep their places."""

    def format(self, record: logging.LogRecord) -> str:
        return without_values(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _TOKEN.sub(HIDDEN, super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The chain of causes, first cause first, each with its places and what `plain` says of it."""
        return "\n".join(reversed([_told(error) for error in _chain(ei[1])]))


def plain(error: BaseException) -> str:
    """Type and message of an error, for a person to read: without the values of anybody's row."""
    text = str(error)
    if isinstance(error, (DjangoDatabaseError, psycopg2.Error)):
        text = text.partition("\n")[0]
        if _is_about_a_value(error):
            text = _QUOTED.sub(f'"{HIDDEN}"', text)
    return f"{type(error).__name__}: {without_values(text)}"


def without_values(text: str) -> str:
    """The text without e-mail addresses, phone numbers and rows that PostgreSQL quotes."""
    text = _QUOTED_ROWS.sub(rf"\1: {HIDDEN}", text)
    return _NUMBER.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text))


def _is_about_a_value(error: BaseException) -> bool:
    """Class 22 of SQLSTATE quotes the value itself; other messages quote names of columns and constraints."""
    cause = error if isinstance(error, psycopg2.Error) else error.__cause__
    return isinstance(cause, psycopg2.DataError)


def _told(error: BaseException) -> str:
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{places}{plain(error)}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
