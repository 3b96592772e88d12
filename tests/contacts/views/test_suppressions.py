"""The do-not-contact list."""

from __future__ import annotations

import pytest

from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import Reach, Suppression
from contacts.services.suppressions import lift_by_person, suppress
from tests.contacts.views.conftest import queries_of

ADDRESS = "/do-not-contact/"


@pytest.fixture
def stop():
    def add(address: str, reason: str = "unsubscribe") -> Suppression:
        return suppress(
            channel=Channel.EMAIL,
            address=address,
            scope=SuppressionScope.POLITICAL,
            reason=SuppressionReason(reason),
            by=None,
        )

    return add


def test_no_address_is_ever_shown(client, stop):
    stop("lea@example.org")
    text = client.get(ADDRESS).content.decode()
    assert "Unsubscribed" in text
    assert "lea@" not in text


def test_reasons_are_counted(client, stop):
    stop("a@example.org")
    stop("b@example.org")
    stop("c@example.org", "objection")
    assert client.get(ADDRESS).context["counts"] == [("Unsubscribed", 2), ("Objected", 1)]


def test_who_came_back_is_not_listed(client, stop):
    entry = stop("lea@example.org")
    lift_by_person(address_hash=bytes(entry.address_hash), channel=Channel.EMAIL, proof={"submission": "x"})
    context = client.get(ADDRESS).context
    assert (context["page"].rows, context["counts"]) == ([], [])


def test_a_page_asks_as_many_queries_for_three_entries_as_for_one(client, stop):
    stop("a@example.org")
    one = queries_of(client, ADDRESS)
    stop("b@example.org")
    stop("c@example.org", "objection")
    assert queries_of(client, ADDRESS) == one


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (" LEA@Example.org ", "Unsubscribed"),
        ("zoe@example.org", "zoe@example.org is not on the list."),
        ("nonsense", "is not an e-mail address"),
        ("", "This field is required"),
    ],
)
def test_an_address_is_looked_up(client, stop, typed, said):
    stop("lea@example.org")
    answer = client.post(ADDRESS, {"action": "look_up", "channel": "email", "address": typed})
    section = answer.content.decode().partition("Is an address on it?")[2].partition("</section>")[0]
    assert said in section


def test_an_objection_stops_messages_at_once(client, person):
    lea = person("Léa", "Martin", email="lea@example.org")
    answer = client.post(ADDRESS, {"channel": "email", "address": "Lea@example.org"})
    assert answer.url == ADDRESS
    entry = Suppression.objects.get()
    assert (entry.scope, entry.reason) == ("political", "objection")
    assert Reach.objects.get(contact=lea, channel="email").reason == "suppressed"


@pytest.mark.parametrize(
    "data", [{"address": "nonsense"}, {"address": ""}, {"channel": "post", "address": "x"}]
)
def test_an_objection_that_cannot_be_read_is_refused(client, data):
    answer = client.post(ADDRESS, {"channel": "email", **data})
    assert answer.status_code == 422
    assert "<dialog" in answer.content.decode()
    assert not Suppression.objects.exists()


def test_who_only_reads_may_look_up_and_no_more(reader, stop):
    stop("lea@example.org")
    looked = reader.post(ADDRESS, {"action": "look_up", "channel": "email", "address": "lea@example.org"})
    assert looked.status_code == 200
    assert reader.post(ADDRESS, {"channel": "email", "address": "zoe@example.org"}).status_code == 403
    assert "Somebody objects" not in reader.get(ADDRESS).content.decode()
    assert Suppression.objects.count() == 1


LETTER = {"action": "post", "name": "Léa MARTIN", "line": "1 RUE A", "postcode": "60000"}


def test_letters_end_for_a_name_at_an_address(client, person):
    home = {"line1": "1, rue A", "postcode": "60000", "city": "Beauvais"}
    lea, tom = person("Léa", "Martin", address=home), person("Tom", "Martin", address=home)
    answer = client.post(ADDRESS, LETTER, follow=True)
    assert "This person will receive no more political letters there." in answer.content.decode()
    open_post = Reach.objects.filter(channel="post", political=True)
    assert set(open_post.values_list("contact_id", flat=True)) == {tom.pk}
    assert Reach.objects.get(contact=lea, channel="post").reason == "suppressed"


def test_an_objection_to_letters_needs_a_place(client, reader):
    answer = client.post(ADDRESS, LETTER | {"postcode": ""})
    assert answer.status_code == 422
    assert "Write the name, the number and street, and the postcode or the town." in answer.content.decode()
    assert reader.post(ADDRESS, LETTER).status_code == 403
    assert not Suppression.objects.exists()
