"""Reading mailboxes by IMAP: what is new is kept as it came, and the mailbox is left as it is.

How far a mailbox was read is written in the transaction that keeps its messages: a killed reader loses and
repeats nothing. Another UIDVALIDITY means that the server numbered everything anew: it is read again from the
start, and what is known changes nothing.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_noop
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from campaign_crm.platform.crypto import SealBroken, unseal
from messaging.models import Mailbox
from messaging.providers.registry import Finding
from messaging.providers.smtp.config import is_loopback
from messaging.returns import oauth
from messaging.webhooks.receiving import MAIL, keep

logger = logging.getLogger(__name__)

PATIENCE = 20.0  # seconds for an answer
AT_ONCE = 20  # messages a transaction
AT_MOST = 2_000  # messages of one mailbox a look: the others get their turn
READ_BYTES = 512 * 1024
"""Of each message: what it is and says stands before its attachments."""

CANNOT_CONNECT = gettext_noop("The server cannot be reached, or its certificate is not valid")
CANNOT_SIGN_IN = gettext_noop("The server refuses the user name or the password")
NO_FOLDER = gettext_noop("There is no such folder")
NOT_ENCRYPTED = gettext_noop("Only a server on this machine may be read without encryption")
NO_PASSWORD = gettext_noop("The password of the mailbox cannot be opened: type it again")
TOKEN_REFUSED = gettext_noop("The server refuses the token: is it for this user, and is IMAP allowed there?")
STOPPED = gettext_noop("The server stopped answering")
REFUSED = gettext_noop("The server refuses to show its messages for now; they are asked for again")
NOT_UNDERSTOOD = gettext_noop("The program does not understand the server; the log says why")


class MailboxFailed(Exception):
    """A look at a mailbox failed; `text` is an English msgid."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def read_mailboxes() -> int:
    """Read every mailbox in use; what keeps one from being read is written on it. Returns how many."""
    count = 0
    for mailbox in Mailbox.objects.filter(is_active=True).order_by("pk"):
        try:
            count += read_mailbox(mailbox)
            error = ""
        except MailboxFailed as failed:
            error = failed.text
            logger.warning("Mailbox %s: %s", mailbox.pk, error)
        except (OperationalError, InterfaceError):
            raise  # the database: nothing can be kept
        except Exception:  # somebody else's odd server; the other mailboxes must be read
            logger.exception("Mailbox %s cannot be read", mailbox.pk)
            error = NOT_UNDERSTOOD
        Mailbox.objects.filter(pk=mailbox.pk).update(error=error, read_at=Now())
    return count


def read_mailbox(mailbox: Mailbox) -> int:
    """Keep what is new in one mailbox; raises MailboxFailed."""
    with opened(mailbox) as server:
        try:
            _start_over_if_renumbered(mailbox, server)
            fresh = _fresh_uids(mailbox, server)[:AT_MOST]
            for start in range(0, len(fresh), AT_ONCE):
                _keep(mailbox, server, fresh[start : start + AT_ONCE])
        except (imaplib.IMAP4.error, ImapToolsError, OSError) as error:
            raise MailboxFailed(STOPPED) from error
        return len(fresh)


def check_mailbox(mailbox: Mailbox) -> Finding:
    """Sign in and open the folder; reads nothing."""
    try:
        with opened(mailbox):
            return Finding("ok", gettext_noop("The mailbox can be read."))
    except MailboxFailed as failed:
        return Finding("error", failed.text)


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """The mailbox signed in to, with its folder open; raises MailboxFailed."""
    secret = _secret(mailbox)
    try:
        server = _connect(mailbox)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxFailed(CANNOT_CONNECT) from error
    try:
        _sign_in(mailbox, server, secret)
        try:
            server.folder.set(mailbox.folder, readonly=True)
        except (imaplib.IMAP4.error, ImapToolsError, OSError) as error:
            raise MailboxFailed(NO_FOLDER) from error
        yield server
    finally:
        try:
            server.logout()
        except (imaplib.IMAP4.error, ImapToolsError, OSError):
            server.client.shutdown()


def _secret(mailbox: Mailbox) -> str:
    """The password, or an access token of the moment."""
    try:
        if mailbox.sign_in != Mailbox.SignIn.PASSWORD:
            return oauth.access_token(mailbox)
        return str(unseal(mailbox.sealed_credentials).get("password", ""))
    except oauth.NoToken as missing:
        raise MailboxFailed(missing.text) from None
    except SealBroken:
        raise MailboxFailed(NO_PASSWORD) from None


def _sign_in(mailbox: Mailbox, server: BaseMailBox, secret: str) -> None:
    by_token = mailbox.sign_in != Mailbox.SignIn.PASSWORD
    try:
        sign_in = server.xoauth2 if by_token else server.login
        sign_in(mailbox.username, secret, initial_folder=None)
    except (imaplib.IMAP4.error, ImapToolsError, OSError) as error:
        if by_token:
            oauth.forget_token(mailbox)
        raise MailboxFailed(TOKEN_REFUSED if by_token else CANNOT_SIGN_IN) from error


def _connect(mailbox: Mailbox) -> BaseMailBox:
    match Mailbox.Security(mailbox.security):
        case Mailbox.Security.TLS:
            context = ssl.create_default_context()
            return MailBox(mailbox.host, mailbox.port or 993, timeout=PATIENCE, ssl_context=context)
        case Mailbox.Security.STARTTLS:
            context = ssl.create_default_context()
            return MailBoxStartTls(mailbox.host, mailbox.port or 143, timeout=PATIENCE, ssl_context=context)
    if not is_loopback(mailbox.host):
        raise MailboxFailed(NOT_ENCRYPTED)
    return MailBoxUnencrypted(mailbox.host, mailbox.port or 143, timeout=PATIENCE)


def _start_over_if_renumbered(mailbox: Mailbox, server: BaseMailBox) -> None:
    told = server.folder.status(mailbox.folder, ["UIDVALIDITY"])["UIDVALIDITY"]
    if mailbox.uid_validity != told:
        mailbox.uid_validity, mailbox.last_uid = told, 0
        mailbox.save(update_fields=["uid_validity", "last_uid"])


def _fresh_uids(mailbox: Mailbox, server: BaseMailBox) -> list[int]:
    """Numbers beyond the last one read. A server answers "n:*" with its last message even below n."""
    answer, found = server.client.uid("SEARCH", None, f"UID {mailbox.last_uid + 1}:*")  # type: ignore[arg-type]
    _ask_ok(answer)
    uids = (int(uid) for uid in (found[0] or b"").split())
    return sorted(uid for uid in uids if uid > mailbox.last_uid)


def _keep(mailbox: Mailbox, server: BaseMailBox, uids: Sequence[int]) -> None:
    messages = _fetched(server, uids)
    with transaction.atomic():
        for raw in messages:
            keep(mailbox.account_id, MAIL, raw, at=None)
        Mailbox.objects.filter(pk=mailbox.pk).update(last_uid=uids[-1])


def _fetched(server: BaseMailBox, uids: Sequence[int]) -> list[bytes]:
    """The beginnings of messages, not marked as read, in one question; those that have gone are left out."""
    numbers = ",".join(map(str, uids))
    answer, found = server.client.uid("FETCH", numbers, f"(BODY.PEEK[]<0.{READ_BYTES}>)")
    _ask_ok(answer)
    return [bytes(part[1]) for part in found if isinstance(part, tuple) and part[1]]


def _ask_ok(answer: str) -> None:
    """`imaplib` returns a refusal ("NO") like an answer: taken for one, messages would be passed over."""
    if answer != "OK":
        raise MailboxFailed(REFUSED)
