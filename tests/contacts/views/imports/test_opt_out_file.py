"""The way of an opt-out file through the screens: recognised, described, written, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from campaign_crm.platform.jobs import run_one_due_job
from contacts.models import Import, Source, Suppression

pytestmark = pytest.mark.django_db


def work() -> None:
    while run_one_due_job():
        pass


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Liste désinscrits mars.csv", "a@example.org\nb@example.org\n"),
        ("export.csv", f"MD5;date\n{hashlib.md5(b'a@example.org', usedforsecurity=False).hexdigest()};\n"),
    ],
    ids=["by its name", "by its hashes"],
)
def test_an_opt_out_file_is_recognised(send: Callable[..., HttpResponse], name: str, content: str) -> None:
    send(content, name=name)
    assert Import.objects.get().kind == "suppression"


def test_a_list_of_addresses_alone_is_not_taken_for_opt_outs(send: Callable[..., HttpResponse]) -> None:
    send("a@example.org\nb@example.org\n", name="contacts.csv")
    assert Import.objects.get().kind == "address-book"


def test_opt_out_file_goes_all_the_way_and_back(send: Callable[..., HttpResponse], staff: Client) -> None:
    send("a@example.org\nb@example.org\n", name="unsubscribed.csv")
    run = Import.objects.get()
    page = staff.get(f"/imports/{run.pk}/source/").content.decode()
    assert "opens nothing" in page
    assert "what-allows" not in page
    form = {"source": "new", "name": "Old tool", "kind": "opt_out", "lawful_basis": "none", "proof": ""}
    staff.post(f"/imports/{run.pk}/source/", form)
    assert Source.objects.get().kind == "opt_out"
    page = staff.get(f"/imports/{run.pk}/columns/").content.decode()
    assert "They reported a message as spam" in page
    answer = staff.post(f"/imports/{run.pk}/columns/", {"column_0": "email", "reason": "imported"})
    assert answer.status_code == 422  # neither SMS nor calls
    chosen = {"column_0": "email", "reason": "complaint", "numbers": ["sms", "call"]}
    staff.post(f"/imports/{run.pk}/columns/", chosen)
    work()
    assert "New on the list" in staff.get(f"/imports/{run.pk}/").content.decode()
    staff.post(f"/imports/{run.pk}/run/")
    work()
    assert set(Suppression.objects.values_list("scope", "reason")) == {("everything", "complaint")}
    page = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "Only for a file that was the wrong one" in page
    assert "Take the objections of this file back" not in page
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes"})
    work()
    assert not Suppression.objects.exists()
    assert (
        "2 entries of the do-not-contact list were taken back"
        in staff.get(f"/imports/{run.pk}/").content.decode()
    )
