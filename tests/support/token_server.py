"""A token endpoint for tests (RFC 6749 §6), by https on loopback with a certificate of its own."""

from __future__ import annotations

import json
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from tests.support.smtp_sink.certificate import write_certificate


class TokenServer:
    """Gives `tokens` one after the other for `grant`; `certificate` is the file to trust.

    `asked`: the forms it got. `rotates_to`: another refresh token that comes with the next answer. `says`:
    (status, body) instead of a token.
    """

    def __init__(self) -> None:
        self.grant = {"client_id": "client", "client_secret": "S3cret client", "refresh_token": "refresh 1"}
        self.asked: list[dict[str, str]] = []
        self.given = 0
        self.expires_in: Any = 3_600
        self.rotates_to = ""
        self.says: tuple[int, str] | None = None
        self._folder = tempfile.TemporaryDirectory()
        self.certificate = str(write_certificate(Path(self._folder.name)))
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, body = server._answer({name: value for name, (value,) in parse_qs(raw).items()})
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", body)
                data = body.encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_arguments: object) -> None:
                """Nothing: forms hold secrets."""

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._listener.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, Path(self.certificate).with_name("key.pem"))
        self._listener.socket = context.wrap_socket(self._listener.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._listener.server_address[1]}/token"

    def _answer(self, form: dict[str, str]) -> tuple[int, str]:
        self.asked.append(form)
        if self.says is not None:
            return self.says
        if form.get("refresh_token") != self.grant["refresh_token"]:
            return 400, json.dumps({"error": "invalid_grant"})
        if any(form.get(name) != value for name, value in self.grant.items()):
            return 401, json.dumps({"error": "invalid_client"})
        self.given += 1
        answer = {"access_token": self.token, "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotates_to:
            answer["refresh_token"] = self.grant["refresh_token"] = self.rotates_to
            self.rotates_to = ""
        return 200, json.dumps(answer)

    @property
    def token(self) -> str:
        """The last token given."""
        return f"token {self.given}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._folder.cleanup()
