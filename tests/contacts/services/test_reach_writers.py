"""Whoever writes a fact that Reach or the search text derives from refreshes them in the same act.

Each writer acts; then everybody is projected anew, which must change nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from campaign_crm.platform.jobs import run_one_due_job
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.models import Contact, ElectoralRegistration, RegistrationMatch, Source, Territory
from contacts.services.consents import record_consent
from contacts.services.contact_points import (
    add_email,
    add_phone,
    add_postal_address,
    confirm_point,
    remove_point,
    set_primary,
)
from contacts.services.objections import record_objection
from contacts.services.people import add_source, create_contact, update_contact
from contacts.services.projections import refresh_all
from contacts.services.registration_links import confirm_link, undo_link
from contacts.services.sources import create_source, update_source
from contacts.services.suppressions import lift_by_person, lift_hard_bounce, suppress
from tests.support.bounces import bounce
from tests.support.projections import projected


class Base:
    """Léa and Tom share an address; Léa may be an elector of Beauvais."""

    def __init__(self, lea: Contact, form: Source) -> None:
        self.lea, self.form = lea, form
        self.tom = create_contact(source=form, by=None, last_name="Roy", email="lea@example.org")
        self.point = lea.emailaddress_set.get()
        self.digest = bytes(self.point.address_hash)
        self.second = add_email(contact=lea, address="second@example.org", source=form, by=None)
        self.members = create_source(
            by=None, name="Members", kind="hand", lawful_basis="member", channels=["call"], rank=1
        )
        self.beauvais = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
        roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
        self.elector = ElectoralRegistration.objects.create(
            identity=uuid.uuid4(), source=roll, commune=self.beauvais, birth_name="MARTIN", street="RUE A"
        )
        self.match = RegistrationMatch.objects.create(contact=lea, registration=self.elector)


def _suppress(base: Base) -> None:
    suppress(
        channel=Channel.EMAIL,
        address_hash=base.digest,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.STOP,
        by=None,
    )


def _lift(base: Base) -> None:
    _suppress(base)
    lift_by_person(address_hash=base.digest, channel=Channel.EMAIL, proof={"submission": 1})


def _bounce(base: Base) -> None:
    bounce(base.digest)


def _bounce_and_lift(base: Base) -> None:
    _bounce(base)
    lift_hard_bounce(address_hash=base.digest, channel=Channel.EMAIL, by=None)


def _bounce_and_confirm(base: Base) -> None:
    _bounce(base)
    confirm_point(point=base.point)


def _consent(base: Base) -> None:
    record_consent(
        contact=base.lea,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.MESSAGES,
        given=False,
        by=None,
    )


def _unlink(base: Base) -> None:
    confirm_link(match=base.match, by=None)
    undo_link(registration=base.elector, by=None)


def _change_source(base: Base) -> None:
    update_source(source=base.form, by=None, reason="test", channels=["call"])
    run_one_due_job()


WRITERS: dict[str, Callable[[Base], object]] = {
    "create_contact": lambda base: create_contact(source=base.form, by=None, last_name="Petit"),
    "update_contact": lambda base: update_contact(contact=base.lea, by=None, commune=base.beauvais),
    "add_source": lambda base: add_source(contact=base.lea, source=base.members, by=None),
    "add_email": lambda base: add_email(contact=base.tom, address="t@example.org", source=None, by=None),
    "add_phone": lambda base: add_phone(contact=base.tom, number="0639980009", source=None, by=None),
    "add_postal_address": lambda base: add_postal_address(
        contact=base.tom, source=None, by=None, city="Beauvais", commune=base.beauvais
    ),
    "set_primary": lambda base: set_primary(point=base.second, by=None),
    "remove_point": lambda base: remove_point(point=base.point, by=None),
    "stop_addresses": _bounce,
    "lift_hard_bounce": _bounce_and_lift,
    "confirm_point": _bounce_and_confirm,
    "suppress": _suppress,
    "lift_by_person": _lift,
    "record_consent": _consent,
    "record_objection": lambda base: record_objection(contact=base.lea, channels=list(Channel), by=None),
    "confirm_link": lambda base: confirm_link(match=base.match, by=None),
    "undo_link": _unlink,
    "update_source": _change_source,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_leaves_nothing_to_project_again(lea: Contact, form: Source, writer: str) -> None:
    base = Base(lea, form)
    WRITERS[writer](base)
    after = projected()
    refresh_all()
    assert projected() == after
