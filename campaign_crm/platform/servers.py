"""Are the servers what the product needs? Asked before the first migration, and by the health pages.

Each problem is one sentence that names the variable and says what to do; no problem is an empty string.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import psycopg2
import redis
from django.conf import settings
from psycopg2.extensions import connection as Connection

from campaign_crm.platform.env import SettingError

OLDEST_POSTGRESQL = 15
PATIENCE = 5  # seconds for a server to answer
TAKEN_ROLES = ("crm_national", "crm_scoped", "crm_system")
ROLES = ("crm_owner", "crm_app", *TAKEN_ROLES)
MAKE_ROLES = (
    "Make them once, as a superuser: psql -d postgres -f campaign_crm/platform/sql/roles.sql "
    "(its first lines say what else)."
)
# What was answered for is on disk, and stays there until it is stored.
INGEST_SETTINGS = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def refuse_unfit_servers() -> None:
    """Raise SettingError, naming everything that is wrong, unless the product can work with these servers."""
    problems = [*database_problems(), *_redis_problems()]
    if problems:
        raise SettingError("\n".join(problems))


def database_problems() -> Iterator[str]:
    """Yield what is wrong with PostgreSQL, its roles and the two logins."""
    try:
        with closing(_connected(settings.DATABASE_URL)) as connection:
            found = list(_application_problems(connection))
    except psycopg2.OperationalError as error:
        yield _unreachable("DATABASE_URL", error)
        return
    yield from found
    if found:
        return  # the owner's login would only say the same again
    try:
        with closing(_connected(settings.DATABASE_OWNER_URL)) as connection:
            yield from _owner_problems(connection)
    except psycopg2.OperationalError as error:
        yield _unreachable("DATABASE_OWNER_URL", error)


def ingest_problem(url: str) -> str:
    """Return why opens and clicks that were answered could be lost on the server of `url`; empty if not."""
    try:
        with _client(url) as client:
            found = _settings_of(client)
    except redis.RedisError as error:
        return type(error).__name__
    wrong = [
        f"{name} {found[name]}" for name, value in INGEST_SETTINGS.items() if found.get(name, value) != value
    ]
    if not wrong:
        return ""
    wanted = ", ".join(f"{name} {value}" for name, value in INGEST_SETTINGS.items())
    return f"opens and clicks could be lost: {', '.join(wrong)} (must be {wanted})"


def _application_problems(connection: Connection) -> Iterator[str]:
    version = connection.server_version // 10_000
    if version < OLDEST_POSTGRESQL:
        yield f"DATABASE_URL: PostgreSQL {version} runs there; {OLDEST_POSTGRESQL} or newer is needed."
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
        present = {row[0] for row in cursor.fetchall()}
        if missing := [name for name in ROLES if name not in present]:
            yield f"DATABASE_URL: the roles {', '.join(missing)} are missing. {MAKE_ROLES}"
            return
        cursor.execute(
            "SELECT session_user, rolsuper, array(SELECT name FROM unnest(%s) AS name"
            " WHERE NOT pg_has_role(session_user, name, 'MEMBER'))"
            " FROM pg_roles WHERE rolname = session_user",
            [list(TAKEN_ROLES)],
        )
        ((user, is_superuser, not_taken),) = cursor.fetchall()
    if is_superuser or not_taken:
        why = "a superuser, whom no right holds back" if is_superuser else f"who may not take {not_taken[0]}"
        yield f"DATABASE_URL logs in as {user}, {why}; it must log in as crm_app."


def _owner_problems(connection: Connection) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_user, current_database(), has_schema_privilege(session_user, 'public', 'CREATE')"
            " AND has_database_privilege(session_user, current_database(), 'CREATE')"
        )
        ((user, database, may_create),) = cursor.fetchall()
    if not may_create:
        yield (
            f"DATABASE_OWNER_URL logs in as {user}, who may not make tables in {database}. It must log in as "
            "crm_owner, the owner of the database (ALTER DATABASE … OWNER TO crm_owner). While it is unset, "
            "DATABASE_URL is used."
        )


def _redis_problems() -> Iterator[str]:
    if _place(settings.REDIS_URL) == _place(settings.INGEST_REDIS_URL):
        yield (
            "INGEST_REDIS_URL and REDIS_URL name the same place: the cache, which is emptied at times, would "
            "take opens and clicks along. Give each its own server."
        )
        return
    try:
        with _client(settings.REDIS_URL) as client:
            client.ping()
    except redis.RedisError as error:
        yield f"REDIS_URL: {type(error).__name__}. Is the server started, and the address right?"
    if problem := ingest_problem(settings.INGEST_REDIS_URL):
        yield f"INGEST_REDIS_URL: {problem}. Correct its address or its settings."


def _settings_of(client: redis.Redis) -> dict[str, str]:
    """The server's settings; where a hosted one hides them, what it says of itself."""
    try:
        return {name: str(client.config_get(name).get(name, "")) for name in INGEST_SETTINGS}
    except redis.ResponseError:
        persistence, memory = client.info("persistence"), client.info("memory")
        return {
            "appendonly": "yes" if persistence.get("aof_enabled") else "no",
            "maxmemory-policy": str(memory.get("maxmemory_policy", "noeviction")),
        }


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, decode_responses=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )


def _connected(url: str) -> Connection:
    return psycopg2.connect(url, connect_timeout=PATIENCE)


def _unreachable(name: str, error: psycopg2.OperationalError) -> str:
    return f"{name}: PostgreSQL cannot be used: {' '.join(str(error).split())}"


def _place(url: str) -> tuple[str | None, int, str]:
    """Host and port, or socket, and the database within."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path, 0, parse_qs(parts.query).get("db", ["0"])[-1]
    return parts.hostname, parts.port or 6379, parts.path.strip("/") or "0"
