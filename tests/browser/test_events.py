"""Events in the browser: pages on every look, and the entrance with and without a network."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from django.conf import settings
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, Playwright, Route, expect

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from messaging.services.senders import ensure_local_sender
from tests.browser.conftest import LOOKS, Look, Watched, check_axe, has_no_sideways_scroll
from tests.tracking.events.conftest import come, make_event, plan, slot_of
from tracking.events.tickets import code_of, token_of
from tracking.models import CheckIn, Event, Rsvp

NO_NETWORK = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]


@pytest.fixture
def event(transactional_db: None) -> Event:
    ensure_local_sender()
    event = make_event(capacity=20)
    for name, guests in (("Léa", 1), ("Paul", 0), ("Jean-Baptiste", 2)):
        come(slot_of(event), name, guests=guests)
    return event


@pytest.fixture
def host(event: Event, member_of: Callable[..., User]) -> User:
    user = member_of(Role.EVENT_HOST)
    event.hosts.add(user)
    return user


def look_at(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    check_axe(page)
    assert has_no_sideways_scroll(page), address


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=lambda look: look.name)
def test_pages_of_events_are_accessible_and_fit(
    page_of: Callable[..., Page], event: Event, host: User, look: Look
) -> None:
    make_event(title="Deux créneaux", title_en="", slots=[plan(days=3), plan(days=4, capacity=5)])
    page = page_of(None, "/e/?lang=en", look=look)
    for address in ("/e/?lang=en", f"/e/{event.slug}?lang=en", "/e/deux-creneaux", "/e/embed/"):
        look_at(page, address)
    for rsvp in Rsvp.objects.all()[:1]:
        look_at(page, f"/r/{token_of(rsvp)}")
    staff = page_of(Role.ADMINISTRATOR, "/events/", look=look)
    for address in ("", "?view=month", "new/", f"{event.pk}/", f"{event.pk}/edit/", f"{event.pk}/people/"):
        look_at(staff, f"/events/{address}")
    at_door = page_of(Role.EVENT_HOST, "/check-in/", look=look)
    check_axe(at_door)
    look_at(at_door, f"/check-in/{event.pk}/")


def test_somebody_registers_on_a_phone(page_of: Callable[..., Page], event: Event) -> None:
    page = page_of(None, f"/e/{event.slug}?lang=en", look=LOOKS[2])
    page.get_by_label("First name").fill("Zoé")
    page.get_by_label("Last name").fill("Petit")
    page.get_by_role("textbox", name="E-mail").fill("zoe.petit@example.org")
    page.get_by_label("Who comes with you?").select_option("1")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="See you there!")).to_be_visible()
    check_axe(page)
    rsvp = Rsvp.objects.get(email="zoe.petit@example.org")
    assert (rsvp.guests, rsvp.consents) == (1, [])


def here(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")


def kept(page: Page) -> Any:
    """What the phone's database holds, as text."""
    return page.evaluate(
        """async () => {
          const database = await new Promise((done) => {
            const asked = indexedDB.open("entrance", 1);
            asked.onsuccess = () => done(asked.result);
          });
          const all = (store) => new Promise((done) => {
            const asked = database.transaction(store).objectStore(store).getAll();
            asked.onsuccess = () => done(asked.result);
          });
          const text = (row) => JSON.stringify(row, (key, value) =>
            value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value);
          const found = { kept: (await all("kept")).map(text), queue: (await all("queue")).map(text) };
          database.close();
          return found;
        }"""
    )


def test_marks_without_a_network_arrive_exactly_once(
    page_of: Callable[..., Page], event: Event, host: User, console: Watched
) -> None:
    console.allowed += NO_NETWORK
    page = page_of(Role.EVENT_HOST, f"/check-in/{event.pk}/", look=LOOKS[2])
    here(page, "Léa Martin")
    expect(page.locator("#state")).to_have_text("Connected")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()  # the worker keeps the page
    expect(page.get_by_role("button", name="Paul Martin")).to_be_visible()
    page.context.set_offline(True)
    page.reload()
    here(page, "Paul Martin")
    page.get_by_label("Search by name").fill("Zoé Petit")
    page.get_by_role("button", name="Somebody who is not registered").click()
    page.get_by_role("textbox", name="E-mail").fill("zoe.petit@example.org")
    page.get_by_role("button", name="They are here").click()
    expect(page.locator("#state")).to_contain_text("2 to send")
    held = kept(page)
    assert len(held["queue"]) == 2
    assert not any(
        word in text for text in (*held["kept"], *held["queue"]) for word in ("Martin", "Petit", "zoe")
    )

    # The answer of the first sending is lost on the way back: everything is sent again.
    arrived: list[int] = []

    def lose_the_answer(route: Route) -> None:
        arrived.append(route.fetch().status)
        route.abort()

    page.route("**/marks", lose_the_answer, times=1)
    page.context.set_offline(False)
    expect(page.locator("#state")).to_have_text("Connected", timeout=20_000)
    expect(page.get_by_role("button", name="Zoé Petit")).to_have_attribute("aria-pressed", "true")
    assert arrived == [200]
    assert kept(page)["queue"] == []
    came = {rsvp.name: rsvp.check_ins.count() for rsvp in Rsvp.objects.filter(came_at__isnull=False)}
    assert came == {"Léa Martin": 1, "Paul Martin": 1, "Zoé Petit": 1}
    assert CheckIn.objects.count() == 3


def test_list_is_forgotten_after_an_hour_without_network(
    page_of: Callable[..., Page], event: Event, host: User, console: Watched
) -> None:
    console.allowed += NO_NETWORK
    page = page_of(Role.EVENT_HOST, "/check-in/", look=LOOKS[2])
    page.clock.install()
    page.goto(f"/check-in/{event.pk}/")
    expect(page.get_by_role("button", name="Léa Martin")).to_be_visible()
    assert len(kept(page)["kept"]) == 1
    page.context.set_offline(True)
    page.clock.fast_forward("59:00")
    expect(page.get_by_role("button", name="Léa Martin")).to_be_visible()
    page.clock.fast_forward("02:00")
    expect(page.get_by_text("The list is forgotten after an hour")).to_be_visible()
    expect(page.get_by_role("button", name="Léa Martin")).to_have_count(0)
    assert kept(page)["kept"] == []


@pytest.fixture
def camera(tmp_path: Path, event: Event) -> Path:
    """A camera that looks at Léa's ticket: one frame, again and again."""
    picture = io.BytesIO()
    segno.make(code_of(Rsvp.objects.get(name="Léa Martin")), error="m", micro=False).save(
        picture, kind="png", scale=9, border=4
    )
    frame = Image.new("RGB", (640, 480), "white")
    code = Image.open(picture).convert("RGB")
    frame.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    planes = frame.convert("YCbCr").split()
    small = [plane.resize((320, 240)).tobytes() for plane in planes[1:]]
    film = tmp_path / "ticket.y4m"
    film.write_bytes(
        b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\nFRAME\n" + planes[0].tobytes() + b"".join(small)
    )
    return film


@pytest.fixture
def with_camera(
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    camera: Path,
    live_server: Any,
    host: User,
) -> Iterator[Page]:
    """A phone of the host with that camera, on the list of their events."""
    arguments = [
        *browser_type_launch_args["args"],
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    browser = playwright.chromium.launch(
        executable_path=browser_type_launch_args["executable_path"], args=arguments
    )
    client = Client()
    client.force_login(host)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    yield context.new_page()
    browser.close()


def test_camera_reads_a_ticket(with_camera: Page, event: Event, console: Watched) -> None:
    console.allowed += ["via https", "willReadFrequently"]  # localhost will do; a hint of the browser
    page = console.watch(with_camera)
    page.goto(f"/check-in/{event.pk}/")
    expect(page.get_by_role("button", name="Léa Martin")).to_be_visible()
    with page.expect_response("**/marks", timeout=20_000):
        page.get_by_role("button", name="Scan a ticket").click()
        expect(page.locator("#verdict")).to_contain_text("Léa Martin + 1 guest", timeout=20_000)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Léa Martin")).to_have_attribute("aria-pressed", "true")
    assert Rsvp.objects.get(name="Léa Martin").came_at is not None
