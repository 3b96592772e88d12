"""Where tests of mailings may go: to the team and to test mailboxes, few a day, and never to who wants none.

Nobody approves a test, so that it must not be a way to write to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform.models import AuditEntry, User
from contacts.enums import Channel, MessageKind
from contacts.models import Suppression
from contacts.services.addresses import normalise_email
from contacts.services.silence import silence_of_page, why_silent
from contacts.services.suppressions import address_hash_for
from messaging.errors import MessagingError
from messaging.models import Campaign
from messaging.services.seed_mailboxes import willing_seed_mailboxes

MOST_A_DAY = 100
"""Test messages of one member: dozens of looks at dozens of mailboxes, and no mailing."""
DAY = timedelta(days=1)


class NotForTests(MessagingError):
    """A test does not leave for an address, or no more today; the message says why."""


def check_test_addresses(campaign: Campaign, addresses: Sequence[str], *, by: User) -> None:
    """Raise NotForTests when a test of this mailing may not leave to these addresses now.

    Call it before the audit entry of the test, in its transaction: two at a time count each other.
    """
    User.objects.select_for_update().get(pk=by.pk)
    if _tests_today(by) + len(addresses) > MOST_A_DAY:
        raise NotForTests(
            _("You have sent many tests today: at most %(most)d messages a day leave as tests.")
            % {"most": MOST_A_DAY}
        )
    if strangers := unknown_addresses(addresses):
        raise NotForTests(
            _(
                "Tests go to members of the team and to test mailboxes that agreed, not to: %(addresses)s. "
                "An administrator adds them under “Test mailboxes”."
            )
            % {"addresses": ", ".join(strangers)}
        )
    if campaign.kind != MessageKind.POLITICAL:
        return
    if (silence := silence_of_page(campaign.scope, timezone.now())) is not None:
        raise NotForTests(why_silent(silence))
    if stopped := _want_no_politics(addresses):
        raise NotForTests(
            _("On the do-not-contact list, which tests respect as well: %(addresses)s.")
            % {"addresses": ", ".join(stopped)}
        )


def unknown_addresses(addresses: Iterable[str]) -> list[str]:
    """Those that are nobody's of the team, and of no test mailbox that agreed."""
    wanted = {normalise_email(address).lower(): address for address in addresses}
    team = User.objects.filter(is_active=True).annotate(lowered=Lower("email"))
    known = set(team.filter(lowered__in=wanted).values_list("lowered", flat=True))
    known |= set(willing_seed_mailboxes().filter(address__in=wanted).values_list("address", flat=True))
    return [address for normalised, address in wanted.items() if normalised not in known]


def _tests_today(by: User) -> int:
    since = timezone.now() - DAY
    sent = AuditEntry.objects.filter(at__gte=since, actor=by, action="campaign.test")
    return sum(int(detail.get("addresses", 0)) for detail in sent.values_list("detail", flat=True))


def _want_no_politics(addresses: Iterable[str]) -> list[str]:
    hashes = {address_hash_for(Channel.EMAIL, address): address for address in addresses}
    stopped = Suppression.objects.filter(
        address_hash__in=hashes, channel=Channel.EMAIL, lifted_at__isnull=True
    )
    found = {bytes(one) for one in stopped.values_list("address_hash", flat=True)}
    return [address for digest, address in hashes.items() if digest in found]
