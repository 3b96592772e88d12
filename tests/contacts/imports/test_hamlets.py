"""Hamlets of one postcode in files: each is an address of its own, and a merge keeps both."""

import pytest

from contacts.merging.service import merge
from contacts.models import Contact, PostalAddress
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Nom", "Prénom", "E-mail", "Rue", "Lieu-dit", "Code postal", "Ville"]
MAPPING = dict(
    enumerate(["last_name", "first_name", "email", "street_1", "locality_1", "postcode_1", "city_1"])
)


@pytest.fixture
def bring(tmp_path, places, book):
    def run(*rows):
        path = write_rows(tmp_path / "book.csv", [HEADER, *[list(row) for row in rows]])
        return import_file(path, kind="address-book", source=book, mapping=MAPPING)

    return run


def lea(hamlet: str, mail: str = "lea@example.org"):
    return ("Martin", "Léa", mail, "", hamlet, "60000", "Beauvais")


def test_a_second_hamlet_of_the_postcode_comes_in_and_the_first_does_not_come_twice(bring) -> None:
    bring(lea("Le Moulin"))
    bring(lea("La Forge"), lea("LE MOULIN"))
    assert set(PostalAddress.objects.values_list("locality", flat=True)) == {"Le Moulin", "La Forge"}
    assert Contact.objects.count() == 1


def test_a_merge_keeps_both_hamlets(bring) -> None:
    bring(lea("Le Moulin"), lea("La Forge", "other@example.org"))
    kept, other = Contact.objects.order_by("pk")
    merge(kept=kept, absorbed=other, by=None)
    assert set(kept.postaladdress_set.values_list("locality", flat=True)) == {"Le Moulin", "La Forge"}
