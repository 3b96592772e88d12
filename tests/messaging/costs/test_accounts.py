"""Campaign accounts: what mailings cost, invoices with sealed files, totals and the file for the agent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from python_calamine import CalamineWorkbook

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import AuditEntry, Job, User
from campaign_crm.platform.resealing import Resealed
from contacts.enums import Suffrage
from contacts.services.elections import Round, save_election
from messaging.costs import files
from messaging.costs.counting import COUNT_JOB, CostRefused, count_costs, override_cost, set_unit_cost
from messaging.costs.totals import Period, by_heading
from messaging.enums import DeliveryState, Heading
from messaging.errors import NotAllowed
from messaging.models import BrokerMailing, Campaign, CampaignCost, Delivery, Invoice, ProviderAccount
from messaging.tasks import count_costs as nightly
from tests.messaging.people import make_account, make_campaign, make_officer

pytestmark = pytest.mark.django_db
PAGE = "/campaign-accounts/"
PDF = b"%PDF-1.7 invented"
POSTED = {
    "number": "F-12",
    "issued_on": "2027-03-02",
    "supplier": "Exempla",
    "amount": "120.50",
    "payer": "agent",
    "heading": "online",
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def keeper() -> User:
    return make_officer()


@pytest.fixture
def client(client: Client, keeper: User) -> Client:
    client.force_login(keeper)
    return client


def a_mailing(account: ProviderAccount | None, *, accepted: int, when: timedelta = timedelta(0)) -> Campaign:
    """A mailing that left some time ago, with two more messages that the provider refused."""
    campaign = make_campaign(state="sent", audience_count=accepted + 2)
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    states = [DeliveryState.DELIVERED] * (accepted - 1) + [DeliveryState.BOUNCED] + [DeliveryState.FAILED] * 2
    Delivery.objects.bulk_create(
        Delivery(
            ledger_month=campaign.ledger_month,
            campaign=campaign,
            contact_id=10_000 + number,
            state=state,
            address=f"a{number}@example.com",
            address_hash=bytes([number]) * 32,
            handed_at=timezone.now() - when,
            provider_account=account,
        )
        for number, state in enumerate(states)
    )
    return campaign


def test_accepted_messages_cost_what_they_did_on_their_day(keeper: User) -> None:
    account, today = make_account(), timezone.localdate()
    now = a_mailing(account, accepted=10)
    before = a_mailing(account, accepted=4, when=timedelta(days=20))
    for since, amount in ((today - timedelta(days=30), "0.002"), (today - timedelta(days=10), "0.005")):
        set_unit_cost(account=account, channel="email", since=since, amount=Decimal(amount), by=keeper)
    count_costs([now.pk, before.pk])
    assert CampaignCost.objects.get(pk=now.pk).computed == Decimal("0.05")
    assert CampaignCost.objects.get(pk=before.pk).computed == Decimal("0.008")


def test_messages_without_a_unit_cost_are_told_apart(keeper: User) -> None:
    campaign = a_mailing(None, accepted=3)
    count_costs([campaign.pk])
    cost = CampaignCost.objects.get(pk=campaign.pk)
    assert (cost.accepted, cost.unpriced, cost.amount) == (3, 3, Decimal(0))


def test_the_nightly_job_counts_what_has_left(keeper: User) -> None:
    campaign = a_mailing(make_account(), accepted=3)
    nightly()
    run_job(Job.objects.get(kind=COUNT_JOB).pk)
    assert CampaignCost.objects.get(pk=campaign.pk).accepted == 3


def test_a_real_cost_takes_the_place_of_the_computed_one_and_survives_a_count(keeper: User) -> None:
    campaign = a_mailing(make_account(), accepted=3)
    with pytest.raises(CostRefused, match="Say why"):
        override_cost(campaign=campaign, amount=Decimal(5), reason=" ", by=keeper)
    override_cost(campaign=campaign, amount=Decimal(5), reason="Minimum invoice", by=keeper)
    count_costs([campaign.pk])
    assert CampaignCost.objects.get(pk=campaign.pk).amount == Decimal(5)
    assert AuditEntry.objects.get(action="cost.override").reason == "Minimum invoice"


def test_only_who_keeps_the_accounts_may(client: Client) -> None:
    other = User.objects.create_user(email="digital@example.org", role="digital_officer", language="en")
    with pytest.raises(NotAllowed):
        override_cost(campaign=make_campaign(), amount=Decimal(1), reason="x", by=other)
    client.force_login(other)
    assert client.get(PAGE).status_code == 403


def test_an_invoice_is_written_down_with_its_file_sealed(client: Client) -> None:
    campaign = make_campaign()
    upload = SimpleUploadedFile("march.pdf", PDF)
    answer = client.post(f"{PAGE}invoices/new/", POSTED | {"file": upload, "campaigns": [campaign.pk]})
    assert answer.status_code == 302
    invoice = Invoice.objects.get()
    assert list(invoice.campaigns.all()) == [campaign]
    (kept,) = files.folder().glob("*.sealed")
    assert b"%PDF" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    sent = client.get(f"{PAGE}invoices/{invoice.pk}/file/")
    assert b"".join(sent.streaming_content) == PDF
    assert "attachment" in sent["Content-Disposition"]
    page = client.get(PAGE).content.decode()
    assert "Exempla" in page
    assert "120.50" in page
    client.post(f"{PAGE}invoices/{invoice.pk}/", POSTED | {"amount": "130"})
    invoice.refresh_from_db()
    assert (invoice.amount, invoice.file_name) == (Decimal(130), "march.pdf")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MZ executable", "as a PDF, PNG or JPEG"),
        (b"", "empty"),
        (PDF + b"x" * files.MOST_BYTES, "weighs more than 10 MB"),
    ],
)
def test_a_file_that_is_no_invoice_is_refused_and_nothing_is_written(
    client: Client, content: bytes, message: str
) -> None:
    upload = SimpleUploadedFile("invoice.pdf", content)
    answer = client.post(f"{PAGE}invoices/new/", POSTED | {"file": upload})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Invoice.objects.exists()


def test_the_same_invoice_twice_is_refused(client: Client) -> None:
    client.post(f"{PAGE}invoices/new/", POSTED)
    answer = client.post(f"{PAGE}invoices/new/", POSTED)
    assert answer.status_code == 422
    assert "is there already" in answer.content.decode()


def test_a_free_service_of_a_company_is_flagged(client: Client) -> None:
    client.post(f"{PAGE}invoices/new/", POSTED | {"is_free_service": "on", "is_from_company": "on"})
    assert Invoice.objects.get().is_forbidden_gift
    assert "L. 52-8" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}invoices/new/", POSTED | {"number": "F-13", "is_from_company": "on"})
    assert not Invoice.objects.get(number="F-13").is_forbidden_gift


def test_an_invoice_leaves_the_accounts_with_a_reason_and_its_file(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    client.post(f"{PAGE}invoices/new/", POSTED | {"file": SimpleUploadedFile("a.pdf", PDF)})
    invoice = Invoice.objects.get()
    client.post(f"{PAGE}invoices/{invoice.pk}/delete/", {"reason": " "})
    assert Invoice.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{PAGE}invoices/{invoice.pk}/delete/", {"reason": "Typed twice"})
    assert not Invoice.objects.exists()
    assert not list(files.folder().glob("*.sealed"))


def an_invoice(number: str, heading: Heading, amount: str, **more: Any) -> Invoice:
    values = {"issued_on": date(2027, 3, 2), "supplier": "=Exempla", "number": number}
    return Invoice.objects.create(**values | more, heading=heading, amount=Decimal(amount))


def test_totals_are_by_heading_period_and_election() -> None:
    election = save_election(
        name="Vote", suffrage=Suffrage.MUNICIPAL, rounds=[Round(date(2027, 5, 2))], territory=None, by=None
    )
    an_invoice("1", Heading.POSTAGE, "10", election=election)
    an_invoice("2", Heading.ONLINE, "20", is_free_service=True)
    an_invoice("3", Heading.ONLINE, "5", issued_on=date(2027, 4, 1))
    told = [(one.heading, one.invoices, one.amount, one.gifts) for one in by_heading(Period())]
    assert told == [
        (Heading.ONLINE, 2, Decimal(25), Decimal(20)),
        (Heading.POSTAGE, 1, Decimal(10), Decimal(0)),
    ]
    assert [one.amount for one in by_heading(Period(until=date(2027, 3, 31)))] == [Decimal(20), Decimal(10)]
    assert [one.heading for one in by_heading(Period(election=election))] == [Heading.POSTAGE]


def test_the_file_for_the_agent_is_csv_or_a_spreadsheet_that_runs_nothing(client: Client) -> None:
    an_invoice("1", Heading.ONLINE, "1234.50")
    lines = client.get(f"{PAGE}export/csv/").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Heading;Account number;Date;Number")
    assert lines[1].startswith("Websites and online services;;2027-03-02;1;'=Exempla;;1234.50;")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{PAGE}export/xlsx/").content))
    row = sheet.get_sheet_by_index(0).to_python()[1]
    assert row[2] == date(2027, 3, 2)
    assert row[4] == "'=Exempla"
    assert row[6] == 1234.5
    assert AuditEntry.objects.filter(action="accounts.export").count() == 2
    assert client.get(f"{PAGE}export/doc/").status_code == 404
    answer = client.get(f"{PAGE}export/csv/?since=2027-03-05&until=2027-03-01")
    assert answer.status_code == 302


def test_what_mailings_cost_stands_in_the_file_by_heading(client: Client) -> None:
    sent, billed = (make_campaign(name=name, started_at=_noon(2027, 3, 3)) for name in ("Alone", "Billed"))
    CampaignCost.objects.create(campaign=sent, computed="12.5")
    CampaignCost.objects.create(campaign=billed, computed="3", override="4", override_reason="As told")
    an_invoice("7", Heading.ONLINE, "4").campaigns.add(billed)
    BrokerMailing.objects.create(
        campaign=sent, broker="Exempla", proof="Contract", origin_text="you agreed", expected=1000,
        leaves_at=_noon(2027, 3, 9), cost="800",
    )  # fmt: skip
    lines = client.get(f"{PAGE}export/csv/").content.decode("utf-8-sig").splitlines()
    rows = [line.split(";") for line in lines]
    told = {(row[4], row[11]): (row[0], row[6], row[9], row[13]) for row in rows[2:]}
    online = "Websites and online services"
    account = sent.sender.provider_account.name
    assert told[account, "Alone"] == (online, "12.5000", "No invoice yet", "counted from accepted messages")
    assert told["Exempla", "Alone"] == (
        online,
        "800.00",
        "No invoice yet",
        "written on the mailing by the broker",
    )
    assert told[billed.sender.provider_account.name, "Billed"] == (
        online, "4.00", "In an invoice already: not to be added", "As told",
    )  # fmt: skip
    march = f"{PAGE}export/csv/?since=2027-03-05&until=2027-03-31"
    assert "Exempla" in client.get(march).content.decode()
    assert "Alone;;" in client.get(march).content.decode()
    assert "12.5000" not in client.get(march).content.decode()


def _noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def test_a_period_that_ends_before_it_begins_is_said(client: Client) -> None:
    page = client.get(f"{PAGE}?since=2027-03-05&until=2027-03-01").content.decode()
    assert "before the first day" in page


def test_a_unit_cost_is_set_on_its_page(client: Client) -> None:
    account = make_account()
    posted = {"account": account.pk, "channel": "email", "since": "2027-01-01", "amount": "0.0009"}
    assert client.post(f"{PAGE}unit-costs/", posted | {"amount": "-1"}).status_code == 422
    assert client.post(f"{PAGE}unit-costs/", posted).status_code == 302
    assert "0.000900" in client.get(PAGE).content.decode()
    assert Job.objects.filter(kind=COUNT_JOB).exists()


def test_files_are_sealed_again_under_the_newest_key(client: Client) -> None:
    client.post(f"{PAGE}invoices/new/", POSTED | {"file": SimpleUploadedFile("a.pdf", PDF)})
    done = files.reseal_files()
    assert isinstance(done, Resealed)
    assert (done.anew, done.already, done.broken) == (0, 1, [])
