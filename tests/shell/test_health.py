import re

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from campaign_crm.platform.addresses import client_address, is_from_inside
from campaign_crm.platform.models import Job
from campaign_crm.shell import health
from tracking.ingest import stream

PAGES = ["/live", "/ready", "/progress"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_monitor_on_this_machine_is_answered(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_public_address_gets_a_404(client: Client, address: str) -> None:
    assert client.get(address, REMOTE_ADDR="203.0.113.9").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("shown", "status"), [("letmein", 200), ("letmeout", 404), ("", 404)])
def test_token_opens_from_anywhere(client: Client, settings: object, shown: str, status: int) -> None:
    settings.HEALTH_TOKEN = "letmein"
    answer = client.get("/live", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=f"Bearer {shown}")
    assert answer.status_code == status


@pytest.mark.django_db
def test_empty_token_setting_opens_nothing(client: Client, settings: object) -> None:
    settings.HEALTH_TOKEN = ""
    assert client.get("/live", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION="Bearer ").status_code == 404


@pytest.mark.django_db
def test_ready_names_what_is_wrong(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health.CHECKS, "redis", lambda: health.redis_problem("redis://127.0.0.1:1/0"))
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["parts"]["redis"]) == (503, "ConnectionError")


@pytest.mark.django_db
def test_ready_names_an_ingest_server_that_could_lose_hits(client: Client, settings: object) -> None:
    settings.INGEST_REDIS_URL = settings.REDIS_URL  # kept in memory only
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert "appendonly no" in answer.json()["parts"]["ingest_redis"]


@pytest.mark.django_db(transaction=True)
def test_ready_answers_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    try:
        answer = client.get("/ready")
    finally:
        monkeypatch.undo()
    assert (answer.status_code, answer.json()["parts"]["database"]) == (503, "OperationalError")


@pytest.mark.django_db
def test_progress_counts_unfinished_jobs() -> None:
    Job.objects.create(kind="test.one")
    Job.objects.create(kind="test.two", state=Job.State.SUCCEEDED)
    found = health.progress()
    assert found["jobs"] == {"queued": 1}
    assert found["oldest_waiting_seconds"] >= 0


@pytest.mark.django_db
def test_progress_names_the_version_and_what_came_back_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = health.progress()
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert found["hits"] == {"waiting": 0, "set_aside": 0, "spool_files": 0}
    assert found["events"] == {"waiting": 0, "unreadable": 0, "spool_files": 0}

    def away() -> int:
        raise stream.StreamAway("ConnectionError")

    monkeypatch.setattr(stream, "backlog", away)
    assert health.progress()["hits"]["waiting"] is None


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "inside"),
    [
        (0, None, "127.0.0.1", True),
        (0, None, "10.1.2.3", True),
        (0, None, "203.0.113.9", False),
        (0, "203.0.113.9", "10.1.2.3", False),  # a proxy that nobody declared
        (1, "203.0.113.9", "10.1.2.3", False),
        (1, "10.0.0.1, 203.0.113.9", "10.1.2.3", False),  # the client lied about the left part
        (1, "10.4.5.6", "10.1.2.3", True),
        (1, None, "10.1.2.3", True),  # straight to the server, inside the container network
        (2, "10.4.5.6", "10.1.2.3", False),  # fewer hops than trusted proxies
    ],
)
def test_inside_is_judged_behind_the_trusted_proxies(
    settings: object, proxies: int, forwarded: str | None, peer: str, inside: bool
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/live", REMOTE_ADDR=peer, **headers)
    assert is_from_inside(request) is inside


def test_client_address_is_what_the_trusted_proxy_saw(settings: object) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9")
    assert client_address(request) == "203.0.113.9"


@pytest.mark.parametrize(
    ("seen", "address"), [("unknown", ""), ("203.0.113.9:4711", ""), ("2001:DB8::1", "2001:db8::1")]
)
def test_what_is_no_address_is_not_taken_for_one(settings: object, seen: str, address: str) -> None:
    settings.TRUSTED_PROXIES = 1
    assert client_address(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=seen)) == address
