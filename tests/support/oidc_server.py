"""An OpenID Connect server on loopback: it says whom the test tells it to say."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID, CLIENT_SECRET = "crm", "server-secret-of-thirty-two-bytes"


class OidcServer:
    """`claims` is what it says of whoever comes; `userinfo` where that is to differ from the ID token."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.codes: dict[str, str] = {}
        self.refuses = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
                if path.endswith("openid-configuration"):
                    self.answer(outer.configuration())
                elif path == "/authorize":
                    code = secrets.token_urlsafe(8)
                    outer.codes[code] = query["code_challenge"][0]
                    back = {"code": code, "state": query["state"][0]}
                    self.send_response(302)
                    self.send_header("Location", f"{query['redirect_uri'][0]}?{urlencode(back)}")
                    self.end_headers()
                else:
                    self.answer(outer.userinfo or outer.claims)

            def do_POST(self) -> None:
                sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                known = outer.codes.pop(sent["code"][0], None)
                if known != challenge or sent["client_secret"] != [CLIENT_SECRET] or outer.refuses:
                    self.answer({"error": "invalid_grant"}, 400)
                    return
                self.answer({"access_token": "access", "token_type": "Bearer", "id_token": outer.id_token()})

            def answer(self, value: dict[str, Any], status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, **self.claims}
        return jwt.encode(claims, CLIENT_SECRET, algorithm="HS256")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
