"""A request to the product's WSGI application, timed, and the SQL that it asked."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg2
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client

from campaign_crm.platform.models import User

Statement = tuple[str, Any]


class Browser:
    """Asks for pages as a signed-in member of the team, middleware and all."""

    def __init__(self, member: User) -> None:
        client = Client()
        client.force_login(member)
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self._application: Callable[..., Any] = get_wsgi_application()

    def get(self, address: str) -> float:
        """Milliseconds from the request to the last byte of its answer; raises unless it is a 200."""
        path, _question, query = address.partition("?")
        told: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self._cookie,
            "HTTP_ACCEPT_ENCODING": "gzip",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        started = time.perf_counter()
        answer = self._application(environ, lambda status, _headers, *_error: told.append(status))
        body = b"".join(answer)
        seconds = time.perf_counter() - started
        answer.close()
        if not told[0].startswith("200") or not body:
            raise AssertionError(f"{address} answered {told[0]}")
        return seconds * 1000

    def sql_of(self, address: str) -> list[Statement]:
        """Every statement of a request with its parameters, in order."""
        asked: list[Statement] = []

        def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            asked.append((sql, parameters))
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(note):
            self.get(address)
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
