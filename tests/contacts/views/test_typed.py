"""Whatever is typed into an address or sent by a program, a page answers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import Contact, Note
from contacts.services.people import add_note
from contacts.views.person import TIMELINE_PAGE, timeline_page

pytestmark = pytest.mark.django_db
ENDLESS = "9" * 5000


@pytest.mark.parametrize(
    "address",
    [
        "/people/?q=%00",
        "/people/?q=mar%00tin",
        f"/people/?department={ENDLESS}",
        f"/people/?before={ENDLESS}",
        "/electors/?q=%00&where=%00",
        "/search/?q=mar%00tin",
    ],
)
def test_a_list_answers(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("before", ["2026-13-45T00:00:00", "2026-11-01T00:00:00", "\x00"])
def test_a_timeline_answers(client: Client, person, before: str) -> None:
    assert (
        client.get(f"/people/{person('Léa', 'Martin').pk}/timeline/", {"before": before}).status_code == 200
    )


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        ("note", {"body": "Met\x00 her"}),
        ("tag", {"name": "Ma\x00rket"}),
        ("untag", {"tag": ENDLESS}),
        ("list", {"list": ENDLESS}),
    ],
)
def test_an_act_answers(client: Client, person, act: str, sent: dict[str, str]) -> None:
    assert client.post(f"/people/{person('Léa', 'Martin').pk}/act/{act}/", sent).status_code == 302


def test_a_selection_answers(client: Client, person) -> None:
    chosen = {"person": [ENDLESS, str(person("Léa", "Martin").pk)], "tag": "Ma\x00rket"}
    assert client.post("/people/selected/", chosen).status_code == 302
    assert Contact.objects.get().tag_links.get().tag.name == "Market"


def test_what_happened_at_one_moment_stays_on_one_page(person) -> None:
    """A sign-up writes several lines in one transaction, so at one moment."""
    someone = person("Léa", "Martin")
    now = timezone.now()
    for number in range(TIMELINE_PAGE + 10):
        add_note(contact=someone, body=str(number), by=None)
    moments = [now - timedelta(minutes=number // 3) for number in range(TIMELINE_PAGE + 10)]
    for note, moment in zip(Note.objects.order_by("pk"), moments, strict=True):
        Note.objects.filter(pk=note.pk).update(created_at=moment)
    seen, before = [], None
    while True:
        page = timeline_page(someone, before, "")
        seen += [entry.detail for entry in page["entries"] if entry.kind == "note"]
        if not page["timeline_before"]:
            break
        before = page["entries"][-1].at
    assert sorted(seen, key=int) == [str(number) for number in range(TIMELINE_PAGE + 10)]
