"""What comes back to a way out: its webhooks, its domain of returns, the mailboxes that are read for it."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import SealBroken, seal, unseal
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from messaging.content.headers import BadAddress, checked_address
from messaging.models import Mailbox, ProviderAccount
from messaging.providers.hooks import NAMES, hook_kind
from messaging.providers.smtp.config import is_loopback
from messaging.returns import oauth
from messaging.services.rights import ask_right
from messaging.webhooks.address import new_secret


class MailboxFields(TypedDict, total=False):
    host: str
    port: int | None
    security: str
    username: str
    sign_in: str
    token_url: str
    token_scope: str
    folder: str
    is_active: bool


WHERE_SECRETS_GO = ("host", "username", "sign_in", "token_url")
"""Whoever may change these must not be able to have a secret sent elsewhere that they never knew."""


@transaction.atomic
def choose_hook(
    *, account: ProviderAccount, kind: str, settings: dict[str, str], secrets: dict[str, str], by: User
) -> None:
    """Say which provider reports, and how its calls are proven; the first time this makes the address.

    `kind` "" takes the webhooks away. `secrets` left out stay while the kind does. Raises ValidationError.
    """
    ask_right(by, Right.MANAGE_SETTINGS)
    if kind and kind not in NAMES:
        raise ValidationError(_("There is no such kind of webhook."))
    kept = unseal(account.sealed_hook_secrets) if kind == account.hook_kind else {}
    if kind != account.hook_kind:
        account.hook_secret = new_secret() if kind else ""
    wanted = kept | {name: value for name, value in secrets.items() if value}
    account.hook_kind, account.hook_settings = kind, settings if kind else {}
    account.sealed_hook_secrets = seal(wanted) if wanted and kind else ""
    _save(account, ["hook_kind", "hook_secret", "hook_settings", "sealed_hook_secrets"], by)


@transaction.atomic
def renew_hook_address(*, account: ProviderAccount, by: User) -> None:
    """Make another address; calls to the old one are refused from now on."""
    ask_right(by, Right.MANAGE_SETTINGS)
    if not account.hook_kind:
        raise ValidationError(_("Choose first who reports."))
    account.hook_secret = new_secret()
    _save(account, ["hook_secret"], by)


@transaction.atomic
def set_return_domain(*, account: ProviderAccount, domain: str, by: User) -> None:
    """Have returns of SMTP come to addresses of this domain that name the message; "" ends it."""
    ask_right(by, Right.MANAGE_SETTINGS)
    if domain:
        try:
            domain = checked_address(f"b@{domain}").partition("@")[2].lower()
        except BadAddress:
            raise ValidationError(_("This is not a domain such as returns.example.org.")) from None
    account.return_domain = domain
    _save(account, ["return_domain"], by)


@transaction.atomic
def set_mailbox(
    *,
    account: ProviderAccount,
    purpose: str,
    secrets: dict[str, str],
    by: User,
    **fields: Unpack[MailboxFields],
) -> Mailbox:
    """Have a mailbox read, or read otherwise; raises ValidationError.

    `secrets`: "password", or "client_id", "client_secret" and "refresh_token"; those left empty stay as they
    are, unless they would go to another server, user or service. Another server, user or folder is read from
    its start.
    """
    ask_right(by, Right.MANAGE_SETTINGS)
    mailbox = Mailbox.objects.select_for_update().filter(account=account, purpose=purpose).first()
    mailbox = mailbox or Mailbox(account=account, purpose=purpose)
    before = {name: getattr(mailbox, name) for name in (*WHERE_SECRETS_GO, "folder")}
    for name, value in fields.items():
        setattr(mailbox, name, value)
    _complete_endpoint(mailbox)
    changed = {name for name, value in before.items() if getattr(mailbox, name) != value}
    if changed & {"host", "username", "folder"}:
        mailbox.uid_validity, mailbox.last_uid, mailbox.read_at, mailbox.error = None, 0, None, ""
    _take_secrets(mailbox, secrets, keep=not changed & set(WHERE_SECRETS_GO))
    mailbox.full_clean(
        exclude=["uid_validity", "last_uid", "read_at", "error", "sealed_credentials", "sealed_token"]
    )
    mailbox.save()
    audit.record(action="mailbox.set", on=mailbox, by=by, detail={"account": account.pk, "purpose": purpose})
    return mailbox


@transaction.atomic
def remove_mailbox(*, account: ProviderAccount, purpose: str, by: User) -> bool:
    """Read a mailbox no more and forget its password; False when there was none."""
    ask_right(by, Right.MANAGE_SETTINGS)
    mailbox = Mailbox.objects.filter(account=account, purpose=purpose).first()
    if mailbox is None:
        return False
    audit.record(
        action="mailbox.remove", on=mailbox, by=by, detail={"account": account.pk, "purpose": purpose}
    )
    mailbox.delete()
    return True


def is_proven(account: ProviderAccount) -> bool:
    """True when everything that proves this account's calls is there."""
    if not account.hook_kind:
        return False
    kept: dict[str, Any] = {**account.hook_settings, **unseal(account.sealed_hook_secrets)}
    needed = [field.name for field in hook_kind(account.hook_kind).fields if field.required]
    needed += [field.name for field in hook_kind(account.hook_kind).fields if field.type == "secret"]
    return all(kept.get(name) for name in needed)


def _complete_endpoint(mailbox: Mailbox) -> None:
    """Where tokens are given, as the service that was chosen says unless somebody knows better."""
    if mailbox.sign_in == Mailbox.SignIn.PASSWORD:
        mailbox.token_url = mailbox.token_scope = ""
    elif (known := oauth.ENDPOINTS.get(Mailbox.SignIn(mailbox.sign_in))) is not None:
        mailbox.token_url = mailbox.token_url or known.url
        mailbox.token_scope = mailbox.token_scope or known.scope


def _take_secrets(mailbox: Mailbox, typed: dict[str, str], *, keep: bool) -> None:
    """Seal what was typed beside what is kept; raises ValidationError with what is missing."""
    by_password = mailbox.sign_in == Mailbox.SignIn.PASSWORD
    names = ("password",) if by_password else ("client_id", "client_secret", "refresh_token")
    try:
        kept = unseal(mailbox.sealed_credentials) if keep and mailbox.sealed_credentials else {}
    except SealBroken:
        kept = {}
    wanted = {name: typed.get(name) or kept.get(name, "") for name in names}
    problems = {}
    if by_password and not wanted["password"]:
        problems["password"] = _("Type the password.")
    for name in () if by_password else ("client_id", "refresh_token"):
        if not wanted[name]:
            problems[name] = _("The sign-in service asks for it.")
    if not by_password and not oauth.is_https(mailbox.token_url):
        problems["token_url"] = _("An address that begins with https://")
    if mailbox.security == Mailbox.Security.NONE and not is_loopback(mailbox.host):
        problems["security"] = _("Only a server on this machine may be read without encryption.")
    if problems:
        raise ValidationError(problems)
    if wanted != kept:
        mailbox.sealed_credentials, mailbox.sealed_token = seal(wanted), ""


def _save(account: ProviderAccount, fields: list[str], by: User) -> None:
    account.save(update_fields=fields)
    audit.record(action="account.returns", on=account, by=by, fields=sorted(fields))
