"""The composer in a real Chromium: writing, moving, undoing, saving, and two people writing at once."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from contacts.models import Contact, Segment
from contacts.services.projections import refresh_projections
from messaging.models import Campaign, Image
from tests.browser.conftest import LOOKS, Look, Watched, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db(transaction=True)

HEADING = {"id": "h1", "type": "heading", "text": "Rally", "level": "1", "align": "left"}
TEXT = {"id": "t1", "type": "text", "html": "<p>Come along.</p>", "align": "left"}
BUTTON = {"id": "b1", "type": "button", "label": "I come", "url": "https://example.org/x", "align": "center"}


@pytest.fixture
def campaign(live_server: Any) -> Campaign:
    return make_campaign(name="Invitation", subject="Rally on Saturday", blocks=[HEADING, TEXT, BUTTON])


@pytest.fixture
def compose(page_of: Callable[..., Page], campaign: Campaign) -> Callable[..., Page]:
    """Open the composer of the mailing, ready to be written in."""

    def open_composer(role: str = "director", **options: Any) -> Page:
        page = page_of(role, f"/mailings/{campaign.pk}/compose/", **options)
        expect(page.locator(".block-toggle").first).to_be_visible()
        return page

    return open_composer


def saved(page: Page, campaign: Campaign) -> Campaign:
    """The mailing once the page has saved it."""
    expect(page.locator("[data-save-status]")).to_have_text("Saved")
    campaign.refresh_from_db()
    return campaign


def kinds(campaign: Campaign) -> list[str]:
    return [block["type"] for block in campaign.blocks]


def shown(page: Page) -> Any:
    """The message in the preview, the frame that is being replaced left aside."""
    return page.frame_locator("#preview-stage iframe:not(.preview-loading)").last


def test_what_is_typed_is_saved_and_previewed(compose: Callable[..., Page], campaign: Campaign) -> None:
    page = compose()
    page.get_by_role("button", name="Heading Rally").click()
    page.get_by_label("Text", exact=True).first.fill("Rally in Lyon")
    expect(shown(page).get_by_text("Rally in Lyon")).to_be_visible()
    assert saved(page, campaign).blocks[0]["text"] == "Rally in Lyon"
    page.get_by_label("Subject").fill("Saturday, 6 pm")
    expect(page.locator("[data-inbox-subject]")).to_have_text("Saturday, 6 pm")
    assert saved(page, campaign).subject == "Saturday, 6 pm"


def test_rich_text_takes_bold_a_link_a_list_and_a_variable(
    compose: Callable[..., Page], campaign: Campaign
) -> None:
    page = compose()
    page.get_by_role("button", name="Text Come along.").click()
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+b")
    page.keyboard.press("End")
    page.keyboard.press("Control+b")
    page.keyboard.type(" Dear ")
    page.get_by_role("toolbar").get_by_role("button", name="Insert a variable").click()
    page.get_by_role("radio", name="First name Camille").check()
    page.get_by_label("When it is not known, write").fill("friend")
    page.get_by_role("button", name="Insert", exact=True).click()
    page.keyboard.type("see ")
    page.keyboard.press("Control+k")
    page.get_by_label("Where it goes").fill("example.org/rally")
    page.locator("#link-text").fill("the programme")
    page.get_by_role("button", name="Apply").click()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Bulleted list").click()
    page.keyboard.type("one")
    expect(shown(page).get_by_text("the programme")).to_be_visible()
    assert saved(page, campaign).blocks[1]["html"] == (
        '<p><strong>Come along.</strong> Dear {{ first_name | default: "friend" }} see '
        '<a href="https://example.org/rally">the programme</a></p><ul><li>one</li></ul>'
    )


def test_blocks_are_added_moved_copied_and_removed_by_buttons(
    compose: Callable[..., Page], campaign: Campaign
) -> None:
    page = compose()
    page.get_by_role("button", name="Move down – Heading 1").click()
    assert kinds(saved(page, campaign)) == ["text", "heading", "button"]
    expect(page.get_by_role("button", name="Move down – Heading 2")).to_be_focused()
    page.get_by_role("button", name="Duplicate – Button 3").click()
    assert kinds(saved(page, campaign)) == ["text", "heading", "button", "button"]
    assert len({block["id"] for block in campaign.blocks}) == 4
    page.get_by_role("button", name="Remove – Text 1").click()
    assert kinds(saved(page, campaign)) == ["heading", "button", "button"]
    page.locator(".block-list > .add-block > summary").click()
    page.locator(".add-list").last.get_by_role("button", name="Line").click()
    assert kinds(saved(page, campaign)) == ["heading", "button", "button", "divider"]


def test_undo_and_redo_walk_the_history(compose: Callable[..., Page], campaign: Campaign) -> None:
    page = compose()
    page.get_by_role("button", name="Remove – Text 2").click()
    assert kinds(saved(page, campaign)) == ["heading", "button"]
    page.get_by_role("button", name="Undo").click()
    assert kinds(saved(page, campaign)) == ["heading", "text", "button"]
    page.get_by_role("button", name="Redo").click()
    assert kinds(saved(page, campaign)) == ["heading", "button"]
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    assert kinds(saved(page, campaign)) == ["heading", "text", "button"]


def test_block_is_moved_by_keyboard(compose: Callable[..., Page], campaign: Campaign) -> None:
    page = compose()
    page.get_by_role("button", name="Heading Rally").focus()
    page.keyboard.press("Alt+ArrowDown")
    assert kinds(saved(page, campaign)) == ["text", "heading", "button"]
    expect(page.get_by_role("button", name="Heading Rally")).to_be_focused()


def test_block_is_dragged_by_its_handle(compose: Callable[..., Page], campaign: Campaign) -> None:
    page = compose()
    page.locator(".block-grip").nth(2).scroll_into_view_if_needed()
    start, end = (page.locator(".block-grip").nth(number).bounding_box() for number in (0, 2))
    page.mouse.move(start["x"] + 8, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 8, end["y"] + end["height"] - 6, steps=12)
    page.mouse.move(end["x"] + 8, end["y"] + end["height"] - 4, steps=4)
    page.mouse.up()
    expect(page.locator(".block").nth(2)).to_have_attribute("data-type", "heading")
    assert kinds(saved(page, campaign)) == ["text", "button", "heading"]


def test_click_in_the_preview_opens_the_form_of_its_block(compose: Callable[..., Page]) -> None:
    page = compose()
    shown(page).get_by_text("I come").click()
    expect(page.get_by_role("button", name="Button I come")).to_have_attribute("aria-expanded", "true")


def test_unfinished_block_is_said_and_kept(compose: Callable[..., Page], campaign: Campaign) -> None:
    page = compose()
    page.get_by_role("button", name="Button I come").click()
    page.get_by_label("Link").first.fill("")
    expect(page.get_by_text("One block is not shown until it is complete.")).to_be_visible()
    expect(page.locator("[data-checks]")).to_contain_text("This field is empty")
    assert saved(page, campaign).blocks[2]["url"] == ""


def test_preview_as_a_person_and_as_one_of_whom_nothing_is_known(
    compose: Callable[..., Page], campaign: Campaign
) -> None:
    (person,) = make_people(1)
    Contact.objects.filter(pk=person.pk).update(first_name="Astrid", last_name="Girard", gender="F")
    refresh_projections([person.pk])
    Campaign.objects.filter(pk=campaign.pk).update(blocks=[TEXT | {"html": "<p>{{ greeting }}</p>"}])
    page = compose()
    page.get_by_role("button", name="As: an example reader").click()
    page.get_by_role("searchbox", name="Find a person").fill("Astrid")
    page.get_by_role("button", name="Astrid Girard").click()
    expect(shown(page).get_by_text("Chère Astrid,")).to_be_visible()
    page.get_by_role("button", name="As: Astrid Girard").click()
    page.get_by_role("button", name="A person with empty fields").click()
    expect(shown(page).get_by_text("Bonjour,")).to_be_visible()


def test_picture_is_added_and_chosen(
    compose: Callable[..., Page], campaign: Campaign, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    Campaign.objects.filter(pk=campaign.pk).update(
        blocks=[{"id": "i1", "type": "image", "url": "", "alt": "", "width": 552, "align": "center"}]
    )
    out = io.BytesIO()
    Pillow.new("RGB", (40, 20), "red").save(out, "PNG")
    page = compose()
    page.locator(".block-toggle").first.click()
    page.get_by_role("button", name="Choose a picture").click()
    page.get_by_label("Description of the new picture").fill("A crowd")
    page.locator("#images-dialog input[type=file]").set_input_files(
        {"name": "crowd.png", "mimeType": "image/png", "buffer": out.getvalue()}
    )
    expect(page.get_by_role("button", name="Change the picture")).to_be_visible()
    block = saved(page, campaign).blocks[0]
    assert (block["url"], block["alt"], block["width"]) == (Image.objects.get().url, "A crowd", 40)
    expect(shown(page).get_by_alt_text("A crowd")).to_be_visible()


def test_two_people_writing_lose_nothing(
    compose: Callable[..., Page], campaign: Campaign, console: Watched
) -> None:
    console.allowed.append("409 (Conflict)")
    mine = compose()
    theirs = compose("administrator")
    theirs.get_by_label("Subject").fill("Theirs")
    assert saved(theirs, campaign).subject == "Theirs"
    mine.get_by_label("Subject").fill("Mine")
    expect(mine.get_by_role("alert")).to_contain_text("Somebody else saved this text")
    campaign.refresh_from_db()
    assert campaign.subject == "Theirs"
    mine.get_by_role("button", name="Keep mine", exact=True).click()
    assert saved(mine, campaign).subject == "Mine"
    mine.get_by_role("button", name="Undo").click()
    assert saved(mine, campaign).subject == "Theirs"


def test_text_written_without_a_connection_comes_back(
    compose: Callable[..., Page], campaign: Campaign, console: Watched
) -> None:
    console.allowed += ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]
    page = compose()
    page.context.set_offline(True)
    page.get_by_label("Subject").fill("Written on a train")
    expect(page.locator("[data-save-status]")).to_contain_text("No connection")
    page.context.set_offline(False)
    assert saved(page, campaign).subject == "Written on a train"


def test_condition_by_place_asks_for_what_the_others_read(
    compose: Callable[..., Page], campaign: Campaign
) -> None:
    page = compose()
    page.get_by_role("button", name="Text Come along.").click()
    page.get_by_text("Only for some readers").click()
    page.locator("label.chip", has_text="Women").click()
    expect(page.get_by_text("Some readers", exact=True)).to_be_visible()
    assert saved(page, campaign).blocks[1]["only_if"] == {"genders": ["F"]}
    check_axe(page)


def test_a_block_for_a_segment_asks_for_what_the_others_read(
    compose: Callable[..., Page], campaign: Campaign
) -> None:
    women = Segment.objects.create(
        name="Women", tree={"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}
    )
    page = compose()
    page.get_by_role("button", name="Text Come along.").click()
    page.get_by_text("Only for some readers").click()
    page.get_by_label("In the segment").select_option("Women")
    expect(page.get_by_text("Content for a segment must leave nobody out").first).to_be_visible()
    assert saved(page, campaign).blocks[1]["only_if"] == {"segment": women.pk}
    check_axe(page)
    page.get_by_label("In the segment").select_option("Everybody")
    expect(page.get_by_text("Content for a segment must leave nobody out")).to_have_count(0)
    assert "only_if" not in saved(page, campaign).blocks[1]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_composer_is_silent_accessible_and_fits(compose: Callable[..., Page], look: Look) -> None:
    page = compose(look=look)
    for toggle in ("heading", "text", "button"):
        page.locator(f'.block[data-type="{toggle}"] .block-toggle').click()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_role("toolbar").get_by_role("button", name="Insert a variable").click()
    check_axe(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Send a test").click()
    check_axe(page)
    page.keyboard.press("Escape")
    if look.width < 1000:
        page.get_by_role("button", name="Preview", exact=True).click()
        check_axe(page)
        assert has_no_sideways_scroll(page)
