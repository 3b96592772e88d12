import pytest

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.services.first_admin import (
    FirstAdministratorError,
    create_first_administrator,
    is_link_good,
    issue_first_admin_link,
)

pytestmark = pytest.mark.django_db
ACCOUNT = {"email": "camille@example.org", "full_name": "Camille", "password": "x" * 12, "language": "fr"}


def token_of(link: str | None) -> str:
    assert link is not None
    return link.rstrip("/").rpartition("/")[2]


def test_link_makes_one_administrator_once() -> None:
    token = token_of(issue_first_admin_link())
    user = create_first_administrator(token=token, **ACCOUNT)
    assert (user.role, user.is_administrator) == ("administrator", True)
    assert list(AuditEntry.objects.values_list("action")) == [("team.first_administrator",)]
    with pytest.raises(FirstAdministratorError):
        create_first_administrator(token=token, **(ACCOUNT | {"email": "other@example.org"}))
    assert User.objects.count() == 1


def test_newer_link_ends_the_older_one() -> None:
    older, newer = token_of(issue_first_admin_link()), token_of(issue_first_admin_link())
    assert (is_link_good(older), is_link_good(newer)) == (False, True)


def test_token_is_kept_only_as_a_digest() -> None:
    token = token_of(issue_first_admin_link())
    assert token not in str(Organisation.objects.values().get())


def test_nothing_is_issued_once_somebody_has_an_account() -> None:
    token = token_of(issue_first_admin_link())
    User.objects.create_user(email="first@example.org")
    assert issue_first_admin_link() is None
    assert not is_link_good(token)


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_wrong_token_is_refused(token: str) -> None:
    assert not is_link_good(token)
    issue_first_admin_link()
    assert not is_link_good(token)
