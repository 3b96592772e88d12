"""What a management command needs before Django is set up: its servers and its database role."""

from __future__ import annotations

import os
from pathlib import Path

from campaign_crm.platform import embedded
from campaign_crm.platform.env import Environment

PROJECT = Path(__file__).resolve().parents[3]
# Commands that neither read nor write data. Every other one finds its servers running.
WITHOUT_SERVICES = {
    "check",
    "check_templates",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "spectacular",
    "startapp",
    "startproject",
    "version",
}
HELP = {"-h", "--help", "--version"}
# They answer requests, where each one takes its own database role.
WEB = {"runserver", "testserver"}


def var_dir(env: Environment) -> Path:
    """Folder of everything this installation writes."""
    return Path(env.text("VAR_DIR", str(PROJECT / "var"))).resolve()


def ensure_services(env: Environment | None = None) -> None:
    """Start or join the embedded servers that no URL in the environment replaces."""
    env = env or Environment()
    embedded.ensure_running(
        var_dir(env),
        need_database=not env.raw("DATABASE_URL"),
        need_redis=not env.raw("REDIS_URL"),
        need_ingest=not env.raw("INGEST_REDIS_URL"),
    )


def needs_services(arguments: list[str]) -> bool:
    """True when the command line, program name first, names a command that uses data."""
    if len(arguments) < 2 or HELP & set(arguments):
        return False
    asks_for_data = any(argument.partition("=")[0] == "--database" for argument in arguments)
    return arguments[1] not in WITHOUT_SERVICES or asks_for_data


def prepare(arguments: list[str]) -> None:
    """Make ready for a management command: its servers run, and it works as the role `crm_system`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")
    if not needs_services(arguments):
        return
    ensure_services()
    if arguments[1] not in WEB:
        from campaign_crm.platform.database import take_system_role_in_this_process

        take_system_role_in_this_process()
