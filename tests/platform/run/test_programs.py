"""The programs of `make run`: how much of a small machine they may take."""

from campaign_crm.platform.env import Environment
from campaign_crm.platform.run.__main__ import programs

MOST_BYTES = 640_000_000  # of the gigabyte that everything together should stay below


def test_all_worker_processes_at_their_most_fit_a_small_machine() -> None:
    (worker,) = (child.command for child in programs(Environment({}), 8000) if child.name == "worker")

    def number(option: str) -> int:
        return int(worker[worker.index(option) + 1])

    assert number("--concurrency") * number("--max-memory-per-child") * 1024 <= MOST_BYTES


def test_returns_are_taken_only_where_a_port_is_given() -> None:
    without, given = (
        {child.name for child in programs(Environment(values), 8000)}
        for values in ({}, {"LMTP_PORT": "2424"})
    )
    assert given - without == {"returns"}
