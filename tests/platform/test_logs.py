"""Nobody's values in the logs: canary people, refused rows and the tokens of public pages."""

import logging
import sys

import pytest
from django.db import connection, transaction

from campaign_crm.platform.logs import HIDDEN, Line, plain

CANARY = "lea.canari@example.org"


def logged(message: str, *arguments: object, exc_info: object = None) -> str:
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, message, arguments, exc_info)
    return Line("%(levelname)s %(message)s").format(record)


def refused(sql: str) -> tuple[str, str]:
    """What a person and the log are told of a statement that PostgreSQL refuses."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except Exception as error:
        return plain(error), logged("Job 7 failed", exc_info=sys.exc_info())
    raise AssertionError("PostgreSQL took it")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("INSERT INTO contacts_tag (name) VALUES ('Canari'), ('Canari')", "tag_name_unique"),
        ("SELECT 'Canari'::int", "invalid input syntax for type integer"),
        ("SELECT 'Canari\n\nCanari'::date", "invalid input syntax for type date"),
    ],
)
def test_a_refused_row_is_told_without_its_values(sql: str, kept: str) -> None:
    for text in refused(sql):
        assert kept in text
        assert "canari" not in text.lower()
    assert "test_logs.py" in refused(sql)[1], "the place stays"


def test_addresses_and_numbers_are_hidden_wherever_they_stand() -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise ValueError(f"{{'{CANARY}': (550, b'no')}} +33639980001") from error
    except ValueError:
        text = logged("Could not write to <%s>", CANARY, exc_info=sys.exc_info())
    assert "canari" not in text
    assert "33639980001" not in text
    assert "KeyError" in text
    assert f"<{HIDDEN}>" in text


def test_the_token_of_a_public_page_is_hidden() -> None:
    token = "EVUpGh-UYKOVu0kv3OVbHYp_QJYloSSTFZkjozg8qRs40PDug3SDU-bUMyEM"
    assert logged("%s: %s", "Gone", f"/k/{token}") == f"ERROR Gone: /k/{HIDDEN}"
    assert logged("%s: %s", "Not Found", "/people/12/") == "ERROR Not Found: /people/12/"
