"""A real CardDAV server: its cards come in once, then only those that are new or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contacts.imports.recurring.errors import PlaceProblem
from contacts.imports.recurring.service import test_connection
from contacts.imports.recurring.web import Server
from contacts.models import Contact, EmailAddress, Import, RecurringImport
from tests.contacts.imports.recurring.conftest import confirm, look
from tests.support.carddav_server import BOOK, CardServer, card, card_server

test_connection.__test__ = False  # a service, not a test


@pytest.fixture
def server() -> Iterator[CardServer]:
    with card_server() as served:
        served.put("lea.vcf", card("Léa Martin", "lea@example.org", "NOTE:Tom & <Co>"))
        served.put("karim.vcf", card("Karim Petit", "karim@example.org"))
        yield served


@pytest.fixture
def made(recurring: Callable[..., RecurringImport], server: CardServer) -> RecurringImport:
    location = {"url": server.url, "user": "team"}
    return recurring("carddav", name="Team", location=location, credentials={"password": "secret"})


@pytest.fixture(params=["tokens", "forgotten tokens", "ctag"])
def known(request: pytest.FixtureRequest, made: RecurringImport, server: CardServer) -> RecurringImport:
    """Both cards are in; the server tells changes by each of the ways there are."""
    server.has_tokens = request.param != "ctag"
    look(made)
    confirm(made)
    server.forgets_tokens = request.param == "forgotten tokens"
    server.log.clear()
    server.fetched.clear()
    return made


def emails() -> list[str]:
    return sorted(EmailAddress.objects.values_list("normalised", flat=True))


def test_all_cards_come_in_as_one_import_that_waits_for_a_person(
    made: RecurringImport, server: CardServer
) -> None:
    assert test_connection(recurring=made) == 2
    look(made)
    assert made.questions == [{"code": "columns"}]
    run = confirm(made)
    assert (run.state, run.counts["new"], emails()) == ("done", 2, ["karim@example.org", "lea@example.org"])
    assert run.file_name.startswith("Team 20")
    assert set(made.files.values_list("name", flat=True)) == {BOOK + "lea.vcf", BOOK + "karim.vcf"}


def test_nothing_changed_is_one_question_and_no_import(known: RecurringImport, server: CardServer) -> None:
    look(known)
    assert server.log == ["PROPFIND propfind 0"]
    assert Import.objects.count() == 1


def test_only_new_and_changed_cards_are_fetched(known: RecurringImport, server: CardServer) -> None:
    server.put("ana.vcf", card("Ana Lopez", "ana@example.org"))
    server.put("lea.vcf", card("Léa Martin", "lea.martin@example.org"))
    look(known)
    assert sorted(server.fetched) == [BOOK + "ana.vcf", BOOK + "lea.vcf"]
    run = Import.objects.latest("pk")
    assert (run.state, run.counts["rows"], "ana@example.org" in emails()) == ("done", 2, True)
    server.fetched.clear()
    look(known)
    assert (server.fetched, Import.objects.count()) == ([], 2)


def test_a_card_that_is_gone_removes_nobody(known: RecurringImport, server: CardServer) -> None:
    server.delete("karim.vcf")
    look(known)
    assert (known.sync["gone"], Contact.objects.count(), Import.objects.count()) == (1, 2, 1)
    assert known.files.get().name == BOOK + "lea.vcf"
    server.put("karim.vcf", card("Karim Petit", "karim@example.org"))  # and comes back
    look(known)
    assert (Contact.objects.count(), Import.objects.latest("pk").state) == (2, "done")


def test_many_gone_cards_ask_a_person(known: RecurringImport, server: CardServer) -> None:
    server.delete("karim.vcf")
    server.put("ana.vcf", card("Ana Lopez", "ana@example.org"))
    look(known)
    assert known.questions == [{"code": "gone", "found": 50.0, "limit": 20}]
    assert Import.objects.latest("pk").state == "previewed"
    assert confirm(known).state == "done"


def test_wrong_password_and_wrong_address_are_told_in_words(
    made: RecurringImport, server: CardServer
) -> None:
    server.password = "another"
    assert "refuses the user name" in look(made).error
    server.password = "secret"
    made.location = {**made.location, "url": server.url + "missing/"}
    made.save()
    assert "404" in look(made).error
    assert made.open_import is None


def test_the_password_goes_to_no_other_server(made: RecurringImport, server: CardServer) -> None:
    with card_server() as other:
        server.redirects_to = other.url
        assert "another address" in look(made).error
        assert other.log == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/", "https://", "https://me:word@x.org/"]
)
def test_only_web_addresses_are_taken(url: str) -> None:
    with pytest.raises(PlaceProblem, match="https://"):
        Server(url, user="", password="")


def test_an_href_of_another_server_is_refused() -> None:
    server = Server("https://cards.example.org/book/", user="", password="")
    assert server.own("/book/a.vcf") == "https://cards.example.org/book/a.vcf"
    for href in (
        "https://other.example.org/a.vcf",
        "//other.example.org/a.vcf",
        "http://cards.example.org/a",
    ):
        with pytest.raises(PlaceProblem, match="another server"):
            server.own(href)
