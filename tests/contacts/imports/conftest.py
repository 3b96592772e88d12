"""The places, sources and rolls of the tests of imports."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation

from contacts.invented.rolls import COLUMNS
from contacts.models import Source
from tests.support.imports import write_rows
from tests.support.small_reference import load_small_reference


@pytest.fixture(autouse=True)
def english(settings: Any) -> Iterator[None]:
    """Messages are read in English, the background work's too."""
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def places_once(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Oise and Paris, in a transaction around the module's tests (each of which is a savepoint)."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_small_reference(tmp_path_factory.mktemp("reference"))
        connection.check_constraints()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def places(places_once: None, db: None) -> None:
    """Oise and Paris, and the database."""


@pytest.fixture
def roll_source(db: None) -> Source:
    return Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(
        name="Book", kind="address_book", lawful_basis="consent", channels=["email", "sms"]
    )


Elector = dict[str, str]


@pytest.fixture
def elector() -> Callable[..., Elector]:
    """A row of a roll by the names of its columns; what a test does not say is ordinary."""

    def make(**values: str) -> Elector:
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "code du l'ugle": "60057",
            "libellé de l'ugle": "BEAUVAIS",
            "libellé du type de liste": "Liste principale",
            "nom de naissance": "MARTIN",
            "prénoms": "Léa Marie",
            "sexe": "F",
            "date de naissance": "17/05/1980",
            "code commune de naissance": "60175",
            "libellé commune de naissance": "CREIL",
            "code département de naissance": "60",
            "pays de naissance": "FRANCE",
            "numéro de voie": "12",
            "libellé de voie": "RUE DES LILAS",
            "code postal": "60000",
            "commune": "BEAUVAIS",
            "code du bureau de vote": "0001",
            "libellé du bureau de vote": "Mairie",
            "code circonscription législative du bureau de vote": "60-01",
            "libellé canton du bureau de vote": "Beauvais-1",
            "numéro d'ordre dans le bureau de vote": "1",
        }
        named = {name.replace(" ", "_").replace("'", "_"): name for name in COLUMNS}
        return row | {named[name]: value for name, value in values.items()}

    return make


@pytest.fixture
def roll_file(tmp_path: Path) -> Callable[..., Path]:
    """Write electors as the national register exports them; `columns` and `delimiter` vary."""

    def write(
        electors: Sequence[Elector],
        *,
        name: str = "roll.csv",
        columns: Sequence[str] = COLUMNS,
        delimiter: str = ";",
        encoding: str = "utf-8",
    ) -> Path:
        rows = [list(columns), *([one[column] for column in columns] for one in electors)]
        return write_rows(tmp_path / name, rows, delimiter=delimiter, encoding=encoding)

    return write
