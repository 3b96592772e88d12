"""A request to the product's WSGI application, timed, and the SQL that it asked."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg2
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client

from campaign_crm.platform.models import User

Statement = tuple[str, Any]


class Asked(NamedTuple):
    """An address; `fragment`: asked by htmx, for a part of a page."""

    address: str
    fragment: bool = False


class Browser:
    """Asks for pages as a signed-in member of the team, middleware and all."""

    def __init__(self, member: User) -> None:
        client = Client()
        client.force_login(member)
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self._application: Callable[..., Any] = get_wsgi_application()

    def get(self, asked: Asked) -> float:
        """Milliseconds from the request to the last byte of its answer; raises unless it is a 200."""
        environ = self._environ(asked) | {"HTTP_ACCEPT_ENCODING": "gzip"}
        started = time.perf_counter()
        status, body = self._answer(environ)
        seconds = time.perf_counter() - started
        if not status.startswith("200") or not body:
            raise AssertionError(f"{asked.address} answered {status}")
        return seconds * 1000

    def read(self, asked: Asked) -> str:
        """What the answer says."""
        return self._answer(self._environ(asked))[1].decode()

    def _answer(self, environ: dict[str, Any]) -> tuple[str, bytes]:
        told: list[str] = []
        answer = self._application(environ, lambda status, _headers, *_error: told.append(status))
        body = b"".join(answer)
        answer.close()
        return told[0], body

    def _environ(self, asked: Asked) -> dict[str, Any]:
        path, _question, query = asked.address.partition("?")
        return {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self._cookie,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        } | ({"HTTP_HX_REQUEST": "true"} if asked.fragment else {})

    def sql_of(self, asked_for: Asked) -> list[Statement]:
        """Every statement of a request with its parameters, in order."""
        asked: list[Statement] = []

        def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            asked.append((sql, parameters))
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(note):
            self.get(asked_for)
        return asked


class Replay:
    """The same statements through psycopg2 alone, on one connection, a transaction a request."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(url)

    def run(self, statements: list[Statement]) -> float:
        """Milliseconds for the statements of one request, their rows fetched."""
        started = time.perf_counter()
        with self._connection, self._connection.cursor() as cursor:
            for sql, parameters in statements:
                cursor.execute(sql, parameters)
                if cursor.description:
                    cursor.fetchall()
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        self._connection.close()
