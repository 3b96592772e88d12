"""How fast the API tells of one person and takes a sign-up, against its own SQL.

`make bench ONLY=api`. Two figures, each the 95th percentile of the server time through the whole WSGI
application. A lookup reads one of many people by a key, one request at a time. Sign-ups come fifty a second,
whether those before are answered or not, to four threads; the time runs from the moment they were due, so
that waiting counts. The limits are the 95th percentile of the same statements with their parameters, replayed
through psycopg2, commit included: of sign-ups, statements that were caught and rolled back, with the
sequences put back, are run once. Views, replay and PostgreSQL share the same cores.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, connections, transaction

from campaign_crm.platform.api import reads, views
from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import User
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact
from messaging.services.senders import ensure_local_sender
from tests.benchmarks.bench_lists import demonstration, percentile
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.requests import Replay, Statement
from tests.environment import TestServers
from tracking.models import Form
from tracking.services import sign_up_limits
from tracking.services.forms import create_form

__all__ = ["demonstration"]
pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

LOOKUPS = {"small": 200, "full": 1_000}  # a round
SIGN_UPS_A_SECOND, THREADS = 50, 4
SECONDS = {"small": 5, "full": 20}  # of sign-ups, a round
REPLAYED = 100  # sign-ups whose statements are replayed, a round
LOOKUP_MS, SIGN_UP_MS, TARGET_RATIO = 30, 80, 4
ENOUGH = 10**9


class Program:
    """Asks the application as the party's website does."""

    def __init__(self, text: str) -> None:
        self._application: Callable[..., Any] = get_wsgi_application()
        self._text = text

    def ask(self, method: str, path: str, body: bytes = b"") -> None:
        """One request, read to its end; raises unless it is taken."""
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": f"Bearer {self._text}",
            "HTTP_ACCEPT_ENCODING": "gzip",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        told: list[str] = []
        answer = self._application(environ, lambda status, _headers, *_error: told.append(status))
        read = b"".join(answer)
        answer.close()
        if told[0][:3] not in ("200", "201"):
            raise AssertionError(f"{path} answered {told[0]}: {read[:300]!r}")

    def sql_of(self, method: str, path: str, body: bytes = b"") -> list[Statement]:
        """Every statement of a request with its parameters, in order."""
        asked: list[Statement] = []

        def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            asked.append((sql, parameters))
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(note):
            self.ask(method, path, body)
        return asked


@pytest.fixture
def program(demonstration: TestServers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """A key that is held up by no limit: they are counted all the same."""
    request_started.disconnect(close_old_connections)  # a sign-up is caught inside a transaction of ours
    request_finished.disconnect(close_old_connections)
    for module, name in (
        (views, "BY_ONE_MACHINE"), (reads, "BY_ONE_KEY"), (sign_up_limits, "BY_ONE_KEY"),
        (sign_up_limits, "OF_ONE_DOMAIN"), (sign_up_limits, "OF_ONE_LARGE_HOST"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, ENOUGH)
    member = User.objects.get(email="demo@example.org")
    scopes = [Scope.PEOPLE_READ, Scope.SIGN_UPS_WRITE]
    yield Program(create_api_key(name="Benchmark", scopes=scopes, by=member)[1])
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def benchmark(name: str, milliseconds: int) -> Benchmark:
    return Benchmark(
        name=name,
        unit="ms",
        limit_is="95th percentile of the same statements, with their parameters, replayed through psycopg2",
        better="lower",
        target=f"p95 under {milliseconds} ms and at most {TARGET_RATIO} times its SQL",
    )


def test_lookup(program: Program, demonstration: TestServers) -> None:
    replay, dice = Replay(demonstration.database_url), random.Random(1)
    known = list(Contact.objects.visible().values_list("pk", flat=True).order_by("bucket", "pk")[:20_000])

    def addresses() -> list[str]:
        return [f"/api/v1/people/{dice.choice(known)}/" for _time in range(LOOKUPS[size()])]

    def asked(_number: int) -> float:
        return percentile([_timed(lambda path=path: program.ask("GET", path)) for path in addresses()], 95)

    def replayed(_number: int) -> float:
        caught = [program.sql_of("GET", path) for path in addresses()[:REPLAYED]]
        return percentile([replay.run(statements) for statements in caught], 95)

    asked(0)  # what is remembered for a minute is remembered
    bench = benchmark("api-lookup", LOOKUP_MS)
    bench.settings = {"people": Contact.objects.count(), "lookups_a_round": LOOKUPS[size()]}
    bench.run(figure=asked, limit=replayed)
    bench.detail = {"statements": len(program.sql_of("GET", f"/api/v1/people/{known[0]}/"))}
    replay.close()
    assert bench.write()["figure"] > 0


def test_sign_ups(program: Program, demonstration: TestServers) -> None:
    form, numbers, replay = _form(), iter(range(ENOUGH)), Replay(demonstration.database_url)
    path = f"/api/v1/forms/{form.slug}/sign-ups/"

    def asked(_number: int) -> float:
        bodies = [_body(next(numbers)) for _time in range(SIGN_UPS_A_SECOND * SECONDS[size()])]
        return percentile(_paced(program, path, bodies), 95)

    def replayed(_number: int) -> float:
        return percentile([_replayed_once(program, replay, demonstration, path, _body(next(numbers)))
                           for _time in range(REPLAYED)], 95)  # fmt: skip

    asked(0)
    bench = benchmark("api-sign-up", SIGN_UP_MS)
    bench.settings = {"a_second": SIGN_UPS_A_SECOND, "seconds": SECONDS[size()], "threads": THREADS}
    before = form.submissions.count()
    bench.run(figure=asked, limit=replayed)
    sent = SIGN_UPS_A_SECOND * SECONDS[size()] * len(bench.figures)
    stored = form.submissions.count() - before
    replay.close()
    bench.detail = {"stored": stored}
    bench.write()
    assert stored == sent + REPLAYED * len(bench.limits)


def _form() -> Form:
    ensure_local_sender()
    return create_form(
        by=None, newsletters=[], title="Benchmark", introduction="", language="fr", thank_you="", tag=None,
        is_open=True, fields=["first_name", "last_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )  # fmt: skip


def _body(number: int) -> bytes:
    answers = {
        "first_name": "Camille",
        "last_name": f"Durand {number}",
        "email": f"camille{number}@bench.example",
    }
    return json.dumps({"answers": answers, "consents": ["email:messages"]}).encode()


def _paced(program: Program, path: str, bodies: list[bytes]) -> list[float]:
    """Milliseconds of each, from the moment it was due: fifty a second, by several threads."""
    began = time.perf_counter()

    def send(place: int) -> float:
        due = began + place / SIGN_UPS_A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        program.ask("POST", path, bodies[place])
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(THREADS) as pool:
        taken = list(pool.map(send, range(len(bodies))))
        list(pool.map(lambda _one: connections.close_all(), range(THREADS * 2)))
    return taken


def _replayed_once(program: Program, replay: Replay, servers: TestServers, path: str, body: bytes) -> float:
    """Milliseconds of the statements of one sign-up, which is made by them."""
    with closing(psycopg2.connect(servers.owner_url)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences")
        before = [(name, value) for name, value in cursor.fetchall() if value is not None]
        with transaction.atomic():
            statements = program.sql_of("POST", path, body)
            transaction.set_rollback(True)
        for name, value in before:
            cursor.execute("SELECT setval(%s::regclass, %s)", [name, value])
    return replay.run(statements)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
