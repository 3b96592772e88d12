"""What comes back to a way out: its webhooks, its domain of returns, the mailboxes that are read for it."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import seal, unseal
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from messaging.content.headers import BadAddress, checked_address
from messaging.models import Mailbox, ProviderAccount
from messaging.providers.hooks import NAMES, hook_kind
from messaging.providers.smtp.config import is_loopback
from messaging.services.rights import ask_right
from messaging.webhooks.address import new_secret


class MailboxFields(TypedDict, total=False):
    host: str
    port: int | None
    security: str
    username: str
    folder: str
    is_active: bool


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
    *, account: ProviderAccount, purpose: str, password: str, by: User, **fields: Unpack[MailboxFields]
) -> Mailbox:
    """Have a mailbox read, or read otherwise; an empty `password` keeps the one there is.

    Another server, user or folder is read from its start. Raises ValidationError.
    """
    ask_right(by, Right.MANAGE_SETTINGS)
    mailbox = Mailbox.objects.filter(account=account, purpose=purpose).first()
    mailbox = mailbox or Mailbox(account=account, purpose=purpose)
    moved = any(getattr(mailbox, name) != fields.get(name) for name in ("host", "username", "folder"))
    if moved:
        mailbox.uid_validity, mailbox.last_uid, mailbox.read_at, mailbox.error = None, 0, None, ""
    for name, value in fields.items():
        setattr(mailbox, name, value)
    if password:
        mailbox.sealed_password = seal({"password": password})
    problems = _problems(mailbox)
    if problems:
        raise ValidationError(problems)
    mailbox.full_clean(exclude=["uid_validity", "last_uid", "read_at", "error", "sealed_password"])
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


def _problems(mailbox: Mailbox) -> dict[str, str]:
    problems = {}
    if not mailbox.sealed_password:
        problems["password"] = _("Type the password.")
    if mailbox.security == Mailbox.Security.NONE and not is_loopback(mailbox.host):
        problems["security"] = _("Only a server on this machine may be read without encryption.")
    return problems


def _save(account: ProviderAccount, fields: list[str], by: User) -> None:
    account.save(update_fields=fields)
    audit.record(action="account.returns", on=account, by=by, fields=sorted(fields))
