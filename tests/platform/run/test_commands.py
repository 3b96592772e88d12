"""Which commands find their servers running."""

import pytest

from campaign_crm.platform.run.commands import needs_services


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("manage.py", False),
        ("manage.py help migrate", False),
        ("manage.py migrate --help", False),
        ("manage.py check --deploy", False),
        ("manage.py check --database default", True),
        ("manage.py check --database=default", True),
        ("manage.py collectstatic --noinput", False),
        ("manage.py migrate", True),
        ("manage.py makemigrations --check", True),
        ("manage.py import_contacts roll.csv", True),
        ("manage.py runserver", True),
    ],
)
def test_only_commands_that_use_data_start_servers(line: str, expected: bool) -> None:
    assert needs_services(line.split()) is expected
