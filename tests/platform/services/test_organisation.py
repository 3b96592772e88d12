import pytest
from django.core.files.storage import default_storage

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.services.organisation import remove_logo, set_logo, update_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return User.objects.create_user(email="boss@example.org", role="administrator")


def test_only_what_changed_is_written_and_named(boss: User) -> None:
    before = Organisation.current()
    update_organisation(by=boss, name="Ensemble pour demain", legal_name=before.legal_name)
    assert Organisation.current().name == "Ensemble pour demain"
    assert AuditEntry.objects.get().fields == ["name"]


def test_same_values_write_nothing(boss: User) -> None:
    update_organisation(by=boss, name=Organisation.current().name)
    assert not AuditEntry.objects.exists()


def test_other_fields_are_refused(boss: User) -> None:
    with pytest.raises(TypeError):
        update_organisation(by=boss, hash_key_fingerprint="x")


def test_new_logo_replaces_the_file_of_the_old_one(
    boss: User, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = set_logo(content=b"one", extension="png", by=boss).logo.name
        second = set_logo(content=b"two", extension="png", by=boss).logo.name
    assert (default_storage.exists(first), default_storage.exists(second)) == (False, True)
    with django_capture_on_commit_callbacks(execute=True):
        remove_logo(by=boss)
    assert (default_storage.exists(second), bool(Organisation.current().logo)) == (False, False)
