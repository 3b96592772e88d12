"""A copy of the database of an earlier hour sends nothing, however it was put back; the same one goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from campaign_crm.platform.high_water import KEY
from campaign_crm.platform.models import AuditEntry, Notification, Organisation
from campaign_crm.platform.services.organisation import switch_sending
from messaging import tasks
from messaging.services.campaigns import send_now
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = "redis://127.0.0.1:9/0"


@pytest.fixture
def mailing(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpSink]:
    """Three messages are due, and the marks are kept."""
    monkeypatch.setattr(tasks, "tick", lambda _task: None)
    make_people(3)
    send_now(campaign=make_campaign(sink), by=make_officer())
    tasks.tend()
    yield sink
    tasks._pump().close()


@pytest.fixture
def file(settings: Any) -> Path:
    return Path(settings.VAR_DIR) / "high-water.json"


@pytest.fixture
def valkey(settings: Any) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.INGEST_REDIS_URL) as client:
        yield client


def gone_on(**changes: Any) -> Callable[[str | bytes], str]:
    """The mark of the database that this one is a copy of."""
    return lambda text: json.dumps(
        {name: changes.get(name, value) for name, value in json.loads(text).items()}
    )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"position": 1 << 60}, "file"),
        ({"position": 1 << 60}, "valkey"),
        ({"timeline": "0000FFFF"}, "valkey"),
        ({"system": "7"}, "file"),
        ({"table": 7}, "valkey"),
        ({"lineage": 1_000_000}, "valkey"),
    ],
)
def test_a_copy_sends_nothing_until_an_administrator_has_looked(
    mailing: SmtpSink, file: Path, valkey: redis.Redis, changes: dict[str, Any], place: str
) -> None:
    change = gone_on(**changes)
    if place == "file":
        file.write_text(change(file.read_text()))
    else:
        valkey.set(KEY, change(valkey.get(KEY)))
    assert tasks.pump(1) == 0
    tasks.tend()
    assert (mailing.received(), Organisation.current().sending_enabled) == ([], False)
    assert AuditEntry.objects.get(action="organisation.sending_off").actor is None
    told = Notification.objects.get(kind="sending.stopped")
    assert (told.user, told.url) == (make_officer(), "/settings/sending/")
    switch_sending(on=True, reason="Nothing has left since", by=make_officer())
    tasks.tend()
    assert tasks.pump(1) == 3


def test_without_any_mark_nothing_leaves(mailing: SmtpSink, file: Path, valkey: redis.Redis) -> None:
    file.unlink()
    valkey.delete(KEY)
    assert tasks.pump(1) == 0
    assert not Organisation.current().sending_enabled


def test_one_mark_is_enough_and_an_older_one_of_another_machine_harms_nothing(
    mailing: SmtpSink, file: Path, valkey: redis.Redis
) -> None:
    valkey.set(KEY, gone_on(lineage=0, timeline="0000FFFF")(valkey.get(KEY)))
    assert tasks.pump(1) == 3
    assert json.loads(valkey.get(KEY)) == json.loads(file.read_text())


def test_while_the_server_of_the_marks_is_away_the_file_decides(
    mailing: SmtpSink, file: Path, settings: Any
) -> None:
    settings.INGEST_REDIS_URL = NOBODY
    kept = file.read_text()
    file.unlink()
    assert tasks.pump(1) == 0
    assert Organisation.current().sending_enabled
    file.write_text(kept)
    assert tasks.pump(1) == 3
