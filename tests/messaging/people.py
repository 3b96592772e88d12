"""Invented people who may be written to, made in bulk, and a mailing to send them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, ConsentPurpose, LawfulBasis, SourceKind
from contacts.models import Contact, ContactSource, EmailAddress, Segment, Source
from contacts.services.consents import record_consent
from contacts.services.projections import refresh_projections
from contacts.services.wordings import current_wording
from messaging.models import Campaign, ProviderAccount, SenderDomain, SenderIdentity
from tests.messaging.domains import prove
from tests.support.smtp_sink import SmtpSink
from tracking.models import Submission
from tracking.services.forms import create_form

BLOCKS = [
    {"id": "a", "type": "text", "html": "<p>{{ greeting }}</p>"},
    {"id": "b", "type": "button", "label": "Read on", "url": "https://example.org/programme"},
]


def make_source(name: str = "Sign-ups", **fields: Any) -> Source:
    """A source whose people may be written to by e-mail."""
    wanted = {
        "kind": SourceKind.FORM,
        "lawful_basis": LawfulBasis.CONSENT,
        "channels": [Channel.EMAIL.value],
    }
    return Source.objects.get_or_create(name=name, defaults=wanted | fields)[0]


def make_people(count: int, *, source: Source | None = None, start: int = 1) -> list[Contact]:
    """`count` people, person<n>@example.com, from one source."""
    source = source or make_source()
    people = Contact.objects.bulk_create(
        Contact(first_name=f"Camille{number}", last_name=f"Martin{number}", gender="F" if number % 2 else "M")
        for number in range(start, start + count)
    )
    give_addresses(people, [f"person{number}@example.com" for number in range(start, start + count)], source)
    return people


def give_addresses(people: Sequence[Contact], addresses: Sequence[str], source: Source) -> None:
    EmailAddress.objects.bulk_create(
        EmailAddress(
            contact=person,
            address=address,
            normalised=address,
            address_hash=keyed_hash("email", address),
            source=source,
        )
        for person, address in zip(people, addresses, strict=True)
    )
    ContactSource.objects.bulk_create(ContactSource(contact=person, source=source) for person in people)
    refresh_projections([person.pk for person in people])


def agree_to_targeting(*people: Contact) -> None:
    """Each says, by a form, that they may be chosen for messages by e-mail."""
    for person in people:
        record_consent(
            contact=person,
            channel=Channel.EMAIL,
            purpose=ConsentPurpose.TARGETING,
            given=True,
            source=make_source(),
            wording=current_wording(Channel.EMAIL, ConsentPurpose.TARGETING, "fr"),
            by=None,
        )


def make_registrants(title: str, *people: Contact) -> Segment:
    """Who registered by a form for something that takes place, as a segment."""
    form = create_form(
        by=None, newsletters=[], title=title, fields=["email"], consents=[], is_open=False, registers=True
    )
    Submission.objects.bulk_create(
        Submission(form=form, contact=person, data={}, confirmed_at=timezone.now()) for person in people
    )
    rule = {"condition": "takes_part", "operator": "any", "value": [form.pk]}
    return Segment.objects.create(name=title, tree={"all": [rule]})


def make_officer(email: str = "officer@example.org") -> User:
    user = User.objects.filter(email=email).first()
    return user or User.objects.create_user(
        email=email, full_name="Claude Durand", role=Role.ADMINISTRATOR, language="en"
    )


def make_account(port: int = 9, **settings: Any) -> ProviderAccount:
    """A way out to a server on loopback; port 9 answers nobody."""
    patience = {"timeout": 5, "final_timeout": 5, "batch_timeout": 20, "connections": 1}
    return ProviderAccount.objects.create(
        name=f"Account {ProviderAccount.objects.count() + 1}",
        kind="smtp",
        settings={"host": "127.0.0.1", "port": port, "security": "none", **patience, **settings},
    )


def make_sender(account: ProviderAccount, *, proven: bool = True) -> SenderIdentity:
    """A sender, by default of a domain that publishes what large mailboxes ask for."""
    if proven and not SenderDomain.objects.exists():
        prove(SenderDomain.objects.create(name="example.org", relay_selectors=["relay"]))
    return SenderIdentity.objects.create(
        from_name="Équipe de campagne",
        address=f"news{account.pk}@example.org",
        reply_to="answers@example.org",
        provider_account=account,
    )


def make_campaign(sink: SmtpSink | None = None, **fields: Any) -> Campaign:
    """A complete mailing to everyone, sent through `sink`."""
    Organisation.objects.update_or_create(
        id=1, defaults={"name": "Campagne 2027", "postal_address": "1 rue de la Paix\n75002 Paris"}
    )
    if "sender" not in fields:
        fields["sender"] = make_sender(make_account(sink.port) if sink is not None else make_account())
    wanted = {
        "name": "Newsletter",
        "subject": "Bonjour {{ first_name }}",
        "blocks": BLOCKS,
        "audience": {"type": "everyone"},
        "created_by": make_officer(),
    }
    return Campaign.objects.create(**(wanted | fields))
