"""What the composer asks the server: save without losing anything, check, preview, find a reader."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from contacts.models import Contact
from messaging.enums import CampaignState
from messaging.models import Campaign, Template
from messaging.services import recipients
from tests.messaging.people import make_campaign, make_people
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db
TEXT = {"id": "a", "type": "text", "html": "<p>Hello</p>", "align": "left"}


def content(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    """What the composer sends of a mailing."""
    shown = {
        "name": campaign.name,
        "sender": str(campaign.sender_id),
        "subject": campaign.subject,
        "preview_text": campaign.preview_text,
        "tracking": campaign.tracking,
        "blocks": campaign.blocks,
    }
    return shown | changes


def save(client: Client, campaign: Campaign, *, revision: int | None = None, **changes: Any) -> Any:
    sent = {
        "revision": campaign.revision if revision is None else revision,
        "content": content(campaign, **changes),
    }
    return client.post(
        reverse("messaging:campaign_save", args=[campaign.pk]), json.dumps(sent), "application/json"
    )


def check(client: Client, campaign: Campaign, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(reverse("messaging:campaign_check", args=[campaign.pk]), query).json()
    return answer


def preview(client: Client, campaign: Campaign, **query: str) -> Any:
    return client.get(reverse("messaging:campaign_preview", args=[campaign.pk]), query)


def test_save_writes_what_is_sent_on_the_next_revision(officer: Client, campaign: Campaign) -> None:
    answer = save(officer, campaign, subject="Rally on Saturday", name="Rally", tracking=False, blocks=[TEXT])
    assert answer.json() == {"revision": 2, "name": "Rally"}
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.name, campaign.tracking) == ("Rally on Saturday", "Rally", False)
    assert campaign.blocks == [TEXT]


def test_save_on_an_old_revision_writes_nothing_and_shows_the_other_text(
    officer: Client, campaign: Campaign
) -> None:
    save(officer, campaign, subject="Theirs")
    answer = save(officer, campaign, subject="Mine")
    assert answer.status_code == 409
    assert answer.json()["revision"] == 2
    assert answer.json()["content"]["subject"] == "Theirs"
    assert "Nothing is lost" in answer.json()["message"]
    campaign.refresh_from_db()
    assert campaign.subject == "Theirs"


def test_save_keeps_only_allowed_markup(officer: Client, campaign: Campaign) -> None:
    html = '<p onclick="x()">Hi <script>alert(1)</script><b>you</b> <a href="javascript:x()">here</a></p>'
    save(officer, campaign, blocks=[TEXT | {"html": html}])
    campaign.refresh_from_db()
    assert campaign.blocks[0]["html"] == "<p>Hi <b>you</b> <a>here</a></p>"


def test_save_accepts_an_unfinished_block(officer: Client, campaign: Campaign) -> None:
    button = {"id": "b", "type": "button", "label": "", "url": "", "align": "center"}
    assert save(officer, campaign, blocks=[button]).status_code == 200
    campaign.refresh_from_db()
    assert campaign.blocks == [button]


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ("not a list", "must be a list of blocks"),
        ([7], "must be an object"),
        ([{"id": "a", "type": "iframe"}], "There is no block of type “iframe”"),
        ([{"type": "divider"}], "A block needs an identifier"),
        ([TEXT, TEXT], "Two blocks have the identifier “a”"),
        ([{"id": f"b{n}", "type": "divider"} for n in range(201)], "more than 200 blocks"),
        (
            [{"id": "c", "type": "columns", "left": [{"id": "d", "type": "card"}], "right": []}],
            "cannot stand in a column",
        ),
    ],
)
def test_save_refuses_a_document_that_cannot_be_drawn(
    officer: Client, campaign: Campaign, blocks: Any, said: str
) -> None:
    answer = save(officer, campaign, blocks=blocks)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    campaign.refresh_from_db()
    assert campaign.revision == 1


@pytest.mark.parametrize(
    "body", ["", "null", "{", "[]", '{"revision": "x", "content": {}}', '{"content": 1}']
)
def test_save_refuses_what_is_not_the_composers(officer: Client, campaign: Campaign, body: str) -> None:
    url = reverse("messaging:campaign_save", args=[campaign.pk])
    answer = officer.post(url, body, "application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize("field", ["name", "subject", "preview_text"])
def test_save_refuses_a_text_that_is_too_long(officer: Client, campaign: Campaign, field: str) -> None:
    answer = save(officer, campaign, **{field: "x" * 201})
    assert (answer.status_code, "at most" in answer.json()["message"]) == (400, True)


def test_save_keeps_the_name_while_it_is_empty(officer: Client, campaign: Campaign) -> None:
    assert save(officer, campaign, name="  ", subject="New").json()["name"] == campaign.name


def test_save_takes_no_sender_that_does_not_exist(officer: Client, campaign: Campaign) -> None:
    save(officer, campaign, sender="999999")
    campaign.refresh_from_db()
    assert campaign.sender is None


def test_mailing_that_has_left_is_no_longer_written(officer: Client) -> None:
    campaign = make_sent(["accepted"])
    answer = save(officer, campaign, subject="Too late")
    assert answer.status_code == 400
    assert "It can no longer be edited." in answer.json()["message"]
    compose = officer.get(reverse("messaging:campaign_compose", args=[campaign.pk]))
    assert compose["Location"] == reverse("messaging:campaign", args=[campaign.pk])


def test_template_is_saved_the_same_way(officer: Client) -> None:
    template = Template.objects.create(name="Weekly", blocks=[])
    url = reverse("messaging:template_save", args=[template.pk])
    sent = {
        "revision": 1,
        "content": {"name": "Weekly", "subject": "Week", "preview_text": "", "blocks": [TEXT]},
    }
    assert officer.post(url, json.dumps(sent), "application/json").json()["revision"] == 2
    assert officer.post(url, json.dumps(sent), "application/json").status_code == 409
    template.refresh_from_db()
    assert (template.subject, template.blocks, template.revision) == ("Week", [TEXT], 2)


def test_template_cannot_take_the_name_of_another(officer: Client) -> None:
    Template.objects.create(name="Monthly", blocks=[])
    template = Template.objects.create(name="Weekly", blocks=[])
    sent = {"revision": 1, "content": {"name": "Monthly", "blocks": []}}
    url = reverse("messaging:template_save", args=[template.pk])
    answer = officer.post(url, json.dumps(sent), "application/json")
    assert (answer.status_code, "already has this name" in answer.json()["message"]) == (400, True)


def test_text_in_conflict_becomes_a_mailing_of_its_own(officer: Client, campaign: Campaign) -> None:
    sent = {"content": content(campaign, subject="Mine")}
    answer = officer.post(reverse("messaging:campaign_copy"), json.dumps(sent), "application/json")
    copy = Campaign.objects.latest("pk")
    assert answer.json()["url"] == reverse("messaging:campaign_compose", args=[copy.pk])
    assert (copy.subject, copy.name, copy.state) == ("Mine", "Copy of Newsletter", CampaignState.DRAFT)


def test_check_names_the_block_and_field_at_fault(officer: Client, campaign: Campaign) -> None:
    button = {"id": "b", "type": "button", "label": "Go", "url": "", "align": "center"}
    save(officer, campaign, blocks=[TEXT, button], subject="")
    found = check(officer, campaign)
    assert found["problems"] == [
        {
            "block": "",
            "field": "Subject",
            "message": "The subject is empty.",
            "whole": "Subject – The subject is empty.",
        },
        {
            "block": "b",
            "field": "url",
            "message": "This field is empty: fill it in, or delete the block.",
            "whole": "Block 2: This field is empty: fill it in, or delete the block.",
        },
    ]
    assert found["hidden"] == 1


def test_check_shows_how_a_mailbox_lists_the_message(officer: Client, campaign: Campaign) -> None:
    save(officer, campaign, preview_text='Near {{ commune_name | default: "you" }}')
    assert check(officer, campaign, reader="empty")["inbox"] == {
        "sender": "Équipe de campagne",
        "subject": "Bonjour",
        "preview_text": "Near you",
    }


def test_preview_shows_what_is_complete_and_leaves_out_the_rest(officer: Client, campaign: Campaign) -> None:
    save(officer, campaign, blocks=[TEXT, {"id": "b", "type": "button", "label": "Go", "url": "nowhere"}])
    shown = preview(officer, campaign).content.decode()
    assert "Hello" in shown
    assert "Go</a>" not in shown


def test_preview_of_nothing_says_where_the_text_will_be(officer: Client, campaign: Campaign) -> None:
    save(officer, campaign, blocks=[], subject="")
    answer = preview(officer, campaign)
    assert answer.status_code == 200
    assert "Your message appears here" in answer.content.decode()


def test_preview_is_locked_in(officer: Client, campaign: Campaign) -> None:
    answer = preview(officer, campaign)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox allow-same-origin")
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_preview_reads_as_the_person_chosen(officer: Client, campaign: Campaign) -> None:
    (person,) = make_people(1)
    Contact.objects.filter(pk=person.pk).update(first_name="Astrid", gender="F", language="fr")
    assert "Chère Astrid," in preview(officer, campaign, reader=str(person.pk)).content.decode()
    assert "Bonjour," in preview(officer, campaign, reader="empty").content.decode()
    assert "Chère Camille," in preview(officer, campaign).content.decode()


def test_preview_of_somebody_who_is_not_there_is_the_examples(officer: Client, campaign: Campaign) -> None:
    for reader in ("999999", "9" * 30, "<script>"):
        assert "Chère Camille," in preview(officer, campaign, reader=reader).content.decode()


def test_preview_has_a_text_part(officer: Client, campaign: Campaign) -> None:
    answer = preview(officer, campaign, part="text")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "Read on <" in answer.content.decode()


def test_preview_takes_pictures_of_the_library_from_this_site(officer: Client, campaign: Campaign) -> None:
    path = "/i/00000000-0000-4000-8000-000000000000.png"
    picture = {"id": "p", "type": "image", "url": settings.PUBLIC_URL + path, "alt": "", "width": 552}
    save(officer, campaign, blocks=[picture])
    assert f'src="{path}"' in preview(officer, campaign).content.decode()


def test_service_messages_have_no_composer(officer: Client) -> None:
    standing = make_campaign(standing_for="confirmation:fr", state="sending", audience_count=None)
    for page in ("compose", "check", "preview"):
        assert officer.get(reverse(f"messaging:campaign_{page}", args=[standing.pk])).status_code == 404


def test_readers_are_found_as_one_types(officer: Client) -> None:
    people = make_people(2)
    Contact.objects.filter(pk=people[0].pk).update(first_name="Éloïse", last_name="Girard")
    found = officer.get(reverse("messaging:readers"), {"q": "girard elo"}).json()["people"]
    assert [person["name"] for person in found] == ["Éloïse Girard"]


def test_composer_begins_with_everything_it_needs(officer: Client, campaign: Campaign) -> None:
    page = officer.get(reverse("messaging:campaign_compose", args=[campaign.pk]))
    data = page.context["data"]
    assert data["revision"] == 1
    assert data["content"]["blocks"] == campaign.blocks
    assert {kind["name"] for kind in data["types"]} >= {
        "heading",
        "text",
        "image",
        "button",
        "columns",
        "card",
    }
    assert any(item["name"] == "first_name" for group in data["variables"] for item in group["items"])
    assert all(str(word) for word in data["words"].values())


def test_variables_of_events_are_offered_once_there_are_events(
    officer: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offered() -> tuple[bool, bool]:
        data = officer.get(reverse("messaging:campaign_compose", args=[campaign.pk])).context["data"]
        names = {item["name"] for group in data["variables"] for item in group["items"]}
        return "event_title" in names, data["choices"]["events"]

    monkeypatch.setattr(recipients, "_event_sources", [])
    assert offered() == (False, False)
    recipients.register_events(lambda _contacts, _language: {})
    assert offered() == (True, True)


def test_scripts_of_the_composer_ask_only_for_words_that_are_given(
    officer: Client, campaign: Campaign
) -> None:
    """A word missing from the page would be the text “undefined” on a button."""
    page = officer.get(reverse("messaging:campaign_compose", args=[campaign.pk]))
    given = set(page.context["data"]["words"])
    asked = set()
    for script in (settings.BASE_DIR / "static/messaging/composer").glob("*.js"):
        asked |= set(re.findall(r"\bwords\.(\w+)", script.read_text()))
    assert asked - given == set()
