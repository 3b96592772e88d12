"""Ways out and senders: making them, checking them, and the default ones of a machine on its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, TypedDict, Unpack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import seal, unseal
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel
from contacts.models import Territory
from contacts.services.addresses import normalise_email
from messaging.dispatch.ways_out import hold_without_way_out, keep_service_going
from messaging.models import ProviderAccount, SenderIdentity, SenderRoute
from messaging.providers import registry
from messaging.services.campaigns import ask_right

LOCAL_ACCOUNT = "Local mail catcher"


WHERE_SECRETS_GO = ("host", "port", "security", "ca_file", "region", "api_url")
"""Whoever may change these must not be able to have a secret sent elsewhere that they never knew."""


class AccountFields(TypedDict, total=False):
    name: str
    settings: dict[str, Any]
    messages_per_second: int | None
    per_hour: int | None
    per_day: int | None
    warm_up_from: date | None
    is_active: bool


class SenderFields(TypedDict, total=False):
    from_name: str
    reply_to: str
    territory: Territory | None
    provider_account: ProviderAccount
    weight: int
    messages_per_second: int | None
    per_day: int | None
    warm_up_from: date | None
    for_service: bool
    is_active: bool


class Route(NamedTuple):
    """One more way out of a sender; without a territory it carries messages to anywhere."""

    account: ProviderAccount
    weight: int
    territory: Territory | None = None


@transaction.atomic
def create_account(
    *,
    by: User | None,
    kind: str,
    credentials: dict[str, str] | None = None,
    **fields: Unpack[AccountFields],
) -> ProviderAccount:
    """Make a way out; raises SettingsInvalid with what is wrong, by field. Credentials are sealed at rest."""
    account = ProviderAccount(kind=kind, **fields)
    _save_account(account, credentials or {}, by)
    audit.record(action="account.create", on=account, by=by, detail={"kind": kind})
    return account


@transaction.atomic
def update_account(
    *,
    account: ProviderAccount,
    by: User | None,
    credentials: dict[str, str] | None = None,
    **fields: Unpack[AccountFields],
) -> ProviderAccount:
    """Change a way out. `credentials` replaces those kept; None keeps them, for the server they were for.

    Raises SettingsInvalid; ValidationError when kept secrets would go elsewhere.
    """
    if credentials is None and leads_elsewhere(account, fields.get("settings", account.settings)):
        raise ValidationError(_("It leads elsewhere now: type the password or the key again."))
    changed = [name for name, value in fields.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, fields[name])  # type: ignore[literal-required]
    kept = unseal(account.sealed_credentials) if credentials is None else credentials
    _save_account(account, kept, by)
    _take_other_ways()
    told = [*changed, *(["credentials"] if credentials is not None else [])]
    audit.record(action="account.update", on=account, by=by, fields=sorted(told))
    return account


@transaction.atomic
def create_sender(
    *, by: User | None, from_name: str, address: str, provider_account: ProviderAccount, **fields: Any
) -> SenderIdentity:
    """Make a sender; raises InvalidAddress or ValidationError. Service messages that waited for one leave."""
    _ask_settings(by)
    sender = SenderIdentity(
        channel=Channel.EMAIL,
        from_name=from_name,
        address=normalise_email(address),
        provider_account=provider_account,
        **fields,
    )
    if sender.for_service:
        SenderIdentity.objects.filter(for_service=True).update(for_service=False)
    sender.full_clean()
    sender.save()
    keep_service_going()
    audit.record(action="sender.create", on=sender, by=by)
    return sender


@transaction.atomic
def update_sender(
    *, sender: SenderIdentity, by: User | None, **fields: Unpack[SenderFields]
) -> SenderIdentity:
    """Change a sender; mailings under way take the new name from their next messages on."""
    _ask_settings(by)
    changed = [name for name, value in fields.items() if getattr(sender, name) != value]
    for name in changed:
        setattr(sender, name, fields[name])  # type: ignore[literal-required]
    if sender.for_service:
        SenderIdentity.objects.exclude(pk=sender.pk).filter(for_service=True).update(for_service=False)
    sender.full_clean()
    sender.save()
    _take_other_ways()
    audit.record(action="sender.update", on=sender, by=by, fields=sorted(changed))
    return sender


@transaction.atomic
def set_routes(*, sender: SenderIdentity, routes: Sequence[Route], by: User | None) -> None:
    """Replace the other ways out of a sender; raises ValidationError for one that is named twice.

    Mailings under way take them from their next chunk on.
    """
    _ask_settings(by)
    held = [(one.account.pk, one.weight, one.territory and one.territory.pk) for one in routes]
    named = [(account, territory) for account, _weight, territory in held]
    if len(set(named)) < len(named) or (sender.provider_account_id, None) in named:
        raise ValidationError(_("This way out is there already."))
    before = sender.routes.order_by("pk").values_list("provider_account", "weight", "territory")
    if list(before) == held:
        return
    sender.routes.all().delete()
    SenderRoute.objects.bulk_create(
        SenderRoute(sender=sender, provider_account=one.account, weight=one.weight, territory=one.territory)
        for one in routes
    )
    _take_other_ways()
    detail = {"routes": [list(one) for one in held]}
    audit.record(action="sender.set_routes", on=sender, by=by, detail=detail)


@transaction.atomic
def ensure_local_sender() -> SenderIdentity | None:
    """On a machine on its own, a way out to its mail catcher and a sender, unless there are some already."""
    if not settings.MAIL_CATCHER_ENABLED:
        return None
    account = ProviderAccount.objects.filter(name=LOCAL_ACCOUNT).first()
    if account is None and ProviderAccount.objects.exists():
        return None
    wanted = _catcher_settings()
    if account is None:
        account = create_account(by=None, kind="smtp", name=LOCAL_ACCOUNT, settings=wanted)
    elif account.settings != wanted:
        update_account(account=account, by=None, settings=wanted)
    sender = SenderIdentity.objects.filter(provider_account=account).order_by("pk").first()
    if sender is None:
        name = Organisation.current().name
        sender = create_sender(
            by=None, from_name=name, address="campaign@example.org", provider_account=account
        )
    return sender


def leads_out() -> bool:
    """True when a way out in use may reach the real world: any that is not this machine's mail catcher."""
    own = _catcher_settings()
    in_use = ProviderAccount.objects.filter(is_active=True).only("kind", "settings")
    return any(account.kind != "smtp" or own.items() - account.settings.items() for account in in_use)


def _catcher_settings() -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": settings.MAIL_CATCHER_PORT, "security": "none"}


def _save_account(account: ProviderAccount, credentials: dict[str, str], by: User | None) -> None:
    """Check settings and credentials together, as the provider will read them, then keep both."""
    _ask_settings(by)
    registry.create(account.kind, account.settings | credentials).close()
    account.sealed_credentials = seal(credentials) if credentials else ""
    # Settings were checked above, and may be none: a provider's account can do with its key.
    account.full_clean(exclude=["settings", "hook_settings", "rests_until"])
    account.save()


def _take_other_ways() -> None:
    """What a switched-off way out carried: service messages take another, mailings are paused and say why."""
    keep_service_going()
    hold_without_way_out()


def _ask_settings(by: User | None) -> None:
    """`by=None` is the program itself, preparing an installation."""
    if by is not None:
        ask_right(by, Right.MANAGE_SETTINGS)


def secret_fields(kind: str) -> tuple[str, ...]:
    """Names of an account's settings that belong in `credentials`."""
    fields = registry.kind(kind).fields
    return tuple(field.name for field in fields if field.type == "secret" or field.name == "username")


def leads_elsewhere(account: ProviderAccount, settings: dict[str, Any]) -> bool:
    """True when secrets kept for one server would be given to another, or less protected on the way."""
    usual = {field.name: field.default for field in registry.kind(account.kind).fields}
    before, after = (
        [one.get(name) or usual.get(name) for name in WHERE_SECRETS_GO]
        for one in (account.settings, settings)
    )
    return before != after and bool(account.sealed_credentials)


def completed_credentials(
    account: ProviderAccount | None, typed: dict[str, str], settings: dict[str, Any]
) -> dict[str, str] | None:
    """Credentials as typed; a secret left empty stays while the user name and the server do. None: all stay.

    `settings`: those typed beside them.
    """
    filled = {name: value for name, value in typed.items() if value}
    if account is None or leads_elsewhere(account, settings):
        return filled
    kept = unseal(account.sealed_credentials) if account.sealed_credentials else {}
    if typed.get("username", "") != kept.get("username", ""):
        return filled
    if not any(value for name, value in filled.items() if name != "username"):
        return None
    return kept | filled


def known_secrets(account: ProviderAccount) -> dict[str, str]:
    """What a form may show of an account's credentials: its user name, never a secret."""
    kept = unseal(account.sealed_credentials) if account.sealed_credentials else {}
    return {name: value for name, value in kept.items() if name == "username"}
