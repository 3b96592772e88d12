"""Test mailboxes: asked once whether they want tests of mailings, then offered where a test is sent."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel
from contacts.services.addresses import normalise_email
from contacts.services.suppressions import address_hash_for
from messaging.content.tokens import SeedToken, sign_seed
from messaging.errors import MessagingError
from messaging.models import SeedMailbox
from messaging.services.rights import ask_right
from messaging.services.service_messages import send_service_message

MOST = 30
LINK_LASTS = timedelta(days=30)
BETWEEN_QUESTIONS = timedelta(minutes=10)


class CannotAdd(MessagingError):
    """This mailbox cannot be asked now; the message says why."""


@transaction.atomic
def add_seed_mailbox(*, address: str, label: str, by: User) -> SeedMailbox:
    """Keep a mailbox and ask whoever reads it; raises InvalidAddress, NotAllowed or CannotAdd."""
    ask_right(by, Right.MANAGE_SETTINGS)
    normalised = normalise_email(address).lower()
    if SeedMailbox.objects.count() >= MOST:
        raise CannotAdd(_("There are %(most)d test mailboxes already: take one away first.") % {"most": MOST})
    try:
        with transaction.atomic():
            seed = SeedMailbox.objects.create(address=normalised, label=label.strip(), added_by=by)
    except IntegrityError:
        raise CannotAdd(_("This mailbox is in the list already.")) from None
    audit.record(action="seed_mailbox.add", on=seed, by=by)
    _ask(seed, by)
    return seed


@transaction.atomic
def ask_again(*, seed: SeedMailbox, by: User) -> None:
    """Send the question once more; raises NotAllowed, or CannotAdd when it was asked just now."""
    ask_right(by, Right.MANAGE_SETTINGS)
    locked = SeedMailbox.objects.select_for_update().get(pk=seed.pk)
    if locked.asked_at is not None and timezone.now() - locked.asked_at < BETWEEN_QUESTIONS:
        raise CannotAdd(
            _("It was asked a few minutes ago: look among the spam, or wait before asking again.")
        )
    if locked.confirmed_at is None:
        _ask(locked, by)


@transaction.atomic
def remove_seed_mailbox(*, seed: SeedMailbox, by: User) -> None:
    ask_right(by, Right.MANAGE_SETTINGS)
    audit.record(action="seed_mailbox.remove", on=seed, by=by)
    seed.delete()


def seed_of(token: SeedToken) -> SeedMailbox | None:
    """The mailbox that a link is about; None once the link is too old or the mailbox was taken away."""
    if timezone.now() - token.signed_at > LINK_LASTS:
        return None
    found = SeedMailbox.objects.filter(pk=token.mailbox).first()
    return found if found is not None and _hash_of(found.address) == token.address_hash else None


def confirm_seed_mailbox(seed: SeedMailbox) -> None:
    """Whoever reads the mailbox wants tests; said twice, it stays as it was."""
    if SeedMailbox.objects.filter(pk=seed.pk, confirmed_at=None).update(confirmed_at=timezone.now()):
        audit.record(action="seed_mailbox.confirm", on=seed, by=None)


def leave_seed_mailbox(seed: SeedMailbox) -> None:
    """Whoever reads the mailbox wants no tests, now or any more."""
    audit.record(action="seed_mailbox.leave", on=seed, by=None)
    seed.delete()


def willing_seed_mailboxes() -> QuerySet[SeedMailbox]:
    """Those that take tests."""
    return SeedMailbox.objects.filter(confirmed_at__isnull=False).order_by("label", "address")


def link_of(seed: SeedMailbox) -> str:
    token = SeedToken(seed.pk, _hash_of(seed.address), timezone.now())
    return f"{settings.PUBLIC_URL}/t/{sign_seed(token)}"


def _ask(seed: SeedMailbox, by: User) -> None:
    seed.asked_at = timezone.now()
    seed.save(update_fields=["asked_at"])
    values = {"organisation": Organisation.current().name, "member": str(by)}
    send_service_message(
        standing_for="seed-mailbox",
        address=seed.address,
        occasion=f"{seed.pk}:{seed.asked_at:%y%m%d%H%M%S%f}",
        subject=_("Tests of mailings in this mailbox?"),
        paragraphs=[
            _("%(member)s, who works for %(organisation)s, would like to send tests of mailings here.")
            % values,
            _("If you agree, confirm it. The same page takes the mailbox away again, whenever you like."),
        ],
        button=(_("See the question"), link_of(seed)),
        closing=_("If this means nothing to you, do nothing: nothing more comes."),
    )


def _hash_of(address: str) -> bytes:
    return address_hash_for(Channel.EMAIL, address)
