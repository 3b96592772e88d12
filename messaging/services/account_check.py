"""Checking a way out with a real message: what is wrong, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import unseal
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.services.addresses import InvalidAddress, normalise_email
from messaging.content.headers import BadAddress
from messaging.models import ProviderAccount, SenderIdentity
from messaging.providers import registry
from messaging.providers.base import Fault, Outcome, Result
from messaging.providers.errors import ProviderError
from messaging.providers.registry import Finding
from messaging.services.direct import DirectMessage, send_directly
from messaging.services.rights import ask_right
from messaging.services.sender_trust import trust_of

_PORTS = gettext_noop("STARTTLS goes with port 587, TLS from the first byte with port 465.")
_KEY = gettext_noop("Copy the key again from your provider’s page, whole, and with the right to send.")
_CERTIFICATE = gettext_noop(
    "Write the server’s name exactly as your provider gives it. A server of your own needs a certificate for "
    "that name."
)
_REACH = gettext_noop(
    "Check the name and the port. Many hosts close port 25: take 587, or ask them to open it."
)
# What a ProviderError says, in its own words, to what helps.
_ADVICE = {
    "The server did not accept the user name and password": gettext_noop(
        "Copy both again from your provider’s page: many give a password of its own for SMTP."
    ),
    "The server's certificate could not be verified": _CERTIFICATE,
    "The provider's certificate could not be verified": gettext_noop(
        "Something between this server and the provider answers in its place: ask whoever runs your network."
    ),
    "Encryption could not be set up; is it the right port?": _PORTS,
    "The server offers no encryption (STARTTLS) on this port": _PORTS,
    "The server's name was not found": gettext_noop("Check how the server’s name is written."),
    "The server did not answer in time": _REACH,
    "The connection could not be made": _REACH,
    "The provider could not be reached": gettext_noop(
        "This server must be allowed to reach the internet by HTTPS."
    ),
    "The provider refused the key": _KEY,
    "The provider does not let this account send": gettext_noop(
        "Sign in at your provider: a new account often waits for them to open it."
    ),
    "An address to send from is not one of this machine": gettext_noop(
        "Give the machine this address, or take it from the list."
    ),
}
_BY_FAULT = {
    Fault.SENDER: gettext_noop(
        "Your provider does not take this sender: confirm its address or domain on their pages, or choose a "
        "sender they know."
    ),
    Fault.RECIPIENT: gettext_noop("The test address does not exist: try one of yours."),
    Fault.MAILBOX: gettext_noop("The test mailbox takes nothing now: try another address."),
    Fault.ACCOUNT: gettext_noop("Sign in at your provider: the account may be out of credit, or held."),
    Fault.MESSAGE: gettext_noop("The server does not take this text: ask your provider what its filter saw."),
}


def check_with_message(*, account: ProviderAccount, address: str, by: User) -> list[Finding]:
    """Connect as a send would, then send a real message to `address`; raises InvalidAddress.

    The message comes from a sender of this account, and stands in no ledger.
    """
    ask_right(by, Right.MANAGE_SETTINGS)
    to = normalise_email(address)
    found = connection_findings(account)
    if any(finding.level == "error" for finding in found):
        return found
    sender = SenderIdentity.objects.filter(provider_account=account).order_by("-is_active", "pk").first()
    if sender is None:
        text = _("No sender uses this way out yet: make one, then check again to send a test message.")
        return [*found, Finding("warning", text)]
    audit.record(action="account.check", on=account, by=by)
    return [*found, *_sent(account, sender, to)]


def connection_findings(account: ProviderAccount) -> list[Finding]:
    """What a connection finds, sending nothing; each error with what to do."""
    found = registry.check(account.kind, account.settings | unseal(account.sealed_credentials))
    return [_with_advice(finding) for finding in found]


def _sent(account: ProviderAccount, sender: SenderIdentity, to: str) -> Iterator[Finding]:
    message = DirectMessage(
        to,
        _("Test of “%(account)s”") % {"account": account.name},
        _("This message was sent to check the way out “%(account)s”. It arrived: messages can leave by it.")
        % {"account": account.name},
    )
    try:
        result = send_directly(account, sender, message)
    except ProviderError as error:
        words = _(error.text)
        yield _with_advice(Finding("error", f"{words} ({error.detail})" if error.detail else words))
        return
    except (BadAddress, InvalidAddress) as error:
        yield Finding("error", str(error))
        return
    yield _judged(result, sender)
    if result.outcome is Outcome.ACCEPTED and account.signs_here:
        yield _about_signature(account, sender)


def _judged(result: Result, sender: SenderIdentity) -> Finding:
    values = {"sender": sender.address, "answer": _answer(result)}
    if result.outcome is Outcome.ACCEPTED:
        text = _("The test message was taken, from %(sender)s. Look in the mailbox, and among its spam.")
        return Finding("ok", text % values)
    if result.outcome is Outcome.UNKNOWN:
        text = _("The test message was handed over and no answer came: look in the mailbox. (%(answer)s)")
        return Finding("warning", text % values)
    if result.outcome is Outcome.RETRY:
        text = _("The server asks to try again later: a send would do so by itself. (%(answer)s)") % values
    else:
        text = _("The test message was refused: %(answer)s") % values
    advice = _BY_FAULT.get(result.fault)
    return Finding("error", f"{text} {_(advice)}" if advice else text)


def _about_signature(account: ProviderAccount, sender: SenderIdentity) -> Finding:
    if trust_of(sender, account).keys:
        return Finding("ok", _("Signed with the keys of “%(domain)s”.") % {"domain": sender.domain})
    text = _("Not signed: the keys of “%(domain)s” are not published, or were not found yet.")
    return Finding("warning", text % {"domain": sender.domain})


def _answer(result: Result) -> str:
    words = _(result.text) if result.text else ""
    return " ".join(part for part in (str(result.code or ""), result.enhanced, words) if part)


def _with_advice(finding: Finding) -> Finding:
    """An error with what helps behind it, where its words are known."""
    text = str(finding.text)
    if finding.level != "error":
        return finding
    advice = next((advice for known, advice in _ADVICE.items() if _(known) in text), "")
    return Finding("error", f"{text} {_(advice)}" if advice else text)
