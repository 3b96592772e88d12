"""The screens of following up: an answer by keyboard, and every page on all looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaign_crm.platform.models import User
from contacts.models import Contact, Newsletter
from messaging.models import Reply
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_account, make_people, make_sender
from tracking.donations.service import Gift, record_donation
from tracking.follow_ups.service import create_task
from tracking.inbox.filing import file_arrivals
from tracking.models import CannedAnswer, Conversation, ConversationMessage, Scenario
from tracking.scenarios.presets import WELCOME, from_preset

pytestmark = pytest.mark.django_db(transaction=True)


def write(person: Contact, number: int, subject: str) -> None:
    """The person writes to us."""
    address = person.emailaddress_set.get().address
    Reply.objects.create(
        contact=person,
        digest=bytes([number]) * 32,
        at=timezone.now(),
        from_address=address,
        subject=subject,
        text="Where is the meeting?",
    )
    file_arrivals()


def test_somebody_answers_without_a_mouse(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator")
    make_sender(make_account())
    first, second = make_people(2)
    CannedAnswer.objects.create(name="Where", text="{first_name}, it is in the town hall.")
    write(first, 1, "Meeting")
    write(second, 2, "Posters")
    page.goto("/inbox/")
    page.locator("a.conversation").first.focus()
    page.keyboard.press("j")
    expect(page.locator("a.conversation").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Meeting")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Take it")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.get_by_label("Your message")).to_be_focused()
    page.keyboard.type("Hello ")
    page.get_by_text("Ready answers").click()
    page.get_by_role("link", name="Where").click()
    expect(page.get_by_label("Your message")).to_have_value("Hello Camille1, it is in the town hall.")
    page.get_by_role("button", name="Send and be done").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    sent = ConversationMessage.objects.get(direction="out")
    assert (sent.subject, sent.pending, sent.answers) == ("Re: Meeting", True, True)
    assert Conversation.objects.get(contact=first).state == Conversation.State.DONE


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=lambda look: look.name)
def test_screens_are_accessible_and_fit(page_of: Callable[..., Page], look: Look) -> None:
    page = page_of("administrator", look=look)
    officer = User.objects.get(role="administrator")
    sender = make_sender(make_account())
    (person,) = make_people(1)
    write(person, 1, "A subject that is long enough to be cut on a phone, and goes on, and on")
    create_task(contact=person, title="Call back", due_on=timezone.localdate(), owner=officer, by=officer)
    gift = Gift("R-1", 5_000_00, timezone.localdate(), "card", contact=person.pk)
    record_donation(gift=gift, came_by="hand", by=officer)
    letter = Newsletter.objects.create(name="Letter")
    trigger = {"type": "newsletter", "value": {"id": letter.pk}}
    scenario: Scenario = from_preset(WELCOME, name="Welcome", trigger=trigger, sender=sender, by=officer)
    talk = Conversation.objects.get()
    for path in (
        "/inbox/", f"/inbox/{talk.pk}/", "/inbox/ready/", "/inbox/copies/", f"/people/{person.pk}/write/",
        "/follow-ups/", "/follow-ups/give/", "/scenarios/", "/scenarios/new/", f"/scenarios/{scenario.pk}/",
        f"/scenarios/{scenario.pk}/steps/new/send/", "/donations/", "/donations/rules/", "/donations/file/",
        f"/people/{person.pk}/",
    ):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("networkidle")
        check_axe(page)
        assert has_no_sideways_scroll(page), path
