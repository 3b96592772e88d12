"""The main job in a real Chromium, from an empty base: three files in, a sign-up, people chosen, a mailing
out through a real SMTP server, and what comes back on the person's timeline and the mailing's report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.test import Client
from playwright.sync_api import Page, expect

from campaign_crm.platform import jobs
from campaign_crm.platform.models import Organisation
from contacts.models import Contact, ElectoralRegistration, EmailAddress
from contacts.territories.loading import load_territories
from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.models import Campaign, Delivery
from messaging.services.senders import create_account, create_sender
from tests.support.smtp_sink import SmtpSink
from tracking.ingest import consumer, stream
from tracking.ingest.links import link_target
from tracking.services.forms import create_form
from tracking.services.suspicion import LEAST_TIME

pytestmark = pytest.mark.django_db(transaction=True)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ROLL = """\
"code du l'ugle";"libellé de l'ugle";"libellé du type de liste";"nom de naissance";"nom d'usage";"prénoms";\
"sexe";"date de naissance";"code commune de naissance";"libellé commune de naissance";\
"code département de naissance";"pays de naissance";"libellé nationalité";"numéro de voie";\
"libellé de voie";"complément 1";"complément 2";\
"lieu-dit";"code postal";"commune";"pays";"code du bureau de vote";"libellé du bureau de vote";\
"code circonscription législative du bureau de vote";"libellé canton du bureau de vote";\
"libellé circonscription métropolitaine du bureau de vote";numéro d'ordre dans le bureau de vote
"60057";"Beauvais";"Liste principale";"MARTIN";;"Léa Marie";"F";"17/05/1980";"59350";"LILLE";"59";"FRANCE";\
"Française";"1";"RUE DE L'EXEMPLE";;;;"60000";"BEAUVAIS";"FRANCE";"0001";"Mairie";"6001";"Beauvais-1";;1
"60057";"Beauvais";"Liste principale";"LEROY";;"Hugo";"M";"02/03/1991";"60057";"BEAUVAIS";"60";"FRANCE";\
"Française";"2";"RUE DE L'EXEMPLE";;;;"60000";"BEAUVAIS";"FRANCE";"0002";"Ecole";"6001";"Beauvais-1";;1
"99999";"Nulle-Part";"Liste principale";"PERDU";;"Jean";"M";"02/03/1991";"60057";"BEAUVAIS";"60";"FRANCE";\
"Française";"2";"RUE DE L'EXEMPLE";;;;"60000";"BEAUVAIS";"FRANCE";"0002";"Ecole";"6001";"Beauvais-1";;2
"""
ADDRESS_BOOK = """\
First Name,Last Name,Birthday,Labels,E-mail 1 - Label,E-mail 1 - Value,Address 1 - Street,Address 1 - City,\
Address 1 - Postal Code
Léa,Martin,1980-05-17,* myContacts,* Home,lea.martin@example.org,1 rue de l'Exemple,Beauvais,60000
Paul,Durand,,* myContacts,* Home,paul.durand@example.org,,,
"""
BROKER = """\
Civilité;Nom;Prénom;Email;Mobile
Mme;Martin;Léa;lea.martin@example.org;06 39 98 00 01
M.;Petit;Zoé;zoe.petit@example.org;
"""


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    stream._client.cache_clear()
    link_target.cache_clear()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    """A real SMTP server that keeps whole messages, and the sender that leaves through it."""
    organisation = Organisation.current()
    organisation.name, organisation.legal_name = "Campaign 2027", "Campaign 2027"
    organisation.postal_address = "1 rue de l'Exemple, 75001 Paris"
    organisation.save()
    with SmtpSink(keep_messages=True) as sink:
        account = create_account(by=None, kind="smtp", name="Relay", settings=sink.settings())
        create_sender(by=None, from_name="The team", address="team@example.org", provider_account=account)
        yield sink


def work() -> None:
    """What the workers do, here and now: jobs, then mailings until nothing waits, then opens and clicks."""
    while jobs.run_one_due_job():
        pass
    lifecycle.start_due()
    lifecycle.freeze_waiting()
    pump = Pump(rates=Rates(settings.REDIS_URL, workers=1))
    try:
        pump.run()
    finally:
        pump.close()
    lifecycle.finish()
    consumer.drain()


def import_file(page: Page, path: Path, *, source: str, basis: str, supplier: str = "", rows: int) -> None:
    """Through the wizard: file, source, columns, preview, import. `rows` is what the preview announces."""
    page.goto("/imports/new/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Read the file").click()
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    if supplier:
        page.locator("input[name=kind][value=broker]").check()
    page.get_by_role("button", name="Next: source").click()
    if page.locator("input[type=radio][name=source][value=new]").count():
        page.locator("input[type=radio][name=source][value=new]").check()
    page.locator("input[name=name]").fill(source)
    if page.locator("input[type=radio][name=kind]").count():
        page.locator(f"input[name=kind][value={'broker_purchase' if supplier else 'address_book'}]").check()
    if supplier:
        page.locator("input[name=supplier]").fill(supplier)
    page.locator("[name=proof]").fill("Kept at the office, in the red binder")
    page.locator("[name=origin_text]").fill("you left us your address")
    page.locator(f"input[name=lawful_basis][value={basis}]").check()
    if basis in ("consent", "member"):
        page.locator("input[name=channels][value=email]").check()
    if basis == "consent":
        page.locator("[name=consent_wording]").fill("I agree to receive news of campaigns.")
    page.get_by_role("button", name="Next: columns").click()
    page.get_by_role("button", name="Next: preview").click()
    work()
    run = page.get_by_role("button", name=re.compile("^Import"))
    expect(run).to_be_visible()
    expect(run).to_contain_text(f"Import {rows} rows")
    run.click()
    work()
    expect(page.get_by_text("Done").first).to_be_visible()


def make_segment(page: Page, *, name: str, source: str) -> None:
    """A segment of everyone of one source, in the builder."""
    page.goto("/segments/new/")
    page.get_by_label("Name").fill(name)
    if not page.get_by_label("Condition", exact=True).count():
        page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Condition", exact=True).select_option("source")
    page.get_by_role("checkbox", name=source).check()
    expect(page.locator("#preview")).to_contain_text("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def say_there_is_no_opt_out_file(page: Page) -> None:
    """Files brought people: the first mailing asks once for the opt-outs of where they come from."""
    page.goto("/do-not-contact/files/")
    for source in page.locator('input[name="source"]').all():
        source.check()
    page.get_by_label("I looked for one").check()
    page.get_by_role("button", name="There is no opt-out file").click()
    expect(page.get_by_text("every source from elsewhere has its answer")).to_be_visible()


def write_mailing(page: Page, *, name: str, subject: str) -> None:
    """A new mailing with a greeting and a button, from the first sender."""
    page.goto("/mailings/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Start writing").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()  # the composer is ready
    page.get_by_label("From").select_option(index=1)
    page.get_by_label("Subject").fill(subject)
    add_block(page, "Text")
    page.locator("[contenteditable=true]").fill("We meet on Friday.")
    add_block(page, "Button")
    block = page.locator(".block-form").last
    block.get_by_label("Text").fill("Read the programme")
    block.get_by_label("Link").fill("https://example.org/programme")
    expect(page.get_by_text("Not saved yet…")).not_to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def add_block(page: Page, kind: str) -> None:
    """Add a block at the end; the menu is open by itself while there is none."""
    adder = page.locator("details.add-block").last
    if adder.get_attribute("open") is None:
        adder.locator("summary").click()
    adder.get_by_role("button", name=kind, exact=True).click()


def send_to_segment(page: Page, segment: str, *, recipients: int) -> None:
    """From the composer: choose the recipients, read the page before sending, send."""
    page.get_by_role("link", name="Recipients").first.click()
    page.locator("input[name=type][value=segment]").check()
    page.locator("select[name=segment]").select_option(label=segment)
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_role("heading", name="Ready to leave")).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^Send to {recipients} ")).click()
    page.wait_for_url(re.compile(r"/mailings/\d+/$"))
    work()


def received(sink: SmtpSink, recipient: str) -> EmailMessage:
    """The one message that an address got, parsed as a mail reader does."""
    (mine,) = [message for message in sink.messages() if recipient in str(message["To"])]
    return mine


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())


def local(address: str) -> str:
    """The path of one of our own addresses, for a client that is not a browser."""
    assert address.startswith(settings.PUBLIC_URL)
    return address.removeprefix(settings.PUBLIC_URL)


def sign_up_and_confirm(page: Page, sink: SmtpSink) -> None:
    """Léa signs up on the public page, agrees to be measured, and confirms by the link she receives."""
    form = create_form(
        by=None,
        newsletters=[],
        title="Join us",
        introduction="",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        fields=["first_name", "last_name", "email"],
        consents=[
            {"channel": "email", "purpose": "messages"},
            {"channel": "email", "purpose": "measurement"},
        ],
    )
    page.goto(f"/f/{form.slug}")
    page.get_by_label("First name").fill("Léa")
    page.get_by_label("Last name").fill("Martin")
    page.get_by_label("E-mail", exact=True).fill("lea.martin@example.org")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.wait_for_timeout(LEAST_TIME.total_seconds() * 1000)  # nobody fills it in faster
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("welcome message is on its way")).to_be_visible()
    work()
    link = re.search(r"http\S+/k/[\w-]+", part(received(sink, "lea.martin"), "plain"))
    assert link is not None
    page.goto(local(link.group()))
    page.get_by_role("button", name="I confirm").click()
    expect(page.get_by_text("take effect now")).to_be_visible()
    sink.start_over(keep_messages=True)


def figures(page: Page) -> dict[str, str]:
    """The figures of what came back, by their labels."""
    shown = page.locator("section[aria-labelledby=back-title] .stat")
    expect(shown).to_have_count(4)
    texts = [
        (one.locator(".stat-label").inner_text(), one.locator(".stat-value").inner_text())
        for one in shown.all()
    ]
    return dict(texts)


def test_the_main_job(page_of: Callable[..., Page], sink: SmtpSink, tmp_path: Path, live_server: Any) -> None:
    load_territories()
    files = {name: tmp_path / name for name in ("roll.csv", "contacts.csv", "broker.csv")}
    for path, text in zip(files.values(), (ROLL, ADDRESS_BOOK, BROKER), strict=True):
        path.write_text(text, encoding="utf-8")
    page = page_of("administrator", "/")
    page.set_default_timeout(10_000)

    # Three files: a roll fills electors only; one person named by two files is one person with two sources.
    import_file(page, files["roll.csv"], source="Roll of Beauvais", basis="public_roll", rows=2)
    assert (ElectoralRegistration.objects.count(), Contact.objects.count()) == (2, 0)
    import_file(page, files["contacts.csv"], source="Members", basis="member", rows=2)
    import_file(page, files["broker.csv"], source="Broker file", basis="consent", supplier="Broker X", rows=2)
    assert Contact.objects.count() == 3
    lea = EmailAddress.objects.get(normalised="lea.martin@example.org").contact
    assert lea.source_links.count() == 2
    assert lea.registrations.get().birth_name == "MARTIN", "linked to the elector she is"

    sign_up_and_confirm(page, sink)
    assert Contact.objects.count() == 3

    # A mailing to everyone of one source.
    make_segment(page, name="Our members", source="Members")
    say_there_is_no_opt_out_file(page)
    write_mailing(page, name="First letter", subject="See you on Friday")
    send_to_segment(page, "Our members", recipients=2)
    mailing = Campaign.objects.get(name="First letter")
    assert (mailing.state, mailing.audience_count) == ("sent", 2)

    # What Léa received: readable, with a way out, and links of hers alone.
    message = received(sink, "lea.martin")
    assert message["Subject"] == "See you on Friday"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html, text = part(message, "html"), part(message, "plain")
    assert "We meet on Friday." in html
    assert "We meet on Friday." in text
    click = re.search(r'href="([^"]+/c/[^"]+)"', html)
    pixel = re.search(r'src="([^"]+/o/[^"]+)"', html)
    assert click is not None
    assert pixel is not None

    # She opens and clicks; so does Paul, who did not agree to be measured. Nobody reads in the same second.
    Delivery.objects.update(handed_at=F("handed_at") - timedelta(minutes=1))
    reader = Client(headers={"user-agent": FIREFOX})
    assert reader.get(local(pixel.group(1))).status_code == 200
    response = reader.get(local(click.group(1)))
    assert (response.status_code, response["Location"]) == (302, "https://example.org/programme")
    to_paul = part(received(sink, "paul.durand"), "html")
    for found in (r'src="([^"]+/o/[^"]+)"', r'href="([^"]+/c/[^"]+)"'):
        his = re.search(found, to_paul)
        assert his is not None
        assert reader.get(local(his.group(1))).status_code in (200, 302)
    work()
    page.goto(f"/people/{lea.pk}/")
    timeline = page.locator(".timeline")
    expect(timeline.get_by_text("Opened", exact=False).first).to_be_visible()
    expect(timeline.get_by_text("Clicked", exact=False).first).to_be_visible()
    expect(timeline.get_by_text("Signed up", exact=False).first).to_be_visible()
    paul = EmailAddress.objects.get(normalised="paul.durand@example.org").contact
    page.goto(f"/people/{paul.pk}/")
    expect(page.locator(".timeline").get_by_text("See you on Friday").first).to_be_visible()
    expect(page.locator(".timeline").get_by_text("Opened", exact=False)).to_have_count(0)
    expect(page.locator(".timeline").get_by_text("Clicked", exact=False)).to_have_count(0)
    page.goto(f"/mailings/{mailing.pk}/")
    assert figures(page) == {"Delivered": "2", "Opened": "2", "Clicked": "2", "Unsubscribed": "0"}
    expect(
        page.get_by_text("1 reader agreed to be measured by name; counted without a name: 1.")
    ).to_be_visible()
    link_line = page.locator("table.bars tr", has_text="https://example.org/programme")
    expect(link_line.locator("td.num")).to_have_text("2")

    # She leaves in one click: the next mailing skips her, and says why.
    unsubscribe = re.search(r"<(http[^>]+)>", message["List-Unsubscribe"])
    assert unsubscribe is not None
    left = Client().post(local(unsubscribe.group(1)), {"List-Unsubscribe": "One-Click"})
    assert left.status_code == 204
    sink.start_over(keep_messages=True)
    write_mailing(page, name="Second letter", subject="Thank you")
    page.get_by_role("link", name="Recipients").first.click()
    page.locator("input[name=type][value=segment]").check()
    page.locator("select[name=segment]").select_option(label="Our members")
    expect(page.locator("#audience-picture")).to_contain_text("do-not-contact list")
    page.get_by_role("button", name="Save and check").click()
    page.get_by_role("button", name=re.compile("^Send to 1 ")).click()
    page.wait_for_url(re.compile(r"/mailings/\d+/$"))
    work()
    assert received(sink, "paul.durand")["Subject"] == "Thank you"
    assert len(sink.messages()) == 1
    page.goto(f"/mailings/{mailing.pk}/")
    assert figures(page) == {"Delivered": "2", "Opened": "2", "Clicked": "2", "Unsubscribed": "1"}
