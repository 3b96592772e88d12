"""The supervisor: one process per VAR_DIR that holds the embedded servers as its children.

Clients (see `client`) connect to its socket and say which servers they need; the open connection is their
lease. When the last one is gone, however it ended, the servers are stopped cleanly and the supervisor ends.
If the supervisor itself is killed, the kernel tells its children to stop (`die_with_parent`).

Each line of the conversation is a JSON object. A client sends `{"services": [...], "unit_tests": false}`; it
gets `{"event": "progress" | "ready" | "failed", "message": "..."}` until ready or failed, then `news` when
one of its servers ends, cannot be started again for the moment, or serves again.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import selectors
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from campaign_crm.platform.embedded.layout import Layout, layout_of
from campaign_crm.platform.embedded.postgres import Postgres
from campaign_crm.platform.embedded.service import Service, State
from campaign_crm.platform.embedded.valkey import Valkey

FIRST_CLIENT_PATIENCE = 15.0  # seconds: a client that started us and died must not leave us here
STARTING_PAUSE = 0.03  # seconds between two looks at a starting server
PROGRESS_PAUSE = 2.0  # seconds between two progress lines
LONGEST_REQUEST = 4096  # bytes


@dataclass
class Client:
    """One connected process and what it waits for."""

    link: socket.socket
    received: bytes = b""
    wanted: tuple[str, ...] | None = None
    answered: bool = False
    told_at: float = 0.0


class Supervisor:
    """Follows servers and clients in one loop; all children are started by its only thread."""

    def __init__(self, layout: Layout, listener: socket.socket, *, unit_tests: bool) -> None:
        self.unit_tests = unit_tests
        self.services: dict[str, Service] = {
            "postgres": Postgres(layout, unit_tests=unit_tests),
            "redis": Valkey("redis", layout),
            "ingest": Valkey("ingest", layout),
        }
        self.clients: dict[int, Client] = {}
        self.stopping = False
        self._listener = listener
        self._born = time.monotonic()
        self._had_clients = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._wake_on_signals()

    def run(self) -> None:
        """Serve until the last client is gone or a signal asks to stop, then stop every server."""
        while not self._finished():
            for key, _events in self._selector.select(self._pause()):
                self._handle(key)
            for service in self.services.values():
                service.step()
                self._pass_on_news(service)
            for client in list(self.clients.values()):
                self._answer(client)

    def stop_servers(self) -> None:
        """Stop all servers at once, then wait for each."""
        for service in self.services.values():
            service.stop()
        for service in self.services.values():
            service.wait()

    def _finished(self) -> bool:
        if self.stopping:
            return True
        if self._had_clients:
            return not self.clients
        return time.monotonic() - self._born > FIRST_CLIENT_PATIENCE

    def _pause(self) -> float:
        starting = any(service.state is State.STARTING for service in self.services.values())
        return STARTING_PAUSE if starting else 1.0

    def _handle(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._listener:
            link, _address = self._listener.accept()
            link.setblocking(False)
            self.clients[link.fileno()] = Client(link)
            self._had_clients = True
            self._selector.register(link, selectors.EVENT_READ)
        elif key.fd in self.clients:
            self._read(self.clients[key.fd])
        elif isinstance(key.fileobj, socket.socket):
            key.fileobj.recv(64)  # a signal woke us: its handler has run, the loop looks at everything

    def _read(self, client: Client) -> None:
        try:
            data = client.link.recv(LONGEST_REQUEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.received += data
        if not data or len(client.received) > LONGEST_REQUEST:
            self._drop(client)
        elif client.wanted is None and b"\n" in client.received:
            try:
                request = json.loads(client.received.partition(b"\n")[0])
            except ValueError:
                self._drop(client)
            else:
                self._ask(client, request)

    def _ask(self, client: Client, request: dict[str, object]) -> None:
        names = request.get("services")
        client.wanted = tuple(name for name in self.services if isinstance(names, list) and name in names)
        if bool(request.get("unit_tests")) != self.unit_tests:
            client.answered = True
            self._send(
                client, "failed", "The servers run with other durability settings (unit tests or not)."
            )
        for name in client.wanted:
            self.services[name].begin()

    def _answer(self, client: Client) -> None:
        if client.answered or client.wanted is None:
            return
        services = [self.services[name] for name in client.wanted]
        failed = [service for service in services if service.state is State.FAILED]
        if failed or all(service.state is State.READY for service in services):
            client.answered = True
            message = "\n".join(service.error for service in failed)
            self._send(client, "failed" if failed else "ready", message)
        elif time.monotonic() - max(client.told_at, self._born) > PROGRESS_PAUSE:
            client.told_at = time.monotonic()
            busy = (service.progress() for service in services if service.state is State.STARTING)
            self._send(client, "progress", "; ".join(busy))

    def _pass_on_news(self, service: Service) -> None:
        news, service.news = service.news, []
        for message in news:
            line = json.dumps({"event": "news", "message": message}).encode() + b"\n"
            for client in self.clients.values():
                if client.answered and service.name in (client.wanted or ()):
                    # One that never reads misses it, and one that is gone is dropped when it is read from.
                    with contextlib.suppress(OSError):
                        client.link.send(line)

    def _send(self, client: Client, event: str, message: str) -> None:
        try:
            client.link.sendall(json.dumps({"event": event, "message": message}).encode() + b"\n")
        except OSError:
            self._drop(client)

    def _drop(self, client: Client) -> None:
        self._selector.unregister(client.link)
        self.clients.pop(client.link.fileno(), None)
        client.link.close()

    def _wake_on_signals(self) -> None:
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._wake_ends = (reading, writing)
        self._selector.register(reading, selectors.EVENT_READ)
        for asked in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked, self._on_stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop

    def _on_stop(self, *_signal: object) -> None:
        self.stopping = True


def main() -> None:
    """`python -m campaign_crm.platform.embedded.supervisor --var-dir DIR --ready-fd N [--unit-tests]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var-dir", type=Path, required=True)
    parser.add_argument("--ready-fd", type=int, required=True, help="closed when clients may connect")
    parser.add_argument("--unit-tests", action="store_true", help="trade durability for speed")
    options = parser.parse_args()
    layout = layout_of(options.var_dir)
    with (layout.control / "supervisor.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # an earlier supervisor may still be stopping its servers
        address = layout.supervisor_socket
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(address))
            listener.listen(64)
            listener.setblocking(False)
            os.close(options.ready_fd)
            supervisor = Supervisor(layout, listener, unit_tests=options.unit_tests)
            try:
                supervisor.run()
            finally:
                address.unlink(missing_ok=True)  # later clients start another supervisor, which waits for us
                listener.close()
                supervisor.stop_servers()


if __name__ == "__main__":
    main()
