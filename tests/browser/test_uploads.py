"""Large files over bad connections in a real browser: cut, reloaded, unanswered; and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from contacts.imports import uploads
from contacts.models import Import
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)

PIECE = 64 * 1024
PEOPLE = "Prénom;Nom;Email\n" + "".join(f"Léa;Martin{n};lea{n}@example.org\n" for n in range(8_000))


@pytest.fixture(autouse=True)
def _pieces(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(uploads, "PIECE_BYTES", PIECE)


@pytest.fixture
def people_file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    assert path.stat().st_size > 4 * PIECE
    return path


def choose(page: Page, path: Path) -> None:
    page.set_input_files('input[type="file"]', path)
    page.get_by_role("button", name="Read the file", exact=True).click()


def cut_after(page: Page, pieces: int, *, tries: int) -> list[str]:
    """Let some pieces through, then fail as many tries as said, then let everything through."""
    seen: list[str] = []

    def pass_or_cut(route: Route) -> None:
        seen.append(route.request.url)
        if pieces < len(seen) <= pieces + tries:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/imports/uploads/*/?offset=*", pass_or_cut)
    return seen


def test_a_cut_connection_loses_nothing(
    page_of: Callable[..., Page], people_file: Path, console: Any
) -> None:
    console.allowed += ["ERR_CONNECTION_RESET"]
    page = page_of("director", "/imports/new/")
    seen = cut_after(page, 2, tries=1)
    choose(page, people_file)
    page.wait_for_url("**/file/")
    run = Import.objects.get()
    assert Path(run.file_path).read_bytes() == people_file.read_bytes()
    offsets = [int(url.rpartition("=")[2]) // PIECE for url in seen]
    assert offsets[:4] == [0, 1, 2, 2]  # only the piece that was lost came twice
    assert len(offsets) == len(set(offsets)) + 1


def test_an_answer_that_got_lost_is_asked_for_again(
    page_of: Callable[..., Page], people_file: Path, console: Any
) -> None:
    console.allowed += ["ERR_FAILED"]
    page = page_of("director", "/imports/new/")
    lost: list[str] = []

    def arrive_unanswered(route: Route) -> None:
        if len(lost) < 1:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/imports/uploads/*/end/", arrive_unanswered)
    choose(page, people_file)
    page.wait_for_url("**/file/")
    assert Import.objects.count() == 1


# Waits between two tries last a twentieth of what they say.
IMPATIENT = "const wait = setTimeout; window.setTimeout = (act, ms, ...more) => wait(act, ms / 20, ...more);"


class Server:
    """Answers some requests in the place of the server, as a proxy before it does, until it is well again."""

    def __init__(self, page: Page, urls: str, **answer: Any) -> None:
        self.tries, self._answer, self._is_ill = 0, answer, True
        page.route(urls, self._handle)

    def _handle(self, route: Route) -> None:
        if not self._is_ill:
            route.continue_()
            return
        self.tries += 1
        if self._answer:
            route.fulfill(**self._answer)
        else:
            route.abort("connectionreset")

    def recovers(self) -> None:
        self._is_ill = False


def stopped(page: Page, words: str) -> None:
    """Wait until the page has stopped and says why."""
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    expect(page.get_by_text("Trying again")).to_be_hidden()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_server_that_answers_errors_is_tried_a_few_times_and_gone_on_with_by_a_button(
    page_of: Callable[..., Page], people_file: Path, console: Any, look: Look
) -> None:
    console.allowed += ["503 (Service Unavailable)"]
    page = page_of("director", "/imports/new/", look=look)
    page.add_init_script(IMPATIENT)
    page.reload()
    ill = Server(page, f"**/imports/uploads/*/?offset={2 * PIECE}", status=503, body="<h1>Oops</h1>")
    choose(page, people_file)
    expect(page.get_by_text("answers with error 503. Trying again in")).to_be_visible()
    stopped(page, "answers with error 503")
    assert ill.tries == 7
    expect(page.locator("[data-upload-figures]")).to_contain_text("128")  # kilobytes that have arrived
    check_axe(page)
    assert has_no_sideways_scroll(page)
    ill.recovers()
    seen = cut_after(page, 1_000, tries=0)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/file/")
    assert seen[0].endswith(f"={2 * PIECE}")
    assert Path(Import.objects.get().file_path).read_bytes() == people_file.read_bytes()


def test_a_line_that_stays_cut_is_given_up_and_gone_on_with_when_it_is_back(
    page_of: Callable[..., Page], people_file: Path, console: Any
) -> None:
    console.allowed += ["ERR_CONNECTION_RESET"]
    page = page_of("director", "/imports/new/")
    page.add_init_script(IMPATIENT.replace("20", "2000"))
    page.reload()
    gone = Server(page, f"**/imports/uploads/*/?offset={PIECE}")
    choose(page, people_file)
    stopped(page, "The server does not answer.")
    assert gone.tries == 21
    gone.recovers()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_url("**/file/")
    assert Import.objects.count() == 1


def test_a_full_disk_is_said_at_once_and_the_last_step_alone_is_done_again(
    page_of: Callable[..., Page], people_file: Path, console: Any
) -> None:
    console.allowed += ["507"]
    page = page_of("director", "/imports/new/")
    answer = '{"problem": "The disk of the server is full.", "kept": true}'
    full = Server(page, "**/imports/uploads/*/end/", status=507, body=answer)
    choose(page, people_file)
    stopped(page, "The disk of the server is full.")
    assert full.tries == 1
    full.recovers()
    seen = cut_after(page, 1_000, tries=0)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/file/")
    assert seen == []


def test_a_file_that_is_still_read_is_waited_for(page_of: Callable[..., Page], people_file: Path) -> None:
    page = page_of("director", "/imports/new/")
    reading = Server(page, "**/imports/uploads/*/end/", status=202, body='{"reading": true}')
    choose(page, people_file)
    expect(page.get_by_text("Reading the file…")).to_be_visible()
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').filter(one => one.name.endsWith('/end/')).length > 1"
    )
    reading.recovers()
    page.wait_for_url("**/file/")
    assert reading.tries > 1


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_file_that_arrived_and_was_not_read_is_read_without_choosing_it(
    page_of: Callable[..., Page], people_file: Path, console: Any, look: Look
) -> None:
    console.allowed += ["507"]
    page = page_of("director", "/imports/new/", look=look)
    Server(page, "**/imports/uploads/*/end/", status=507, body='{"problem": "Full.", "kept": true}')
    choose(page, people_file)
    stopped(page, "Full.")
    page.reload()
    expect(page.get_by_text("Arrived, not read yet")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_role("button", name="Read the file people.csv").click()
    page.wait_for_url("**/file/")
    assert Path(Import.objects.get().file_path).read_bytes() == people_file.read_bytes()


def test_a_file_that_is_refused_shows_why_and_another_is_chosen(
    page_of: Callable[..., Page], people_file: Path, console: Any, tmp_path: Path
) -> None:
    console.allowed += ["422"]
    page = page_of("director", "/imports/new/")
    (tmp_path / "letter.csv").write_bytes(b"%PDF-1.7 and more")
    choose(page, tmp_path / "letter.csv")
    expect(page.get_by_role("alert").filter(has_text="another format (PDF)")).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_hidden()
    choose(page, people_file)
    page.wait_for_url("**/file/")
    assert Import.objects.get().file_name == "people.csv"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_reloaded_page_goes_on_with_the_same_file(
    page_of: Callable[..., Page], people_file: Path, console: Any, look: Look
) -> None:
    console.allowed += ["ERR_CONNECTION_RESET"]
    page = page_of("director", "/imports/new/", look=look)
    cut_after(page, 3, tries=1_000)
    choose(page, people_file)
    expect(page.get_by_text("The connection is cut.")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.reload()
    page.unroute_all()
    expect(page.get_by_text("Not arrived whole")).to_be_visible()
    expect(page.locator(".unfinished")).to_contain_text("people.csv")
    check_axe(page)
    assert has_no_sideways_scroll(page)
    seen = cut_after(page, 1_000, tries=0)
    choose(page, people_file)
    page.wait_for_url("**/file/")
    assert seen[0].endswith(f"={3 * PIECE}")
    assert Path(Import.objects.get().file_path).read_bytes() == people_file.read_bytes()


def test_what_arrived_can_be_discarded(page_of: Callable[..., Page], people_file: Path, console: Any) -> None:
    console.allowed += ["ERR_CONNECTION_RESET"]
    page = page_of("director", "/imports/new/")
    cut_after(page, 1, tries=1_000)
    choose(page, people_file)
    expect(page.get_by_text("The connection is cut.")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Discard people.csv").click()
    expect(page.get_by_text("is removed")).to_be_visible()
    assert list(uploads.folder().iterdir()) == []


def test_who_was_signed_out_is_told(page_of: Callable[..., Page], people_file: Path) -> None:
    page = page_of("director", "/imports/new/")
    page.context.clear_cookies(name="sessionid")
    choose(page, people_file)
    expect(page.get_by_role("alert")).to_contain_text("Sign in again")


def test_a_file_arrives_without_javascript(
    page_of: Callable[..., Page], browser: Browser, people_file: Path
) -> None:
    page = page_of("director", "/imports/new/")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(page.url)
    choose(plain, people_file)
    plain.wait_for_url("**/file/")
    context.close()
    assert Import.objects.get().file_name == "people.csv"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_files_of_the_server_are_chosen_on_screen(
    page_of: Callable[..., Page], people_file: Path, settings: Any, tmp_path: Path, look: Look
) -> None:
    folder = tmp_path / "drop" / "mars"
    folder.mkdir(parents=True)
    (folder / "people.csv").write_bytes(people_file.read_bytes())
    settings.IMPORT_FOLDER = str(folder.parent)
    page = page_of("director", "/imports/new/", look=look)
    page.get_by_role("link", name="Choose a file that is on the server already").click()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_role("link", name="mars").click()
    check_axe(page)
    page.get_by_role("button", name="Read the file people.csv").click()
    page.wait_for_url("**/file/")
    assert Import.objects.get().file_path == str(folder / "people.csv")
