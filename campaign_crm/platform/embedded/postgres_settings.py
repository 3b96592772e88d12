"""PostgreSQL's settings by size of the machine.

The embedded server shares the machine with the web server and the workers, so it starts small: memory is
taken when pages are used, and the operating system's cache does most of the caching. A file
`config/postgresql.local.conf` beside the data, if you make one, has the last word.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Machine:
    """Memory in bytes and processor cores."""

    memory: int
    cores: int


def this_machine() -> Machine:
    """Size of the machine this runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(memory=memory, cores=os.cpu_count() or 1)


def postgres_settings(machine: Machine, *, unit_tests: bool = False) -> dict[str, str]:
    """Names and values for postgresql.conf. Durability is off only with `unit_tests`."""
    settings = {
        **_memory(machine),
        **_processes(machine),
        **_writes(),
        **_planner(machine),
        **_log(),
        "timezone": "UTC",
    }
    if unit_tests:
        settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    return settings


def _memory(machine: Machine) -> dict[str, str]:
    return {
        "shared_buffers": _megabytes(machine.memory // 16, least=64, most=2048),
        "work_mem": _megabytes(machine.memory // 1024, least=4, most=16),
        "maintenance_work_mem": _megabytes(machine.memory // 64, least=64, most=256),
        "autovacuum_work_mem": "64MB",
        "huge_pages": "off",  # pages kept aside for good would count against the other processes
        "max_connections": "60",
        "max_locks_per_transaction": "256",  # partitions by month: one lock each
    }


def _processes(machine: Machine) -> dict[str, str]:
    parallel = max(1, min(4, machine.cores // 2))
    return {
        "max_worker_processes": str(4 + parallel),
        "max_parallel_workers": str(parallel),
        "max_parallel_workers_per_gather": str(parallel),
        "max_parallel_maintenance_workers": str(parallel),
        "autovacuum_max_workers": "2",
        "autovacuum_naptime": "30s",
    }


def _writes() -> dict[str, str]:
    return {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        # The wheels' servers know pglz only: after a checkpoint it doubles the processor time of an import.
        "wal_compression": "off",
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "wal_level": "minimal",  # no replica: COPY into a table made in the same transaction skips the log
        "min_wal_size": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
    }


def _planner(machine: Machine) -> dict[str, str]:
    return {
        "jit": "off",  # compiling costs more than it saves on short queries
        "effective_cache_size": _megabytes(machine.memory // 2, least=256, most=64 * 1024),
        "random_page_cost": "1.1",
        "track_io_timing": "on",
    }


def _log() -> dict[str, str]:
    return {
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        # A failed statement may hold a person's address: its text and values stay out of the log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }


def _megabytes(size: int, *, least: int, most: int) -> str:
    return f"{max(least, min(most, size // MEGABYTE))}MB"
