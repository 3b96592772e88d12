"""`make run`: everything on one machine, in one terminal.

    python -m campaign_crm.platform.run [--demo]

Starts the embedded servers, brings the database up to date, then runs the web server, the Celery worker, the
clock (beat) and the local mail catcher until Ctrl-C. Nothing outlives it, even if it is killed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from django.core.exceptions import ImproperlyConfigured

from campaign_crm.platform import embedded
from campaign_crm.platform.embedded.processes import die_with_parent
from campaign_crm.platform.env import Environment
from campaign_crm.platform.run.children import FIRST_PAUSE, LONGEST_PAUSE, Child, Children
from campaign_crm.platform.run.commands import PROJECT, ensure_services, var_dir
from campaign_crm.platform.run.prepare import RESULT_FD

HOST = "127.0.0.1"
WEB_THREADS = 4  # each keeps one connection to PostgreSQL
# KiB; a worker process that ever held more is replaced after its task. The main job takes up to 127,000
# (benchmark `memory`); all of them at their most fit a small machine.
WORKER_MEMORY = 150_000
ANSWER_PATIENCE = 1.0  # seconds
SERVERS_PATIENCE = 8.0  # seconds: the prompt comes back when the servers have stopped too


def main() -> None:
    """Run until Ctrl-C; exits with a message when something it needs is missing."""
    parser = argparse.ArgumentParser(description="Run Campaign CRM on this machine.")
    parser.add_argument("--demo", action="store_true", help="fill an empty database with invented people")
    options = parser.parse_args()
    env = Environment()
    try:
        run(env, demo=options.demo)
    except (embedded.EmbeddedServiceError, ImproperlyConfigured) as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        embedded.let_go(var_dir(env), patience=SERVERS_PATIENCE)


def run(env: Environment, *, demo: bool) -> None:
    """Start the servers, prepare the installation, and keep the programs running until a signal."""
    port = env.port("PORT", 8000)
    _check_port(port, "PORT")
    if _catches_mail(env):
        _check_port(env.port("MAIL_CATCHER_PORT", 1025), "MAIL_CATCHER_PORT")
    ensure_services(env)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign_crm.settings",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # glibc's memory per thread is not worth its size here
        # On a machine of one's own, root is nothing to warn about at every start.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    link = _prepare(environment, demo=demo)
    children = Children(programs(env, port), environment, folder=str(PROJECT))
    children.end_on_signals()
    welcome = Welcome(children, f"http://{HOST}:{port}", link)
    keeper = LeaseKeeper(env, children)
    try:
        children.run(each_look=[welcome.look, keeper.look])
    finally:
        children.say("run", "ending…")
        children.end()


def programs(env: Environment, port: int) -> list[Child]:
    """The programs of a run: web, worker, beat and, on one machine, the mail catcher."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app", "campaign_crm", "--quiet"]
    web = [*python, "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    web += ["--workers", "1", "--blocking-threads", str(WEB_THREADS), "--log-level", "warning"]
    worker = [*celery, "worker", "--loglevel", "WARNING", "--concurrency", str(_worker_processes(env))]
    worker += ["--without-gossip", "--without-mingle", "--max-memory-per-child", str(WORKER_MEMORY)]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(var_dir(env) / "beat")]
    children = [
        Child("web", [*web, "campaign_crm.wsgi:application"]),
        Child("worker", worker),
        Child("beat", [*beat, "--pidfile", ""]),
    ]
    if _catches_mail(env):
        children.append(Child("mail", [*python, "campaign_crm.platform.mail_catcher"]))
    if env.number("LMTP_PORT", 0, most=65535):
        children.append(Child("returns", [sys.executable, "manage.py", "take_returns"]))
    return children


def _worker_processes(env: Environment) -> int:
    """A process for each sender and each long job, and one that is left for what must not wait."""
    return env.number("DISPATCH_WORKERS", 2, least=1) + env.number("JOB_WORKERS", 1, least=1) + 1


class Welcome:
    """Prints the address once the web server answers."""

    def __init__(self, children: Children, address: str, link: str) -> None:
        self._children = children
        self._address = address
        self._link = link
        self._told = False
        self._started = time.monotonic()

    def look(self) -> None:
        if self._told or not _answers(f"{self._address}/live"):
            return
        self._told = True
        self._children.say("run", f"Campaign CRM is ready: {self._address}   (Ctrl-C ends it)")
        if self._link:
            self._children.say("run", f"Nobody has an account yet. Make the first one here: {self._link}")


class LeaseKeeper:
    """Says what happens to the embedded servers, and starts them again should their supervisor be killed."""

    def __init__(self, env: Environment, children: Children) -> None:
        self._env = env
        self._children = children
        self._embedded = not all(env.raw(name) for name in ("DATABASE_URL", "REDIS_URL", "INGEST_REDIS_URL"))

        self._pause = 0.0
        self._start_at = 0.0

    def look(self) -> None:
        if not self._embedded:
            return
        for message in embedded.news(var_dir(self._env)):
            self._say(message)
        if not embedded.is_running(var_dir(self._env)) and time.monotonic() >= self._start_at:
            self._start_again()

    def _start_again(self) -> None:
        """Start the servers; one that cannot is said and tried again later, as the programs are."""
        self._say("the servers' supervisor is gone; starting the servers again")
        try:
            ensure_services(self._env)
            self._pause = 0.0
        except embedded.EmbeddedServiceError as error:
            self._pause = min(LONGEST_PAUSE, self._pause * 2 or FIRST_PAUSE)
            self._start_at = time.monotonic() + self._pause
            self._say(f"{error}\n  Trying again in {self._pause:.0f} s, until they serve.")

    def _say(self, message: str) -> None:
        for line in message.splitlines():
            self._children.say("run", line)


def _prepare(environment: dict[str, str], *, demo: bool) -> str:
    """Migrate and load in a process of its own; the first administrator's link, or nothing."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "campaign_crm.platform.run.prepare", *(["--demo"] if demo else [])]
    with os.fdopen(reading, encoding="utf-8") as result:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env={**environment, RESULT_FD: str(writing)},
            pass_fds=[writing],
            preexec_fn=die_with_parent(signal.SIGTERM),
            check=False,
        )
        os.close(writing)
        if done.returncode != 0:
            sys.exit("\nThe installation cannot be prepared; the reason is above. Nothing was started.")
        link: str = json.load(result)["first_admin_link"]
    return link


def _catches_mail(env: Environment) -> bool:
    return env.flag("MAIL_CATCHER", default=env.raw("PUBLIC_URL") is None)


def _check_port(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(
                f"Port {port} cannot be used ({error.strerror}). Is another `make run` open? "
                f"End it, or choose another port: {variable}={port + 1} make run"
            )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_PATIENCE):  # noqa: S310 # nosec - our own address
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500  # a page that fails is not ready, and the reason stands in the lines above
    except OSError:
        return False


if __name__ == "__main__":
    main()
