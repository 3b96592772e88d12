"""What every answer says to the browser, which hosts are answered, and how much is taken in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from csp.middleware import CSPMiddleware
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from tests.environment import PROJECT
from tests.platform.test_settings import PUBLIC, read

pytestmark = pytest.mark.django_db
FORM_TARGETS = """
import json
from campaign_crm.settings import CONTENT_SECURITY_POLICY
print(json.dumps(CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]))
"""
PAGES = ["/accounts/login/", "/nothing/", "/live"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_guarded(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]


def test_the_policy_lets_no_script_in_but_our_files(client: Client) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert parts["script-src"] == "'self'"
    assert re.fullmatch(r"'self'( 'nonce-[\w+/=-]+')?", parts["style-src"])
    assert (parts["object-src"], parts["frame-ancestors"]) == ("'none'", "'none'")
    assert (parts["base-uri"], parts["form-action"]) == ("'self'", "'self'")


def test_a_nonce_is_in_the_policy_of_its_answer_and_never_the_same_twice() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.csp_nonce))

    answers = [CSPMiddleware(page)(RequestFactory().get("/")) for _time in range(2)]
    nonces = [answer.content.decode() for answer in answers]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert f"style-src 'self' 'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


def test_https_alone_for_a_year_where_the_address_is_https() -> None:
    assert json.loads(read("SECURE_HSTS_SECONDS", **PUBLIC).stdout) == 31_536_000
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"):
        assert json.loads(read(name, **PUBLIC).stdout) is True
    with override_settings(SECURE_HSTS_SECONDS=31_536_000):
        assert "max-age=31536000" in Client().get("/live", secure=True).headers["Strict-Transport-Security"]
        assert "Strict-Transport-Security" not in Client().get("/live").headers


def test_a_server_for_single_sign_on_is_where_forms_may_lead_and_only_over_https() -> None:
    given = {"OIDC_CLIENT_ID": "crm", "OIDC_CLIENT_SECRET": "secret"}
    done = subprocess.run(
        [sys.executable, "-c", FORM_TARGETS],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", **PUBLIC, **given, "OIDC_SERVER_URL": "https://id.example.org/realm"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == ["'self'", "https://id.example.org"]
    assert "https://" in read("DEBUG", **PUBLIC, **given, OIDC_SERVER_URL="http://id.example.org").stderr
    assert "OIDC_CLIENT_ID" in read("DEBUG", **PUBLIC, OIDC_SERVER_URL="https://id.example.org").stderr


def test_the_second_step_cannot_be_switched_off_where_others_reach_it() -> None:
    assert json.loads(read("SECOND_STEP_REQUIRED", **PUBLIC).stdout) is True
    assert "SECOND_STEP" in read("DEBUG", **PUBLIC, SECOND_STEP="offered").stderr


@pytest.mark.parametrize("host", ["evil.example", "crm.example.org.evil.example", "127.0.0.1@evil.example"])
def test_a_host_that_is_not_ours_is_refused(client: Client, host: str) -> None:
    assert client.get("/accounts/login/", HTTP_HOST=host).status_code == 400
    assert client.get("/accounts/login/", HTTP_X_FORWARDED_HOST=host).status_code == 200, "not read at all"


def test_a_form_larger_than_its_limit_is_refused_before_it_is_read(
    signed_in: Callable[..., Client], settings
) -> None:
    client = signed_in()
    client.raise_request_exception = False
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert client.post("/profile/", {"full_name": "x" * 2_000, "language": "en"}).status_code == 400
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
    many = {f"field{number}": "1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert client.post("/profile/", many).status_code == 400
    files = {
        f"file{n}": SimpleUploadedFile("a", b"a") for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1)
    }
    assert client.post("/profile/", files).status_code == 400
