"""Signing in to a mailbox without a password: an access token from a refresh token (RFC 6749 §6).

Microsoft 365 and Google take no passwords of programs any more. The token endpoint is asked by https only and
follows no redirect; what it answers is kept sealed until shortly before it ends. Microsoft gives another
refresh token now and then: it takes the place of the one before.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from campaign_crm.platform.crypto import SealBroken, seal, unseal
from messaging.models import Mailbox

logger = logging.getLogger(__name__)

PATIENCE = 20.0  # seconds for an answer
LONGEST_ANSWER = 100_000  # bytes
EARLY = timedelta(minutes=2)
"""A token is asked anew so long before it ends: a look at a mailbox takes its time."""

USUAL_LIFE = 3_600  # seconds, where the service does not say

NOT_HTTPS = gettext_noop("The sign-in service must be asked by https")
NOT_OPENED = gettext_noop("What signs in to the mailbox cannot be opened: type it again")
SERVICE_AWAY = gettext_noop("The sign-in service cannot be reached, or its certificate is not valid")
SERVICE_FAILS = gettext_noop("The sign-in service does not work now: it is asked again")
GRANT_ENDED = gettext_noop("The access was withdrawn or has ended: give it anew and type the refresh token")
CLIENT_REFUSED = gettext_noop("The sign-in service refuses the client: check its id, secret and scope")
ODD_ANSWER = gettext_noop("The sign-in service answers something else than a token: check its address")


class Endpoint(NamedTuple):
    """Where tokens are given, and for what; an empty `scope` is that of the refresh token."""

    url: str
    scope: str


ENDPOINTS = {
    # Their documentation of IMAP with OAuth 2.0, November 2026. An application of one organisation alone
    # names its tenant instead of "common".
    Mailbox.SignIn.MICROSOFT: Endpoint(
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ),
    Mailbox.SignIn.GOOGLE: Endpoint("https://oauth2.googleapis.com/token", ""),
}


class NoToken(Exception):
    """No access token could be had; `text` is an English msgid."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def is_https(url: str) -> bool:
    """True for an address by https, with a host and without a user name in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def access_token(mailbox: Mailbox) -> str:
    """A token that is valid for some minutes: the one kept, else another; raises NoToken."""
    kept = _kept(mailbox)
    if kept:
        return kept
    credentials = _credentials(mailbox)
    answer = _asked(mailbox, credentials)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token or not _is_bearer(answer):
        raise NoToken(ODD_ANSWER)
    _keep(mailbox, credentials, answer)
    return token


def forget_token(mailbox: Mailbox) -> None:
    """The mail server refused it: another is asked for at the next look."""
    mailbox.sealed_token = ""
    Mailbox.objects.filter(pk=mailbox.pk).update(sealed_token="")


def _kept(mailbox: Mailbox) -> str:
    if not mailbox.sealed_token:
        return ""
    try:
        kept = unseal(mailbox.sealed_token)
    except SealBroken:
        return ""
    ends_at = parse_datetime(str(kept.get("ends_at", "")))
    return str(kept["token"]) if ends_at is not None and ends_at - EARLY > timezone.now() else ""


def _credentials(mailbox: Mailbox) -> dict[str, Any]:
    try:
        found: dict[str, Any] = unseal(mailbox.sealed_credentials)
    except SealBroken:
        raise NoToken(NOT_OPENED) from None
    return found


def _asked(mailbox: Mailbox, credentials: dict[str, Any]) -> dict[str, Any]:
    """What the token endpoint says; raises NoToken."""
    if not is_https(mailbox.token_url):
        raise NoToken(NOT_HTTPS)
    form = {"grant_type": "refresh_token", "scope": mailbox.token_scope}
    form |= {name: credentials.get(name, "") for name in ("client_id", "client_secret", "refresh_token")}
    try:
        with requests.Session() as session:
            session.auth = _as_it_is  # a .netrc file of the machine has no say
            response = session.post(
                mailbox.token_url,
                data={name: value for name, value in form.items() if value},
                headers={"Accept": "application/json"},
                timeout=PATIENCE,
                allow_redirects=False,
                stream=True,
            )
            with response:
                return _understood(response.status_code, _read(response))
    except (requests.RequestException, OSError) as error:
        logger.warning("Mailbox %s: no token (%s)", mailbox.pk, type(error).__name__)
        raise NoToken(SERVICE_AWAY) from None


def _read(response: requests.Response) -> bytes:
    """The beginning of the answer, within the patience for all of it."""
    ends, pieces, size = time.monotonic() + PATIENCE, [], 0
    for piece in response.iter_content(8_192):
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST_ANSWER or time.monotonic() > ends:
            break
    return b"".join(pieces)


def _understood(status: int, body: bytes) -> dict[str, Any]:
    if status >= 500 or status == 429:
        raise NoToken(SERVICE_FAILS)
    try:
        answer = json.loads(body)
    except ValueError:
        raise NoToken(ODD_ANSWER) from None
    if not isinstance(answer, dict):
        raise NoToken(ODD_ANSWER)
    if status == 200:
        return answer
    error = answer.get("error")  # RFC 6749 §5.2
    if error in ("temporarily_unavailable", "server_error"):
        raise NoToken(SERVICE_FAILS)
    raise NoToken(GRANT_ENDED if error in ("invalid_grant", "interaction_required") else CLIENT_REFUSED)


def _is_bearer(answer: dict[str, Any]) -> bool:
    return str(answer.get("token_type", "Bearer")).lower() == "bearer"


def _keep(mailbox: Mailbox, credentials: dict[str, Any], answer: dict[str, Any]) -> None:
    """Seal the token, and another refresh token if one came, unless somebody typed others meanwhile."""
    try:
        seconds = int(answer.get("expires_in", USUAL_LIFE))
    except (TypeError, ValueError):
        seconds = USUAL_LIFE
    ends_at = datetime.now(UTC) + timedelta(seconds=max(0, min(seconds, 86_400)))
    wanted = {"sealed_token": seal({"token": answer["access_token"], "ends_at": ends_at.isoformat()})}
    fresh = answer.get("refresh_token")
    if isinstance(fresh, str) and fresh and fresh != credentials.get("refresh_token"):
        wanted["sealed_credentials"] = seal(credentials | {"refresh_token": fresh})
    held = Mailbox.objects.filter(pk=mailbox.pk, sealed_credentials=mailbox.sealed_credentials)
    if held.update(**wanted):
        for name, value in wanted.items():
            setattr(mailbox, name, value)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
