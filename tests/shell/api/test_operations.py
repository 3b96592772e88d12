"""What the operations do: the same services as the pages, with the same refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import ApiKey, AuditEntry, ReadTally, User
from campaign_crm.platform.scopes import Scope
from contacts.models import (
    Contact,
    CustomField,
    EmailAddress,
    Export,
    Import,
    Newsletter,
    Segment,
    Source,
    Subscription,
    Suppression,
)
from contacts.services.people import create_contact
from tests.shell.api.conftest import KeyOf
from tests.shell.api.test_reading_people import sign_in_again
from tests.support.places import make_places

pytestmark = pytest.mark.django_db
BASE = "/api/v1/"


def sent(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, BASE + path, json.dumps(body or {}), "application/json")


def test_person_is_added_once_and_changed_by_what_is_named(machine: Client, members: Source) -> None:
    places = make_places()
    CustomField.objects.create(key="size", label="Size", kind="number")
    new = {
        "first_name": "Léa",
        "last_name": "Martin",
        "email": "lea@example.org",
        "phone": "06 39 98 00 01",
        "address": {"line1": "1 rue Haute", "postcode": "60000", "city": "Beauvais"},
        "commune": places.beauvais.code,
        "extra_fields": {"size": 12.5},
        "source": members.pk,
    }
    made = sent(machine, "POST", "people/", new).json()
    assert (made["phones"], made["commune"]) == (["+33639980001"], places.beauvais.code)
    assert (made["extra_fields"], made["relationship"]) == ({"size": 12.5}, "member")
    again = sent(machine, "POST", "people/", new)
    assert (again.status_code, str(made["id"]) in again.json()["detail"]) == (409, True)
    assert machine.get(f"{BASE}people/?email=lea@example.org").json()["results"] == [made]
    path = f"people/{made['id']}/"
    changed = sent(
        machine, "PATCH", path, {"email": "new@example.org", "extra_fields": {"size": None}}
    ).json()
    assert (changed["first_name"], changed["extra_fields"]) == ("Léa", {})
    main = EmailAddress.objects.get(is_primary=True)
    assert (main.address, main.source.kind) == ("new@example.org", "api")
    wrong = {"extra_fields": {"size": "large", "colour": "red"}, "commune": "nowhere", "gender": "X"}
    errors = sent(machine, "PATCH", path, wrong).json()["errors"]
    assert {one["pointer"] for one in errors} == {
        *("#/extra_fields/size", "#/extra_fields/colour", "#/commune", "#/gender")
    }


def test_what_a_person_said_is_written_with_its_proof(machine: Client, lea: Contact) -> None:
    path = f"people/{lea.pk}/"
    said = {"channel": "email", "purpose": "targeting", "given": True}
    assert sent(machine, "POST", f"{path}consents/", said).status_code == 400
    taken = sent(machine, "POST", f"{path}consents/", said | {"how": "paper", "reference": "form 12"})
    assert (taken.status_code, lea.consents.get().proof) == (201, {"how": "paper", "reference": "form 12"})
    assert sent(machine, "POST", f"{path}objections/", {"channels": ["email"]}).status_code == 204
    assert Suppression.objects.get().reason == "objection"
    later = said | {"purpose": "messages", "reference": "form 13"}
    assert sent(machine, "POST", f"{path}consents/", later).status_code == 201
    told = machine.get(f"{BASE}{path}?fields=reachable_by").json()
    assert told == {"reachable_by": []}, "an agreement lifts no objection"
    ledger = machine.get(f"{BASE}{path}consents/?purpose=messages").json()["results"]
    assert [entry["given"] for entry in ledger] == [True, False]


def test_preferences_are_passed_on_as_on_the_page(machine: Client, lea: Contact) -> None:
    letter = Newsletter.objects.create(name="Oise")
    path = f"people/{lea.pk}/preferences/"
    offered = machine.get(BASE + path).json()
    assert [box["purpose"] for box in offered["purposes"]] == ["messages", "targeting", "measurement"]
    wanted = {"purposes": ["targeting"], "newsletters": [letter.pk], "days": 7}
    told = sent(machine, "PUT", path, wanted).json()
    assert [box["purpose"] for box in told["purposes"] if box["chosen"]] == ["targeting"]
    assert (told["newsletters"], told["days"]) == ([letter.pk], 7)
    assert Subscription.objects.get().source.kind == "api"
    given = lea.consents.get(purpose="targeting")
    assert (given.proof["how"], given.wording.purpose) == ("api", "targeting")
    assert sent(machine, "PUT", path, wanted | {"days": 3}).status_code == 400


def test_tags_and_calls_of_a_person(machine: Client, lea: Contact) -> None:
    path = f"people/{lea.pk}/"
    tag = sent(machine, "POST", f"{path}tags/", {"name": "Élus"}).json()
    assert sent(machine, "POST", f"{path}tags/", {"name": "elus"}).json() == tag
    assert machine.get(f"{BASE}people/?tag=Élus&fields=tags").json()["results"] == [{"tags": ["Élus"]}]
    assert [one["name"] for one in machine.get(f"{BASE}tags/?q=el").json()["results"]] == ["Élus"]
    assert sent(machine, "DELETE", f"{path}tags/{tag['id']}/").status_code == 204
    assert not lea.tag_links.exists()
    earlier = (timezone.now() - timedelta(days=40)).isoformat()
    for call in ({"kind": "call"}, {"kind": "meeting", "at": earlier}):
        assert sent(machine, "POST", f"{path}interactions/", call).status_code == 201
    first = machine.get(f"{BASE}{path}interactions/?page_size=1").json()
    second = machine.get(first["next"]).json()
    assert [page["results"][0]["kind"] for page in (first, second)] == ["call", "meeting"]
    assert sent(machine, "POST", f"{path}interactions/", {"kind": "open"}).status_code == 400


def test_segments_are_counted_for_whom_the_key_sees(key_of: KeyOf, boss: User, members: Source) -> None:
    places = make_places()
    for commune in (places.beauvais, places.amiens):
        create_contact(source=members, by=None, last_name="x", gender="F", commune=commune)
    tree = {"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}
    women = Segment.objects.create(name="Women", tree=tree, created_by=boss)
    Segment.objects.create(name="Mine", tree=tree, created_by=boss, is_shared=False)
    Segment.objects.create(name="Opinions", tree=tree, created_by=boss, tells_support=True)
    everywhere, local = key_of(), key_of(scopes=[Scope.SEGMENTS_READ], territory=places.oise.pk)
    assert [one["name"] for one in everywhere.get(f"{BASE}segments/").json()["results"]] == ["Women"]
    counted = [
        client.get(f"{BASE}segments/{women.pk}/count/?exact=true").json() for client in (everywhere, local)
    ]
    assert counted == [{"people": 2, "exact": True}, {"people": 1, "exact": True}]
    inside = everywhere.get(f"{BASE}territories/?inside={places.oise.pk}&kind=commune&fields=code").json()
    assert inside["results"] == [{"code": places.beauvais.code}]


def test_file_is_sent_previewed_and_written(
    machine: Client, members: Source, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    rows = "Prénom;Nom;E-mail\nLéa;Martin;lea@example.org\nPaul;Petit;nobody\n"
    file = SimpleUploadedFile("people.csv", rows.encode(), "text/csv")
    asked = {"file": file, "kind": "address-book", "source": members.pk}
    headers = {"Idempotency-Key": "file-1"}
    made = machine.post(f"{BASE}imports/", asked, headers=headers)
    assert (made.status_code, made.json()["state"]) == (201, "previewing"), made.json()
    file.seek(0)
    assert machine.post(f"{BASE}imports/", asked, headers=headers).json() == made.json()
    assert Import.objects.count() == 1
    path = f"imports/{made.json()['id']}/"
    assert sent(machine, "POST", f"{path}run/").status_code == 422, "its preview is not there yet"


def test_export_leaves_by_the_rules_of_exports_alone(
    key_of: KeyOf, boss: User, lea: Contact, settings: Any, tmp_path: Path, signed_in: Callable[..., Client]
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    later = timezone.now() + timedelta(days=1)
    mine = key_of(kind=ApiKey.Kind.PERSONAL, scopes=[Scope.PEOPLE_EXPORT], expires_at=later)
    asked = {"purpose": "calls", "columns": ["last_name", "email"]}
    session = signed_in("director")
    sign_in_again(session, minutes_ago=settings.ASK_AGAIN_MINUTES + 1)
    assert sent(session, "POST", "exports/", asked).status_code == 403, "not a fresh sign-in"
    assert sent(mine, "POST", "exports/", asked | {"purpose": ""}).status_code == 400
    made = sent(mine, "POST", "exports/", asked).json()
    assert (made["state"], made["rows"]) == ("making", 1)
    path = f"{BASE}exports/{made['id']}/"
    assert mine.get(f"{path}file/").status_code == 422
    Export.objects.update(state="ready", expires_at=later, file_name=written(made["id"]), written=1)
    lines = [json.loads(line) for line in body_of(mine.get(f"{path}file/?as=jsonl")).splitlines()]
    assert lines[0] == {"last_name": "Martin", "email": "lea@example.org", "export": f"E{made['id']}"}
    assert len(lines) == 2, "and the invented one"
    assert "Martin;lea@example.org;" in body_of(mine.get(f"{path}file/"))
    assert AuditEntry.objects.filter(action="export.download").count() == 2
    assert ReadTally.objects.count() == 0


def written(export: int) -> str:
    from contacts.exports.making import write_file

    return write_file(Export.objects.get(pk=export))[0]


def body_of(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def test_large_export_waits_for_a_second_person(
    key_of: KeyOf, boss: User, members: Source, settings: Any
) -> None:
    settings.EXPORT_APPROVAL_ABOVE = 1
    User.objects.create_user(email="other@example.org", role="administrator")
    for name in ("a", "b"):
        create_contact(source=members, by=None, last_name=name)
    later = timezone.now() + timedelta(days=1)
    mine = key_of(kind=ApiKey.Kind.PERSONAL, scopes=[Scope.PEOPLE_EXPORT], expires_at=later)
    made = sent(mine, "POST", "exports/", {"purpose": "check"}).json()
    assert (made["state"], run_one_due_job()) == ("waiting", False)
    assert mine.get(f"{BASE}exports/{made['id']}/file/").status_code == 422
