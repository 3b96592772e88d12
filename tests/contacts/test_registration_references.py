"""What an elector refers to exists when it is written, and stays while it is referred to."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from contacts.models import Contact, ElectoralRegistration, Import, Source, Territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def elector():
    source = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll")
    return ElectoralRegistration.objects.create(
        identity=uuid.uuid4(),
        source=source,
        created_by_import=Import.objects.create(kind="roll", state="done"),
        contact=Contact.objects.create(last_name="Martin"),
        commune=Territory.objects.create(kind="commune", code="60057", name="Beauvais"),
        polling_station=Territory.objects.create(kind="polling_station", code="60057-0001", name="1"),
        birth_name="MARTIN",
    )


REFERENCES = {
    "source_id": "contacts_source",
    "created_by_import_id": "contacts_import",
    "contact_id": "contacts_contact",
    "commune_id": "contacts_territory",
    "polling_station_id": "contacts_territory",
}


@pytest.mark.parametrize("column", REFERENCES)
def test_an_elector_cannot_refer_to_what_is_not_there(elector, column) -> None:
    nobody = {column: 987_654_321}
    with pytest.raises(IntegrityError, match="does not exist"), transaction.atomic():
        ElectoralRegistration.objects.filter(pk=elector.pk).update(**nobody)
    copy = {**ElectoralRegistration.objects.values().get(), "id": None, "identity": uuid.uuid4(), **nobody}
    del copy["name_folded"]
    with pytest.raises(IntegrityError, match="does not exist"), transaction.atomic():
        ElectoralRegistration.objects.create(**copy)


@pytest.mark.parametrize(("column", "table"), REFERENCES.items())
def test_what_an_elector_refers_to_cannot_go(elector, column, table) -> None:
    referred = getattr(elector, column)
    delete = f"DELETE FROM {table} WHERE id = %s"
    with (
        pytest.raises(IntegrityError, match="still refer"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(delete, [referred])
    ElectoralRegistration.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(delete, [referred])
        assert cursor.rowcount == 1


def test_a_person_who_goes_leaves_the_elector(elector) -> None:
    Contact.objects.get().delete()
    elector.refresh_from_db()
    assert elector.contact is None


def test_an_elector_without_a_station_import_or_person_is_whole(elector) -> None:
    ElectoralRegistration.objects.update(polling_station=None, created_by_import=None, contact=None)
    elector.refresh_from_db()
    assert (elector.polling_station, elector.created_by_import, elector.contact) == (None, None, None)
