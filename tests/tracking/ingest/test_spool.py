"""The spool: a click answered while the stream is away is on this disk, and reaches the database once."""

import os

import pytest

from campaign_crm.platform import spool as files
from tracking.ingest import consumer, spool
from tracking.models import Interaction

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_of_a_killed_process_is_drained_up_to_its_torn_line(an_open) -> None:
    spool.keep(an_open())
    mine = next(spool.SPOOL.folder().glob("*.jsonl"))
    mine.rename(mine.with_name("1.jsonl"))
    with mine.with_name("1.jsonl").open("ab") as file:
        file.write(b'{"id": "cut')
    assert consumer.drain() == 1
    assert Interaction.objects.count() == 1
    assert spool.waiting() == 0


def test_what_is_kept_after_a_torn_line_is_whole(an_open) -> None:
    """A process may get the number of a killed one, and its file."""
    path = spool.SPOOL.folder() / f"{os.getpid()}.jsonl"
    path.write_bytes(b'{"id": "cut')
    spool.keep(an_open())
    assert consumer.drain() == 1


def test_a_file_left_between_storing_and_forgetting_is_stored_once(an_open) -> None:
    spool.keep(an_open())
    kept = next(spool.SPOOL.folder().glob("*.jsonl")).read_bytes()
    assert consumer.drain() == 1
    (spool.SPOOL.folder() / "7.ffff.draining").write_bytes(kept)
    assert consumer.drain() == 1
    assert Interaction.objects.count() == 1


def test_a_file_drained_between_opening_and_writing_loses_nothing(an_open, monkeypatch) -> None:
    spool.keep(an_open())
    drained: list[object] = []
    opened = files._opened

    def opened_then_drained(path):
        file = opened(path)
        monkeypatch.setattr(files, "_opened", opened)
        spool.drain(drained.extend, batch=10)
        return file

    monkeypatch.setattr(files, "_opened", opened_then_drained)
    spool.keep(an_open())
    assert len(drained) == 1
    spool.drain(drained.extend, batch=10)
    assert len(drained) == 2


def test_a_large_file_goes_in_batches(an_open) -> None:
    for _number in range(5):
        spool.keep(an_open())
    sizes: list[int] = []
    spool.drain(lambda hits: sizes.append(len(hits)), batch=2)
    assert sizes == [2, 2, 1]
