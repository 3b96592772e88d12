"""Words to the people concerned: a mailing's author, or the administrators when the installation is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right, Role
from campaign_crm.platform.walls import covers
from messaging.dispatch.circuit import PauseReason
from messaging.models import Campaign, ProviderAccount, SenderDomain

SAID_AGAIN_AFTER = timedelta(hours=1)
"""A trouble that lasts is told once in so long."""

LONGEST_MESSAGE = 300


def tell_author(campaign: Campaign, kind: str, message: str) -> None:
    if campaign.created_by is not None:
        Notification.objects.create(
            user=campaign.created_by,
            kind=kind,
            message=message[:LONGEST_MESSAGE],
            url=reverse("messaging:campaign", args=[campaign.pk]),
        )


def language_of(campaign: Campaign) -> str:
    """The language its author reads."""
    author = campaign.created_by
    return author.language if author is not None and author.language else settings.LANGUAGE_CODE


def tell_those_who_send(campaign: Campaign, kind: str, say: Callable[[], str]) -> None:
    """Tell everybody who may send mailings what one of them has to do; `say` in their language."""
    where = None if campaign.territory_id is None else frozenset({campaign.territory_id})
    for user in User.objects.filter(is_active=True):
        if not covers(user.scope_of(Right.SEND_CAMPAIGN), where):
            continue
        with override(user.language or settings.LANGUAGE_CODE):
            message = say()
        Notification.objects.create(
            user=user,
            kind=kind,
            message=message[:LONGEST_MESSAGE],
            url=reverse("messaging:campaign", args=[campaign.pk]),
        )


def tell_service_waits(reason: PauseReason) -> None:
    """Tell every administrator that service messages wait, unless they were told within the hour."""
    kind = "service.waiting"
    told = Notification.objects.filter(kind=kind, created_at__gt=timezone.now() - SAID_AGAIN_AFTER)
    administrators = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    for user in administrators.exclude(pk__in=told.values("user")):
        with override(user.language or settings.LANGUAGE_CODE):
            message = _("Service messages (confirmations, tests) wait and are tried again: %(reason)s") % {
                "reason": words_of(reason)
            }
        Notification.objects.create(
            user=user,
            kind=kind,
            message=message[:LONGEST_MESSAGE],
            url=reverse("messaging:service_messages"),
        )


def tell_copy_stopped(reason: str) -> None:
    """Tell every administrator that sending was switched off, because of what the database is."""
    for user in User.objects.filter(role=Role.ADMINISTRATOR, is_active=True):
        with override(user.language or settings.LANGUAGE_CODE):
            message = _(
                "Sending was switched off: %(reason)s. See what has left since, then allow it again."
            ) % {"reason": _(reason)}
        Notification.objects.create(
            user=user,
            kind="sending.stopped",
            message=message[:LONGEST_MESSAGE],
            url=reverse("shell:sending"),
        )


def tell_account_fails(account: ProviderAccount, reason: PauseReason) -> None:
    """Tell every administrator that a way out fails while others carry its messages; once an hour."""
    kind, url = "account.failing", reverse("messaging:provider", args=[account.pk])
    told = Notification.objects.filter(kind=kind, url=url, created_at__gt=timezone.now() - SAID_AGAIN_AFTER)
    for user in User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(
        pk__in=told.values("user")
    ):
        with override(user.language or settings.LANGUAGE_CODE):
            message = _("The way out “%(account)s” fails; others carry its messages: %(reason)s") % {
                "account": account,
                "reason": words_of(reason),
            }
        Notification.objects.create(user=user, kind=kind, message=message[:LONGEST_MESSAGE], url=url)


def tell_domain_broken(domain: SenderDomain, names: Sequence[str]) -> None:
    """Tell every administrator that records which were right are no longer."""
    for user in User.objects.filter(role=Role.ADMINISTRATOR, is_active=True):
        with override(user.language or settings.LANGUAGE_CODE):
            message = _("Records of “%(domain)s” have changed and must be mended: %(names)s") % {
                "domain": domain.name,
                "names": ", ".join(names),
            }
        Notification.objects.create(
            user=user,
            kind="domain.broken",
            message=message[:LONGEST_MESSAGE],
            url=reverse("messaging:domain", args=[domain.pk]),
        )


def words_of(reason: PauseReason) -> str:
    """A reason in the active language, with the server's own words."""
    return f"{_(reason.text)}: {reason.detail}" if reason.detail else _(reason.text)
