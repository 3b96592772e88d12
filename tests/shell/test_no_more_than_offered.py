"""What a form or an operation does not offer is not taken: roles, owners and dates cannot be slipped in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact, Source
from contacts.services.people import create_contact
from messaging.services.senders import ensure_local_sender
from tests.shell.access_rows import PUBLIC, ROWS
from tests.shell.test_access import PAGES, address
from tests.shell.test_reading_changes_nothing import make_everything
from tracking.models import Submission
from tracking.services.forms import create_form

pytestmark = pytest.mark.django_db

SLIPPED_IN = {
    **{"id": "1", "pk": "1", "is_staff": "1", "is_superuser": "1", "is_active": "", "role": "administrator"},
    **{"territory": "1", "scope": "", "created_by": "1", "created_at": "2001-01-01", "source": "1"},
    **{"erased_at": "2001-01-01", "bucket": "7", "created_by_import": "1", "relationship": "member"},
}


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


def test_nobody_gives_themselves_a_role_in_their_profile() -> None:
    user = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    client = Client()
    client.force_login(user)
    client.post(reverse("shell:profile"), {"full_name": "Camille Durand", "language": "en"} | SLIPPED_IN)
    user.refresh_from_db()
    assert (user.role, user.is_superuser, user.is_active) == (Role.READ_ONLY, False, True)


def test_the_form_of_a_person_changes_what_it_shows(source: Source) -> None:
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")
    person = create_contact(source=source, by=boss, first_name="Léa", last_name="Martin")
    before = Contact.objects.values("bucket", "erased_at", "created_by_import", "created_at").get(
        pk=person.pk
    )
    client = Client()
    client.force_login(boss)
    wanted = SLIPPED_IN | {"first_name": "Zoé", "last_name": "Martin", "relationship": "occasional"}
    client.post(reverse("contacts:person_edit", args=[person.pk]), wanted)
    assert Contact.objects.values(*before).get(pk=person.pk) == before
    assert Contact.objects.count() == 1


def test_a_sign_up_says_nothing_but_what_its_form_asks(source: Source) -> None:
    ensure_local_sender()
    officer = User.objects.create_user(email="officer@example.org", role=Role.ADMINISTRATOR)
    form = create_form(
        by=None,
        title="Join",
        introduction="",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        newsletters=[],
        fields=["first_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )
    _key, text = create_api_key(name="Website", scopes=Scope.values, by=officer)
    website = Client(headers={"authorization": f"Bearer {text}"})
    answers = {"first_name": "Léa", "email": "lea@example.org"}
    for body in (
        {"answers": answers | SLIPPED_IN, "consents": []},
        {"answers": answers, "consents": []} | SLIPPED_IN,
        {"answers": answers, "consents": ["email:targeting"]},
    ):
        answer = website.post(f"/api/v1/forms/{form.slug}/sign-ups/", body, "application/json")
        assert answer.status_code in (201, 400)
    for person in Contact.objects.all():
        assert (person.relationship, person.erased_at) == ("occasional", None)
        assert not person.consents.filter(purpose="targeting").exists()
    assert not Submission.objects.filter(data__icontains="is_staff").exists()


# Columns that no form offers: what a row is, whose it is and since when.
NEVER_OFFERED = {
    "id",
    "created_at",
    "created_by_id",
    "created_by_import_id",
    "erased_at",
    "bucket",
    "is_active",
}


def protected() -> dict[tuple[str, str], dict[str, object]]:
    """(table, key) → the values of those columns, of every row of every table of ours."""
    found: dict[tuple[str, str], dict[str, object]] = {}
    for model in apps.get_models():
        columns = [
            field.attname for field in model._meta.local_concrete_fields if field.attname in NEVER_OFFERED
        ]
        if model._meta.app_label in ("platform", "contacts", "messaging", "tracking") and columns:
            for row in model._base_manager.values("pk", *columns):
                found[model._meta.db_table, str(row["pk"])] = {name: row[name] for name in columns}
    return found


def test_nothing_is_slipped_into_any_form_of_the_staff(settings: Any, tmp_path: Path) -> None:
    """Every page that takes a form, of every kind of thing: keys that it does not offer change nothing."""
    settings.MEDIA_ROOT = str(tmp_path)
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")
    director = User.objects.create_user(email="director@example.org", role=Role.DIRECTOR, language="en")
    make_everything()
    client = Client(raise_request_exception=False)
    client.force_login(director)
    pages = [address(name) for name in sorted(PAGES) if ROWS[name] is not PUBLIC]
    before = protected()
    numbers = SLIPPED_IN | {name: str(boss.pk) for name in ("created_by", "created_by_id", "user", "member")}
    for page in pages:
        client.post(page, numbers)
    after = protected()
    changed = {key: (had, after[key]) for key, had in before.items() if key in after and after[key] != had}
    assert changed == {}
    assert User.objects.filter(role=Role.ADMINISTRATOR).count() == 1
