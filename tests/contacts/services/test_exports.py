"""A file of people leaves by one way: asked for, agreed to, made sealed, taken by who asked, deleted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.asking_again import SIGNED_IN_AT
from campaign_crm.platform.crypto import SealBroken
from campaign_crm.platform.jobs import JobStopped, run_job
from campaign_crm.platform.models import AuditEntry, Job, Notification, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.sealed_files import BLOCK_BYTES, SealedWriter, opened_blocks
from contacts.exports.concerned import taken_unseen
from contacts.exports.errors import ExportRefused
from contacts.exports.making import folder, path_of
from contacts.exports.marking import export_of, invented_facts, mark_of
from contacts.models import Contact, Export, Grant, List
from contacts.requests.traces import traces_of_people
from contacts.services.export_files import expire_old, take, token_of, withdraw
from contacts.services.exports import COOL_OFF, approve, ask_people, decline, stop
from contacts.services.lists import add_to_list
from contacts.services.projections import refresh_reach
from tests.support.places import make_places

pytestmark = pytest.mark.django_db
COLUMNS = ["first_name", "last_name", "email"]
SMALL = {"scope": {}, "columns": COLUMNS, "purpose": "calls"}
Member = Callable[..., User]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT, settings.EXPORT_APPROVAL_ABOVE, settings.LANGUAGE_CODE = str(tmp_path), 2, "en"


@pytest.fixture
def member(db: None) -> Member:
    def make(role: str = Role.DATA_OFFICER, name: str = "Ada") -> User:
        return User.objects.create_user(
            email=f"{name.lower()}@example.org", full_name=name, role=role, language="en"
        )

    return make


def people(number: int) -> list[Contact]:
    return [Contact.objects.create(first_name="Zoé", last_name=f"Roux{n}") for n in range(number)]


def made(export: Export) -> Export:
    run_job(export.job_id or Export.objects.get(pk=export.pk).job_id)
    export.refresh_from_db()
    return export


def text_of(export: Export) -> str:
    return b"".join(opened_blocks(path_of(export))).decode("utf-8-sig")


def test_a_small_one_is_made_at_once_marked_and_sealed(member: Member) -> None:
    boss = member()
    people(2)
    export = made(ask_people(by=boss, **SMALL))
    rows = list(csv.reader(io.StringIO(text_of(export)), delimiter=";"))
    assert (export.state, export.written) == ("ready", 2)
    assert "Ada" in rows[0][-1]
    assert {row[-1] for row in rows[1:]} == {mark_of(export)}
    assert sorted(row[1] for row in rows[1:3]) == ["Roux0", "Roux1"]
    assert b"Roux" not in path_of(export).read_bytes()
    assert AuditEntry.objects.filter(action="export.ask", actor=boss).exists()
    assert Notification.objects.filter(user=boss, kind="export.ready").exists()


def test_one_line_is_invented_and_tells_whose_file_it_was(member: Member) -> None:
    people(1)
    boss = member()
    first, second = made(ask_people(by=boss, **SMALL)), made(ask_people(by=boss, **SMALL))
    line = list(csv.reader(io.StringIO(text_of(first)), delimiter=";"))[-1]
    assert line[:3] == [invented_facts(first)[name] for name in COLUMNS]
    assert export_of(line[2].upper()) == first
    assert export_of(invented_facts(second)["email"]) == second
    assert export_of("somebody@example.org") is None
    assert not Contact.objects.filter(last_name=line[1]).exists()


def test_addresses_that_may_not_be_written_to_are_left_empty_and_cells_run_nothing(
    member, contact_with_email
):
    open_one, closed_one = (
        contact_with_email("ok@example.org"),
        contact_with_email("no@example.org", open=False),
    )
    Contact.objects.filter(pk=open_one.pk).update(first_name="=cmd|' /C calc'!A0")
    rows = text_of(made(ask_people(by=member(), **SMALL)))
    assert "ok@example.org" in rows
    assert "no@example.org" not in rows
    assert "'=cmd" in rows
    assert closed_one.last_name in rows


@pytest.fixture
def contact_with_email():
    from contacts.models import EmailAddress
    from contacts.services.consents import record_consent
    from contacts.services.sources import hand_source

    def make(address: str, *, open: bool = True) -> Contact:
        one = Contact.objects.create(first_name="Zoé", last_name=address.split("@")[0].upper())
        EmailAddress.objects.create(contact=one, address=address, normalised=address)
        if open:
            record_consent(
                contact=one, channel="email", purpose="messages", given=True, by=None, source=hand_source()
            )
        refresh_reach([one.pk])
        return one

    return make


def test_many_need_somebody_else_who_is_told(member: Member) -> None:
    boss, second = member(), member(Role.DIRECTOR, "Bea")
    people(3)
    export = ask_people(by=boss, **SMALL)
    assert (export.state, export.job_id) == ("waiting", None)
    assert Notification.objects.get(user=second).message == "Ada asks to export 3 people."
    with pytest.raises(ExportRefused, match="Somebody else"):
        approve(export=export, by=boss)
    with pytest.raises(ExportRefused, match="Somebody else"):
        approve(export=export, by=member(Role.READ_ONLY, "Cleo"))
    approve(export=export, by=second)
    export.refresh_from_db()
    assert made(export).decided_by == second
    with pytest.raises(ExportRefused, match="no longer waiting"):
        approve(export=export, by=second)


def test_declined_is_told_why(member: Member) -> None:
    boss, second = member(), member(Role.DIRECTOR, "Bea")
    people(3)
    export = ask_people(by=boss, **SMALL)
    with pytest.raises(ExportRefused, match="Write why"):
        decline(export=export, reason=" ", by=second)
    decline(export=export, reason="Too many", by=second)
    assert "Too many" in Notification.objects.get(user=boss).message
    assert not Job.objects.exists()


def test_where_nobody_else_can_approve_a_reason_and_ten_minutes(member: Member) -> None:
    boss, watcher = member(Role.DIRECTOR), member(Role.ADMINISTRATOR, "Dan")
    User.objects.filter(pk=watcher.pk).update(is_active=False)
    people(3)
    with pytest.raises(ExportRefused, match="write a reason"):
        ask_people(by=boss, **SMALL)
    export = ask_people(by=boss, words="The printer waits", **SMALL)
    assert export.state == "cooling"
    export.refresh_from_db()
    with pytest.raises(JobStopped):
        run_job(export.job_id)  # not due
    assert Job.objects.get().run_after == export.leaves_at
    Export.objects.update(leaves_at=timezone.now() - timedelta(seconds=1))
    Job.objects.update(run_after=timezone.now() - COOL_OFF)
    assert made(export).state == "ready"


def test_who_is_concerned_stops_it_in_time_and_nobody_else(member: Member) -> None:
    boss, outsider = member(Role.DIRECTOR), member(Role.READ_ONLY, "Eve")
    people(3)
    export = ask_people(by=boss, words="The printer waits", **SMALL)
    with pytest.raises(ExportRefused):
        stop(export=export, by=outsider)
    stop(export=export, by=member(Role.ADMINISTRATOR, "Dan"))
    Job.objects.update(run_after=timezone.now() - COOL_OFF)
    assert made(export).state == "cancelled"
    assert not list(folder().iterdir())
    assert "Dan" in Notification.objects.get(user=boss).message


def test_without_purpose_columns_or_people_nothing_leaves(member: Member) -> None:
    boss = member()
    with pytest.raises(ExportRefused, match="Nobody fits"):
        ask_people(by=boss, **SMALL)
    people(1)
    with pytest.raises(ExportRefused, match="what the file is for"):
        ask_people(by=boss, **SMALL | {"purpose": "other"})
    with pytest.raises(ExportRefused, match="what the file is for"):
        ask_people(by=boss, **SMALL | {"purpose": "nonsense"})
    with pytest.raises(ExportRefused, match="what the file says"):
        ask_people(by=boss, **SMALL | {"columns": ["search_text", "id"]})
    assert ask_people(by=boss, **SMALL | {"purpose": "other", "words": "A visit"}).state == "making"


def test_a_file_never_holds_many_more_than_were_agreed_to(member: Member) -> None:
    people(2)
    export = ask_people(by=member(), **SMALL)
    people(30)
    run_job(export.job_id or Export.objects.get().job_id)
    export.refresh_from_db()
    assert export.state == "failed"
    assert "Ask again" in export.answer
    assert not list(folder().iterdir())


def test_only_who_asked_takes_it_by_its_link_while_it_is_good(member: Member) -> None:
    boss, other = member(), member(Role.DIRECTOR, "Bea")
    people(1)
    export = made(ask_people(by=boss, **SMALL))
    token = token_of(export)
    for who, link in ((other, token), (boss, f"{token}x"), (boss, "")):
        with pytest.raises(ExportRefused, match="no longer good"):
            take(export=export, token=link, by=who)
    assert b"".join(take(export=export, token=token, by=boss)).decode("utf-8-sig") == text_of(export)
    assert AuditEntry.objects.get(action="export.download").detail == {"people": 1, "times": 1}
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ExportRefused, match="no longer good"):
        take(export=export, token=token, by=boss)


def test_files_go_when_their_time_is_over_and_what_nobody_answered_too(member: Member) -> None:
    boss, _second = member(), member(Role.DIRECTOR, "Bea")
    people(1)
    export = made(ask_people(by=boss, **SMALL))
    people(3)
    waiting = ask_people(by=boss, **SMALL)
    assert expire_old() == 0
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    Export.objects.filter(pk=waiting.pk).update(requested_at=timezone.now() - timedelta(days=8))
    assert expire_old() == 2
    assert not list(folder().iterdir())
    assert set(Export.objects.values_list("state", flat=True)) == {"expired"}


def test_who_lost_the_right_gets_no_file(member: Member) -> None:
    boss = member()
    people(1)
    export = ask_people(by=boss, **SMALL)
    User.objects.filter(pk=boss.pk).update(role=Role.READ_ONLY)
    export.refresh_from_db()
    run_job(export.job_id)
    export.refresh_from_db()
    assert export.state == "failed"


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_sealed_files_open_whole_and_only_whole(tmp_path: Path, size: int) -> None:
    path, plain = tmp_path / "file", bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    with SealedWriter(path) as file:
        file.write(plain)
    assert b"".join(opened_blocks(path)) == plain
    sealed = path.read_bytes()
    for broken in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:-17]):
        path.write_bytes(broken)
        with pytest.raises(SealBroken):
            list(opened_blocks(path))


def test_a_file_whose_writing_broke_off_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    file = SealedWriter(path)
    file.write(b"x" * (BLOCK_BYTES + 1))
    file.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(SealBroken):
        list(opened_blocks(path))


def test_small_ones_take_two_clicks_and_the_file_comes_by_its_link(client: Client, member: Member) -> None:
    boss = member()
    client.force_login(boss)
    one = people(1)[0]
    chosen = List.objects.create(name="Visites", targeting_class="criterion")
    chosen.memberships.create(contact=one)
    listed = client.get(reverse("contacts:list", args=[chosen.pk])).content.decode()
    address = f"{reverse('contacts:export_new')}?list={chosen.pk}"
    assert address in listed
    asked = client.post(address, {"purpose": "doors", "column": COLUMNS})
    export = Export.objects.get()
    assert asked["Location"] == reverse("contacts:export", args=[export.pk])
    made(export)
    page = client.get(asked["Location"])
    link = f"{reverse('contacts:export_file', args=[export.pk])}?{urlencode({'link': page.context['token']})}"
    answer = client.get(link)
    assert "Roux0" in b"".join(answer.streaming_content).decode()
    assert "attachment" in answer["Content-Disposition"]
    other = Client()
    other.force_login(member(Role.DIRECTOR, "Bea"))
    assert other.get(link)["Location"] == asked["Location"]  # told, and nothing taken
    assert AuditEntry.objects.filter(action="export.download").count() == 1


def test_the_page_says_why_a_file_does_not_leave(client: Client, member: Member) -> None:
    client.force_login(member())
    people(1)
    answer = client.post(reverse("contacts:export_new"), {"purpose": "doors"})
    assert answer.status_code == 422
    assert "Choose what the file says" in answer.content.decode()


def test_an_approver_finds_what_waits_and_whose_a_leaked_address_was(client: Client, member: Member) -> None:
    boss, second = member(), member(Role.DIRECTOR, "Bea")
    people(3)
    export = ask_people(by=boss, **SMALL)
    client.force_login(second)
    page = client.get(reverse("contacts:exports"), {"leaked": invented_facts(export)["email"]})
    assert f"Export {export.pk}, taken by Ada" in page.content.decode()
    assert page.context["waiting"] == [export]
    client.post(reverse("contacts:export_decide", args=[export.pk, "approve"]))
    export.refresh_from_db()
    assert export.state == "making"
    stranger = Client()
    stranger.force_login(member(Role.READ_ONLY, "Eve"))
    assert stranger.get(reverse("contacts:export", args=[export.pk])).status_code == 404
    assert not stranger.get(reverse("contacts:exports")).context["page"].rows


def test_small_ones_of_a_day_are_added_up(member: Member) -> None:
    boss, second = member(), member(Role.DIRECTOR, "Bea")
    people(2)
    first = ask_people(by=boss, **SMALL)
    assert first.state == "making"
    assert ask_people(by=second, **SMALL).state == "making", "what others exported is theirs"
    waiting = ask_people(by=boss, **SMALL)
    assert waiting.state == "waiting", "two and two are above the threshold"
    approve(export=waiting, by=second)
    assert taken_unseen(boss) == 2, "what somebody agreed to is not added up"
    Export.objects.filter(pk=first.pk).update(requested_at=timezone.now() - timedelta(hours=25))
    assert ask_people(by=boss, **SMALL).state == "making"


def test_file_that_was_taken_counts_also_when_it_was_stopped_afterwards(member: Member) -> None:
    boss, _second = member(), member(Role.DIRECTOR, "Bea")
    people(2)
    export = made(ask_people(by=boss, **SMALL))
    b"".join(take(export=export, token=token_of(export), by=boss))
    stop(export=export, by=boss)
    assert ask_people(by=boss, **SMALL).state == "waiting"
    Export.objects.filter(pk=export.pk).update(downloads=0)
    assert taken_unseen(boss) == 0, "a file that nobody took has not left"


def test_file_is_not_taken_once_its_people_are_no_longer_ones_own(member: Member) -> None:
    boss, places = member(), make_places()
    people(1)
    export = made(ask_people(by=boss, **SMALL))
    User.objects.filter(pk=boss.pk).update(role="")
    Grant.objects.create(user=boss, role=Role.DATA_OFFICER, territory=places.oise)
    moved = User.objects.get(pk=boss.pk)
    with pytest.raises(ExportRefused, match="no longer includes"):
        take(export=export, token=token_of(export), by=moved)
    assert not AuditEntry.objects.filter(action="export.download").exists()


def test_approving_asks_the_second_step_and_a_fresh_sign_in(member: Member) -> None:
    boss, second = member(), member(Role.APPROVER, "Bea")
    people(3)
    export = ask_people(by=boss, **SMALL)
    client, address = Client(), reverse("contacts:export_decide", args=[export.pk, "approve"])
    client.force_login(second)
    with override_settings(SECOND_STEP_REQUIRED=True):
        assert client.post(address)["Location"] == reverse("mfa_index")
    second.set_password("correct horse battery")
    second.save()
    client.force_login(second)
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=1)).timestamp()
    session["account_authentication_methods"] = []
    session.save()
    assert reverse("account_reauthenticate") in client.post(address)["Location"]
    export.refresh_from_db()
    assert export.state == "waiting"
    declined = client.post(reverse("contacts:export_decide", args=[export.pk, "decline"]), {"reason": "No"})
    assert declined["Location"] == reverse("contacts:export", args=[export.pk]), "holding back is not held up"


def test_file_that_holds_somebody_erased_is_withdrawn_and_a_namesakes_stays(
    member: Member, contact_with_email, settings
) -> None:
    settings.EXPORT_APPROVAL_ABOVE = 100
    boss = member()
    gone, namesake = contact_with_email("gone@example.org"), contact_with_email("stays@example.org")
    Contact.objects.update(first_name="Zoé", last_name="Roux")
    theirs, other = List.objects.create(name="Theirs"), List.objects.create(name="Other")
    add_to_list(to=theirs, contacts=[gone], by=None)
    add_to_list(to=other, contacts=[namesake], by=None)
    asked = SMALL | {"purpose": "check"}
    withdrawn = made(ask_people(by=boss, **asked | {"scope": {"list": theirs.pk}}))
    kept = made(ask_people(by=boss, **asked | {"scope": {"list": other.pk}}))
    nameless = made(ask_people(by=boss, **asked | {"columns": ["last_name", "first_name"]}))
    assert withdraw(traces_of_people([gone.pk])) == 2
    for export in (withdrawn, kept, nameless):
        export.refresh_from_db()
    assert [one.state for one in (withdrawn, kept, nameless)] == ["cancelled", "ready", "cancelled"]
    assert [path.name for path in folder().iterdir()] == [kept.file_name]
    assert "was erased" in Notification.objects.filter(user=boss).latest("pk").message
    with pytest.raises(ExportRefused):
        take(export=withdrawn, token=token_of(withdrawn), by=boss)
