"""The main job on a running installation: `python -m tests.benchmarks.support.main_job ROLL PEOPLE FOLDER`.

A roll and an address book imported by the installation's worker, a mailing to everyone who may be written to
through its mail catcher, opens and clicks and pages asked from its web server. Prints one JSON object.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from campaign_crm.platform.run.commands import prepare

MOST_SECONDS = 600.0
READERS = 200  # people who open and click
PAGES = (
    "/",
    "/people/",
    "/electors/",
    "/segments/",
    "/mailings/",
    "/imports/",
    "/sources/",
    "/mailings/calendar/",
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HEADER = ["First Name", "Last Name", "Birthday", "Labels", "E-mail 1 - Label", "E-mail 1 - Value"]


def main(roll_rows: int, people: int, folder: Path) -> dict[str, Any]:
    """Do it all; returns what was done and the seconds of each part."""
    from contacts.invented.rolls import write_roll
    from contacts.models import Import

    folder.mkdir(parents=True, exist_ok=True)
    roll, book = folder / "roll.csv", folder / "contacts.csv"
    write_roll(roll, rows=roll_rows, seed=1, traps=False)
    write_book(book, people)
    done: dict[str, Any] = {"roll_rows": roll_rows, "people": people}
    with_seconds(done, "roll_seconds", lambda: import_file(roll, kind=Import.Kind.ROLL, name="Roll"))
    with_seconds(
        done, "book_seconds", lambda: import_file(book, kind=Import.Kind.ADDRESS_BOOK, name="Members")
    )
    with_seconds(done, "mailing_seconds", lambda: send_mailing(people))
    with_seconds(done, "reading_seconds", read_messages)
    with_seconds(done, "pages_seconds", look_at_pages)
    return done


def with_seconds(done: dict[str, Any], name: str, part: Callable[[], object]) -> None:
    started = time.perf_counter()
    part()
    done[name] = round(time.perf_counter() - started, 1)


def write_book(path: Path, people: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(people):
            address = f"person{number}@example.org"
            writer.writerow([f"Camille{number}", f"Martin{number}", "", "* myContacts", "* Home", address])


def import_file(path: Path, *, kind: str, name: str) -> None:
    from contacts.enums import Channel, LawfulBasis, SourceKind
    from contacts.imports.service import enqueue_preview, enqueue_run, start_import
    from contacts.models import Import
    from contacts.services.sources import create_source

    is_roll = kind == Import.Kind.ROLL
    source = create_source(
        by=None,
        name=name,
        kind=SourceKind.ROLL if is_roll else SourceKind.ADDRESS_BOOK,
        lawful_basis=LawfulBasis.PUBLIC_ROLL if is_roll else LawfulBasis.MEMBER,
        channels=[Channel.POST.value if is_roll else Channel.EMAIL.value],
        proof="Invented",
    )
    run = start_import(file=path, file_name=path.name, kind=kind, source=source, by=None)
    enqueue_preview(run=run, by=None)
    wait_for(run, Import.State.PREVIEWED)
    enqueue_run(run=run, by=None)
    wait_for(run, Import.State.DONE)


def send_mailing(people: int) -> None:
    from campaign_crm.platform.models import Organisation
    from messaging.enums import CampaignState
    from messaging.models import SenderIdentity
    from messaging.services.campaigns import create_campaign, send_now, set_audience

    Organisation.objects.update(postal_address="1 rue de l'Exemple, 75001 Paris")
    officer = member()
    blocks = [
        {"id": "a", "type": "text", "html": "<p>{{ greeting }}</p>"},
        {"id": "b", "type": "button", "label": "Read on", "url": "https://example.org/programme"},
    ]
    sender = SenderIdentity.objects.get()
    campaign = create_campaign(by=officer, name="Letter", subject="Hello", blocks=blocks, sender=sender)
    campaign = set_audience(campaign=campaign, audience={"type": "everyone"}, by=officer)
    send_now(campaign=campaign, by=officer)
    wait_for(campaign, CampaignState.SENT)
    assert campaign.audience_count == people


def read_messages() -> None:
    """Some people open and click, as mail readers ask for it; wait until all of it is stored."""
    from django.conf import settings

    from tracking.ingest import stream

    for path in sorted(Path(settings.MAILBOX_DIR).rglob("*.eml"))[:READERS]:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(preferencelist=("html",))
        assert body is not None
        for address in re.findall(r'"(http://127[^"]+/[co]/[^"]+)"', body.get_content()):
            assert ask(address) in (200, 302), address
    until(lambda: stream.backlog() == 0)


def look_at_pages() -> None:
    """Ask for every main page once as a member of the team."""
    from django.conf import settings
    from django.test import Client

    browser = Client()
    browser.force_login(member())
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    for page in PAGES:
        assert ask(settings.PUBLIC_URL + page, Cookie=cookie) == 200, page


def member() -> Any:
    from campaign_crm.platform.models import User
    from campaign_crm.platform.rights import Role

    found = User.objects.first()
    return found or User.objects.create_user(
        email="officer@example.org", full_name="Claude Durand", role=Role.ADMINISTRATOR, language="en"
    )


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A click leads elsewhere; we stay here."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def ask(address: str, **headers: str) -> int:
    request = urllib.request.Request(address, headers={"User-Agent": FIREFOX, **headers})  # noqa: S310 - ours
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=30) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def wait_for(row: Any, state: str) -> None:
    def reached() -> bool:
        row.refresh_from_db()
        assert row.state not in ("failed", "cancelled"), row.__dict__
        return bool(row.state == state)

    until(reached)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


if __name__ == "__main__":
    prepare([sys.argv[0], "main_job"])
    import django

    django.setup()
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
