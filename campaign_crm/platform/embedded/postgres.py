"""The embedded PostgreSQL: its data folder, its configuration, its roles and its database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2
from psycopg2 import sql

from campaign_crm.platform.embedded.binaries import PostgresPrograms, postgres_programs
from campaign_crm.platform.embedded.errors import EmbeddedServiceError
from campaign_crm.platform.embedded.layout import DATABASE, POSTGRES_PORT, Layout
from campaign_crm.platform.embedded.postgres_settings import postgres_settings, this_machine
from campaign_crm.platform.embedded.processes import make_folder
from campaign_crm.platform.embedded.service import Service

SUPERUSER = "crm_bootstrap"  # creates the roles and the database; the application never uses it
LOGIN_ROLES = ("crm_app", "crm_owner", SUPERUSER)
ROLES_SQL = Path(__file__).resolve().parent.parent / "sql" / "roles.sql"
BUILTIN_LOCALE_SINCE = 17  # PostgreSQL's own C.UTF-8, independent of the system's locales


class Postgres(Service):
    """PostgreSQL on a socket file, entered with peer authentication by the program's user only."""

    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown: roll back, write a checkpoint, end
    stop_patience = 300.0

    def __init__(self, layout: Layout, *, unit_tests: bool) -> None:
        super().__init__("postgres", layout)
        self.unit_tests = unit_tests
        self._initdb: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self.layout.postgres_data

    @property
    def _unfinished(self) -> Path:
        return self.folder.with_name("postgres.unfinished")

    def prepare(self) -> bool:
        """Make the data folder beside its place, then move it there: a half-made one is never used."""
        if self._initdb is None and not self.folder.exists():
            self.activity = "making the data folder"
            shutil.rmtree(self._unfinished, ignore_errors=True)
            make_folder(self._unfinished, owner=self.layout.server, mode=0o700)
            self._initdb = self.launch(self._initdb_command())
        if self._initdb is not None:
            if self._initdb.poll() is None:
                return False
            ended, self._initdb = self._initdb.returncode, None
            if ended != 0:
                raise EmbeddedServiceError(self._explain("PostgreSQL's data folder cannot be made."))
            self._unfinished.rename(self.folder)
        self._write_configuration()
        # No server runs in this folder (`servers_in`): process ids left by a killed one are stale. PostgreSQL
        # would believe them if another process has the same id by now, or while its own is not reaped.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (self.layout.sockets / f".s.PGSQL.{POSTGRES_PORT}.lock").unlink(missing_ok=True)
        return True

    def command(self) -> list[str]:
        config = self.layout.config / "postgresql.conf"
        program = self._programs().program("postgres")
        return [str(program), "-D", str(self.folder), "-c", f"config_file={config}"]

    def is_ready(self) -> bool:
        """True once the server serves and the roles and the database exist; waits for any recovery."""
        try:
            connection = self._connect("postgres")
        except psycopg2.OperationalError as error:
            if "recovery" in str(error) or "starting up" in str(error) or "not yet accepting" in str(error):
                self.activity = "recovering after an unclean stop; please wait"
            elif "authentication failed" in str(error) or "does not exist" in str(error):
                raise EmbeddedServiceError(
                    self._explain(f"PostgreSQL refuses its owner: {error}.")
                ) from error
            return False
        try:
            connection.autocommit = True
            self._bootstrap(connection)
        except psycopg2.Error as error:
            raise EmbeddedServiceError(
                self._explain(f"PostgreSQL's roles cannot be made: {error}.")
            ) from error
        finally:
            connection.close()
        return True

    def _programs(self) -> PostgresPrograms:
        try:
            major = int((self.folder / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            if self.folder.exists():
                raise EmbeddedServiceError(
                    f"{self.folder} is not a data folder of PostgreSQL: its file PG_VERSION is missing. "
                    "Move the folder away, then restore a backup (`make restore FILE=…`)."
                ) from None
            return postgres_programs(self.layout.server)
        except ValueError:
            raise EmbeddedServiceError(
                f"{self.folder / 'PG_VERSION'} holds no version: the data folder is damaged. "
                "Move it away, then restore a backup (`make restore FILE=…`)."
            ) from None
        return postgres_programs(self.layout.server, major=major)

    def _initdb_command(self) -> list[str]:
        programs = postgres_programs(self.layout.server)
        locale = ["--locale=C"]
        if programs.major >= BUILTIN_LOCALE_SINCE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return [
            str(programs.program("initdb")),
            f"--pgdata={self._unfinished}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            *locale,
            "--auth-local=peer",
            "--auth-host=reject",
            "--data-checksums",
            "--no-instructions",
            *(["--no-sync"] if self.unit_tests else []),
        ]

    def _write_configuration(self) -> None:
        config = self.layout.config
        make_folder(config, owner=self.layout.program, mode=0o755)
        users = sorted({self.layout.program.name, self.layout.server.name})
        settings = {
            **postgres_settings(this_machine(), unit_tests=self.unit_tests),
            "listen_addresses": "",
            "port": str(POSTGRES_PORT),
            "unix_socket_directories": str(self.layout.sockets),
            "unix_socket_permissions": "0700",
            "hba_file": str(config / "pg_hba.conf"),
            "ident_file": str(config / "pg_ident.conf"),
        }
        lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
        lines.append("include_if_exists = 'postgresql.local.conf'\n")
        _write(config / "postgresql.conf", "".join(lines))
        _write(config / "pg_hba.conf", f"local all {','.join(LOGIN_ROLES)} peer map=crm\n")
        # The operating system says who asks: the program's user may enter as these roles, nobody else at all.
        identities = (f'crm "{user}" {role}\n' for user in users for role in LOGIN_ROLES)
        _write(config / "pg_ident.conf", "".join(identities))

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host=str(self.layout.sockets),
            port=POSTGRES_PORT,
            user=SUPERUSER,
            dbname=database,
            connect_timeout=10,
        )

    def _bootstrap(self, connection: psycopg2.extensions.connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute(ROLES_SQL.read_text(encoding="utf-8"))
            cursor.execute("ALTER ROLE crm_owner CREATEDB")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                name, owner = sql.Identifier(DATABASE), sql.Identifier("crm_owner")
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, owner))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o644)  # holds no secret, and the server's user must read it
    temporary.replace(path)
