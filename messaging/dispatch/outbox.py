"""One campaign ready to be written to anybody: its compiled content, and messages made from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from campaign_crm.platform.models import Organisation
from contacts.enums import MessageKind
from messaging.content import public_links, return_keys, tokens
from messaging.content.attachments import ATTACHED, Attachment, attachments_of
from messaging.content.errors import ContentError
from messaging.content.fields import MESSAGE_TOKEN
from messaging.content.headers import BadAddress, checked_address
from messaging.content.marks import AnonymousMark, Mark, PersonalMark, occasion_number
from messaging.content.recipients import OrganisationData, RecipientData, recipient_context
from messaging.content.rendering import message_template
from messaging.content.slotted import own_headers
from messaging.dispatch.common_content import content_of
from messaging.dispatch.ledger import Key, Ledger, Row
from messaging.models import Campaign, CampaignVariant, ProviderAccount
from messaging.providers.base import OutgoingMessage, SharedContent
from messaging.providers.smtp.sources import Stream
from messaging.services.compiling import organisation_data
from messaging.services.reader_segments import IN_SEGMENTS, values_of
from messaging.services.recipients import READER, Message, Wanted, load_recipients
from messaging.services.sender_trust import trust_of

logger = logging.getLogger(__name__)

ACTION_URL = "action_url"  # in a service message's context: where it leads
IN_REPLY_TO = "in_reply_to"  # and the Message-ID that it answers
NOT_SHOWN = frozenset({READER, ACTION_URL, IN_REPLY_TO, IN_SEGMENTS, ATTACHED})


class Prepared(NamedTuple):
    """A claimed row and what its message may know of the person."""

    row: Row
    recipient: RecipientData


class Built(NamedTuple):
    """Messages of a batch, and the rows whose message cannot be built, with the reason.

    `shared`: what slotted messages have in common.
    """

    messages: list[tuple[Row, OutgoingMessage]]
    faults: list[tuple[Key, str]]
    shared: SharedContent | None = None


class Outbox:
    """Builds the messages of one campaign, or of one version of it; made anew for each chunk, so that it sees
    the present state. `account`: by which they leave; the sender's main one if none is given."""

    def __init__(
        self,
        campaign: Campaign,
        organisation: Organisation,
        variant: CampaignVariant | None = None,
        account: ProviderAccount | None = None,
    ) -> None:
        sender = variant.sender if variant is not None and variant.sender is not None else campaign.sender
        if sender is None or campaign.frozen_at is None:
            raise ValueError(f"Campaign {campaign.pk} was not frozen: it has no content or no sender.")
        self.ledger = Ledger(campaign.ledger_month, campaign.pk)
        self.sender = sender
        self._given_organisation, self._given_variant = organisation, variant
        self.account: ProviderAccount = account or sender.provider_account
        self.campaign = campaign
        # A service mailing to many keeps the caps of mailings: confirmations must not wait behind it.
        is_answer = campaign.kind == MessageKind.SERVICE and bool(campaign.standing_for)
        self.stream = Stream.SERVICE if is_answer else Stream.BULK
        self.variant = variant.number if variant is not None else 0
        self._from = sender.address
        self._is_service = campaign.message_kind == MessageKind.SERVICE
        self._organisation: OrganisationData = organisation_data(organisation, sender_name=sender.from_name)
        trust = trust_of(sender, self.account)
        self._public_url = trust.public_url
        self.return_host = trust.return_host
        self._is_counted = organisation.counting_enabled
        self._content = content_of(
            campaign,
            sender,
            trust,
            variant.number if variant is not None else 0,
            counted=self._is_counted,
        )
        self._template = self._content.template
        # Every name the templates read is there, unknown until something fills it.
        self._nothing: dict[str, object] = dict.fromkeys(self._template.fields)
        newsletter = campaign.audience.get("id") if campaign.audience.get("type") == "newsletter" else None
        self._newsletter = int(newsletter or 0)
        self._message = Message(
            campaign.channel,
            campaign.message_kind,
            self._template.fields,
            self._content.compiled.languages,
        )

    def by(self, account: ProviderAccount) -> Outbox:
        """The same, leaving by another account."""
        return Outbox(self.campaign, self._given_organisation, self._given_variant, account)

    def prepare(self, rows: Sequence[Row], *, left_at: datetime | None = None) -> list[Prepared]:
        """Load what the messages of these rows may know, in a constant number of queries.

        `left_at`: of a message that is shown once more.
        """
        wanted = [
            Wanted(_reader_of(row), row.language, row.source, row.measured and self._is_counted)
            for row in rows
        ]
        found = load_recipients(wanted, self._message, at=left_at)
        return [Prepared(row, recipient) for row, recipient in zip(rows, found, strict=True)]

    def build(self, prepared: Sequence[Prepared], *, at: datetime, slotted: bool = False) -> Built:
        """Make the messages to hand over at `at`; a row that cannot be built harms no other.

        `slotted`: as values for a provider that puts them in their places, instead of finished messages. Such
        a call carries no file a person: a message that has some says on which page they are.
        """
        built = Built([], [], self._content.shared if slotted else None)
        files = {} if slotted else attachments_of(filter(None, (_attached(one.row) for one in prepared)))
        for one in prepared:
            try:
                if slotted:
                    message = self._slotted_message_to(one.row, one.recipient, at)
                else:
                    attached = files.get(_attached(one.row), ())
                    message = self._message_to(one.row, one.recipient, at, attached)
                built.messages.append((one.row, message))
            except (BadAddress, ContentError) as error:
                built.faults.append((one.row.key, str(error)))
            except Exception as error:  # one person's odd data; everybody else's message must leave
                logger.exception("Delivery %s/%s cannot be built", self.ledger.campaign, one.row.key.contact)
                built.faults.append((one.row.key, f"{type(error).__name__} while building the message"))
        return built

    def page(self, row: Row, *, at: datetime, left_at: datetime | None) -> str:
        """The message as an HTML page, for "view it in a browser"; the row need not be claimed.

        It counts nothing, of whoever it is: without a name each look would be another reader, and with one
        whoever was shown the page, or sent its address, would read as the recipient.
        """
        (prepared,) = self.prepare([row], left_at=left_at)
        addresses = self._addresses(row, occasion_number(row.key.occasion), at)
        template = message_template(self._content.compiled)
        context = dict.fromkeys(template.fields) | self._context(row, prepared.recipient, addresses, at)
        if self._content.compiled.tracking:
            context |= public_links.untracked(self._content.compiled.tracked_links)
        return template.html.join(template.render_values(context).html)

    def _message_to(
        self, row: Row, recipient: RecipientData, at: datetime, attachments: Sequence[Attachment]
    ) -> OutgoingMessage:
        addresses = self._addresses(row, occasion_number(row.key.occasion), at)
        token = self._key_of(row)
        content = self._content.builder.build(
            self._template.render_values(self._context(row, recipient, addresses, at)),
            to=row.address,
            message_token=token,
            date=at,
            unsubscribe_url=self._one_click_url(addresses),
            in_reply_to=_answered(row),
            attachments=attachments,
        )
        return OutgoingMessage(token, self._from, row.address, content, wire_ready=True)

    def _slotted_message_to(self, row: Row, recipient: RecipientData, at: datetime) -> OutgoingMessage:
        addresses = self._addresses(row, occasion_number(row.key.occasion), at)
        context = self._context(row, recipient, addresses, at)
        return OutgoingMessage(
            self._key_of(row),
            self._from,
            checked_address(row.address),
            slots=self._content.slotted.slots(context),
            headers=own_headers(self._one_click_url(addresses), _answered(row)),
        )

    def _key_of(self, row: Row) -> str:
        """The delivery's key, by which bounces and events find it."""
        occasion = occasion_number(row.key.occasion)
        return return_keys.sign_return(
            return_keys.ReturnToken(self.ledger.month, self.ledger.campaign, row.key.contact, occasion)
        )

    def _one_click_url(self, addresses: Mapping[str, str]) -> str:
        """A confirmation or a ticket is no mailing: one click there must not end the mailings."""
        return "" if self._is_service else addresses["unsubscribe_url"]

    def _context(
        self, row: Row, recipient: RecipientData, addresses: dict[str, str], at: datetime
    ) -> dict[str, object]:
        """Every value that the templates of this recipient's message read."""
        context = self._nothing | recipient_context(recipient, self._organisation) | addresses
        if self._content.compiled.tracking:
            occasion = occasion_number(row.key.occasion)
            mark = self._mark(row, occasion, at, measured=recipient.measured)
            context[MESSAGE_TOKEN] = tokens.sign_message(mark)
        if row.context:
            context |= self._values_of(row.context)
            context |= values_of(row.context, agrees=recipient.targeting)
        return context

    def _addresses(self, row: Row, occasion: int, at: datetime) -> dict[str, str]:
        """The ways out and to the person's choices: theirs alone, each time the same."""
        month, campaign = self.ledger
        # Whoever tries the ways out of a test must not lose the mailings: its links name nobody.
        address_hash = tokens.TESTS if self.campaign.is_test else row.address_hash
        own = tokens.sign_unsubscribe(
            tokens.UnsubscribeToken(
                channel=self.campaign.channel,
                address_hash=address_hash,
                contact=row.key.contact,
                campaign=campaign,
                ledger_month=month,
                signed_on=at.date(),
                newsletter=self._newsletter,
                occasion=occasion,
                variant=row.variant,
            )
        )
        url = self._public_url
        return {
            "unsubscribe_url": public_links.unsubscribe_url(url, own),
            "view_online_url": public_links.view_online_url(url, own),
            "preferences_url": public_links.preferences_url(url, own),
        }

    def _mark(self, row: Row, occasion: int, at: datetime, *, measured: bool) -> Mark:
        """The person's own delivery only if they agreed to be measured; otherwise nobody's."""
        month, campaign = self.ledger
        if measured:
            return PersonalMark(month, campaign, row.key.contact, occasion, row.variant)
        return AnonymousMark(month, campaign, row.department, at, row.variant)

    def _values_of(self, context: Mapping[str, Any]) -> dict[str, object]:
        """Values that a service message brings: its link, and the rest as `extra_<name>`."""
        found: dict[str, object] = {
            f"extra_{name}": value for name, value in context.items() if name not in NOT_SHOWN
        }
        if ACTION_URL in context:
            found[ACTION_URL] = public_links.at_host(
                str(context[ACTION_URL]), settings.PUBLIC_URL, self._public_url
            )
        return found


def _answered(row: Row) -> str:
    return str((row.context or {}).get(IN_REPLY_TO, ""))


def _attached(row: Row) -> str:
    """The name of the files that go with a message; empty: none."""
    return str((row.context or {}).get(ATTACHED, ""))


def _reader_of(row: Row) -> int:
    """Whose data the message shows: the recipient's, but for a test."""
    return int((row.context or {}).get(READER, row.key.contact))
