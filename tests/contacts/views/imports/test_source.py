"""The source step: what each basis opens, what it asks for, and that nothing comes in without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from contacts.enums import Channel, LawfulBasis
from contacts.models import Import, Source
from contacts.rules.channels import OPENS, WARNED
from contacts.views.import_bases import BASES, BASIS_TEXTS, Opening, basis_choices
from tests.contacts.views.imports.conftest import Elector, electors

pytestmark = pytest.mark.django_db

CONSENT = {
    "source": "new",
    "name": "Sign-ups of 2026",
    "kind": "form",
    "lawful_basis": "consent",
    "channels": ["email"],
    "consent_wording": "I agree to e-mails.",
}
BROKER = {
    "source": "new",
    "name": "Exempla",
    "kind": "broker_rental",
    "supplier": "Exempla SAS",
    "licence_ends_on": "2097-06-30",
    "proof": "Contract of 12 January",
    "lawful_basis": "legitimate_interest",
    "channels": ["post"],
    "balance": "One letter.",
}


@pytest.fixture
def describe(staff: Client) -> Callable[..., HttpResponse]:
    """Send the source step: `describe(run, CONSENT, name="")`."""

    def post(run: Import, form: dict[str, Any], **changes: Any) -> HttpResponse:
        return staff.post(f"/imports/{run.pk}/source/", form | changes)

    return post


@pytest.fixture
def broker_file(uploaded: Callable[..., Import], staff: Client) -> Import:
    run = uploaded()
    staff.post(f"/imports/{run.pk}/file/", {"kind": "broker"})
    run.refresh_from_db()
    return run


def errors_of(answer: HttpResponse) -> set[str]:
    assert answer.status_code == 422
    return set(answer.context["form"].errors)


def test_new_source_is_made_and_given_to_the_import(
    uploaded: Callable[..., Import], describe: Callable[..., HttpResponse]
) -> None:
    run = uploaded()
    answer = describe(run, CONSENT)
    run.refresh_from_db()
    assert answer["Location"] == f"/imports/{run.pk}/columns/"
    source = run.source
    assert (source.name, source.kind, source.channels) == ("Sign-ups of 2026", "form", ["email"])


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": ""}, {"name"}),
        ({"lawful_basis": ""}, {"lawful_basis"}),
        ({"consent_wording": ""}, {"consent_wording"}),
        ({"channels": []}, {"channels"}),
        ({"kind": "broker_purchase"}, {"kind"}),
        ({"lawful_basis": "public_roll"}, {"lawful_basis"}),
        ({"lawful_basis": "legitimate_interest"}, {"balance"}),
    ],
)
def test_source_that_lacks_what_its_basis_asks_is_refused(
    uploaded: Callable[..., Import],
    describe: Callable[..., HttpResponse],
    changes: dict[str, Any],
    wrong: set[str],
) -> None:
    assert errors_of(describe(uploaded(), CONSENT, **changes)) == wrong
    assert Source.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"supplier": ""}, {"supplier"}),
        ({"licence_ends_on": ""}, {"licence_ends_on"}),
        ({"proof": ""}, {"proof"}),
        ({"balance": ""}, {"balance"}),
        ({"lawful_basis": "member"}, {"lawful_basis"}),
    ],
)
def test_broker_file_asks_for_supplier_licence_and_proof(
    broker_file: Import, describe: Callable[..., HttpResponse], changes: dict[str, Any], wrong: set[str]
) -> None:
    assert errors_of(describe(broker_file, BROKER, **changes)) == wrong


def test_bought_file_needs_no_end(broker_file: Import, describe: Callable[..., HttpResponse]) -> None:
    assert describe(broker_file, BROKER, kind="broker_purchase", licence_ends_on="").status_code == 302


def test_what_was_typed_under_another_basis_is_not_kept(
    uploaded: Callable[..., Import], describe: Callable[..., HttpResponse]
) -> None:
    describe(uploaded(), CONSENT, balance="Left over.", supplier="Left over", licence_ends_on="2027-01-01")
    source = Source.objects.get()
    assert (source.balance, source.supplier, source.licence_ends_on) == ("", "", None)


def test_channel_that_the_basis_closes_counts_for_nothing(
    uploaded: Callable[..., Import],
    staff: Client,
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    run = uploaded(roll_file(electors(elector, ["MARTIN"])))
    form = {"source": "new", "name": "Roll", "kind": "roll", "lawful_basis": "public_roll"}
    staff.post(f"/imports/{run.pk}/source/", form | {"channels": ["email", "sms", "call", "post"]})
    assert Source.objects.get().channels == ["post"]


def test_basis_none_opens_nothing(
    uploaded: Callable[..., Import], describe: Callable[..., HttpResponse]
) -> None:
    describe(uploaded(), CONSENT, lawful_basis="none", consent_wording="", channels=["email"])
    assert Source.objects.get().channels == []


def test_roll_proposes_the_public_roll_by_itself(
    uploaded: Callable[..., Import],
    text_of: Callable[[str], str],
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    run = uploaded(roll_file(electors(elector, ["MARTIN"])))
    text = text_of(f"/imports/{run.pk}/source/")
    assert 'value="public_roll"' in text
    assert text.count('name="lawful_basis"') == 1
    checked = text.partition('value="public_roll"')[2].partition(">")[0]
    assert checked.rstrip().endswith("checked")


def test_second_source_of_the_same_name_is_refused_beside_the_name(
    uploaded: Callable[..., Import], describe: Callable[..., HttpResponse], book: Source
) -> None:
    run = uploaded()
    assert errors_of(describe(run, CONSENT, name="Book")) == {"name"}
    run.refresh_from_db()
    assert (run.source, Source.objects.count()) == (None, 1)


def test_existing_source_is_chosen(
    uploaded: Callable[..., Import], describe: Callable[..., HttpResponse], book: Source
) -> None:
    run = uploaded()
    assert describe(run, {"source": str(book.pk)}).status_code == 302
    run.refresh_from_db()
    assert run.source == book


@pytest.mark.parametrize("chosen", ["0", "999999", "nothing"])
def test_source_that_does_not_exist_is_not_chosen(
    uploaded: Callable[..., Import], describe: Callable[..., HttpResponse], chosen: str
) -> None:
    assert describe(uploaded(), {"source": chosen}).status_code == 422


def test_sources_of_another_kind_are_not_offered(
    broker_file: Import,
    describe: Callable[..., HttpResponse],
    text_of: Callable[[str], str],
    book: Source,
    roll_source: Source,
) -> None:
    text = text_of(f"/imports/{broker_file.pk}/source/")
    assert (f'value="{book.pk}"' in text, f'value="{roll_source.pk}"' in text) == (False, False)
    assert describe(broker_file, {"source": str(book.pk)}).status_code == 422


def test_columns_wait_for_the_source(uploaded: Callable[..., Import], staff: Client) -> None:
    run = uploaded()
    assert staff.get(f"/imports/{run.pk}/columns/")["Location"] == f"/imports/{run.pk}/source/"


@pytest.mark.parametrize("kind", list(BASES))
def test_what_a_basis_opens_is_said_as_the_rules_have_it(kind: str) -> None:
    for choice in basis_choices(kind):
        said = {one.channel for one in choice.channels if one.opening != Opening.CLOSED}
        assert said == OPENS[choice.basis]
        assert set(choice.usual) <= OPENS[choice.basis] - WARNED.get(choice.basis, frozenset())


def test_broker_files_open_digital_channels_to_the_whole_file_only() -> None:
    consent = next(one for one in basis_choices("broker") if one.basis == LawfulBasis.CONSENT)
    openings = {one.channel: one.opening for one in consent.channels}
    assert (openings[Channel.EMAIL], openings[Channel.POST]) == (Opening.WHOLE_FILE, Opening.OPEN)


def test_every_basis_is_explained() -> None:
    assert set(BASIS_TEXTS) == set(LawfulBasis)
