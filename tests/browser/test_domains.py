"""The pages of senders' domains and of a check with a message: readable, copyable, whatever the look."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from messaging.models import DomainRecord
from messaging.models.domain_record import Fault, Purpose, RecordState
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_domain_says_what_to_publish(page_of: Callable[..., Page], look: Look) -> None:
    domain = make_domain(
        tracking_host="links.example.org",
        return_path_host="returns.example.org",
        return_path_target="mx.example.org",
    )
    prove(domain, but=(Purpose.TRACKING,))
    DomainRecord.objects.filter(purpose=Purpose.SPF).update(
        state=RecordState.WRONG, fault=Fault.SEVERAL, found=["v=spf1 -all", "v=spf1 mx -all"]
    )
    make_sender(make_account(), proven=False)
    page = page_of("administrator", f"/domains/{domain.pk}/", look=look)
    expect(page.get_by_role("heading", name="Records to publish")).to_be_visible()
    expect(page.get_by_text("Returns come to returns.example.org")).to_be_visible()
    expect(page.get_by_text("There are several records of this kind")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    _look_at(page, f"domain-{look.name}")
    page.get_by_role("link", name="Links, returns, provider").click()
    expect(page.get_by_label("Host for links and pictures")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    _look_at(page, f"domain-edit-{look.name}")
    page.goto(page.url.rpartition("/domains/")[0] + "/domains/")
    expect(page.get_by_role("link", name="example.org", exact=True)).to_be_visible()
    check_axe(page)
    _look_at(page, f"domains-{look.name}")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_an_account_is_checked_with_a_message(page_of: Callable[..., Page], look: Look) -> None:
    with SmtpSink() as sink:
        make_sender(make_account(sink.port))
        page = page_of("administrator", "/ways-out/", look=look)
        page.get_by_label("Test message to").fill("me@example.com")
        page.get_by_role("button", name="Check this account").click()
        expect(page.get_by_text("The test message was taken")).to_be_visible()
        check_axe(page)
        assert has_no_sideways_scroll(page)
        _look_at(page, f"check-{look.name}")
        assert [row.recipient for row in sink.received()] == ["me@example.com"]


def _look_at(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for pictures (SCREENSHOTS=folder)."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
