"""The test session's own promises."""

import json
import socket
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from tests import databases
from tests.databases import made_of, migrations, template_to_extend, use_data_set


def _scalar(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_tests_log_in_as_the_application_in_the_system_role() -> None:
    assert _scalar("SELECT session_user") == "crm_app"
    assert _scalar("SELECT current_user") == "crm_system"


@pytest.mark.django_db
def test_the_application_cannot_change_the_schema() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        _scalar("CREATE TABLE public.mine (id int)")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next_and_reference_rows_stay(turn: int) -> None:
    assert _scalar("SELECT count(*) FROM django_content_type") != 0
    assert _scalar("SELECT count(*) FROM django_session") == 0
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('k', 'd', now())")


@pytest.mark.parametrize("turn", [1, 2])
def test_valkeys_are_empty_at_the_start_of_a_test(turn: int) -> None:
    for url in (settings.REDIS_URL, settings.INGEST_REDIS_URL):
        with redis.Redis.from_url(url) as client:
            assert client.dbsize() == 0
            client.set("left", turn)


def test_connections_leave_the_machine_nowhere() -> None:
    with socket.socket() as link, pytest.raises(RuntimeError, match="only loopback"):
        link.connect(("192.0.2.1", 80))


@pytest.mark.django_db(transaction=True)
def test_a_data_set_is_built_once_and_copied_afterwards() -> None:
    built = []

    def build() -> None:
        built.append(True)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_session VALUES ('kept', 'd', now())")
        connection.close()

    name = f"self_test_{settings.SERVERS.slot}"
    for _turn in range(2):
        connection.close()
        use_data_set(settings.SERVERS, name, build)
        assert _scalar("SELECT count(*) FROM django_session") == 1
    connection.close()
    assert len(built) <= 1


def test_a_template_is_extended_only_while_all_its_migrations_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "TEST_DIR", tmp_path)
    first, *_others, last = present = migrations()
    fewer = {path: digest for path, digest in present.items() if path != last}
    (tmp_path / "templates").mkdir()
    made_of("fewer").write_text(json.dumps(fewer))
    made_of("edited").write_text(json.dumps(present | {first: "another"}))
    made_of("withdrawn").write_text(json.dumps(present | {"contacts/migrations/9999_gone.py": "any"}))
    assert template_to_extend(["unfinished", "edited", "withdrawn"]) is None
    assert template_to_extend(["edited", "fewer"]) == "fewer"
