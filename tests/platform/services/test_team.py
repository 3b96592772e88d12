import pytest
from django.core import mail

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.services import team

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return User.objects.create_user(email="boss@example.org", role="administrator", language="en")


def test_invited_person_gets_a_link_in_their_language(
    boss: User, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        user = team.invite(
            email="astrid@example.org", full_name="Astrid", role="read_only", language="fr", by=boss
        )
    assert (user.role, user.has_usable_password()) == ("read_only", False)
    (message,) = mail.outbox
    assert (message.to, "/accounts/password/reset/key/" in message.body) == (["astrid@example.org"], True)
    assert AuditEntry.objects.get(action="team.invite").actor == boss


def test_last_administrator_keeps_the_role(boss: User) -> None:
    with pytest.raises(team.TeamError):
        team.change_role(user=boss, role="read_only", by=boss)
    boss.refresh_from_db()
    assert boss.role == "administrator"


def test_role_changes_while_another_administrator_stays(boss: User) -> None:
    other = User.objects.create_user(email="other@example.org", role="administrator")
    assert team.change_role(user=other, role="read_only", by=boss).role == "read_only"
    assert AuditEntry.objects.get().detail == {"role": "read_only"}


def test_closed_administrator_does_not_count_as_one(boss: User) -> None:
    other = User.objects.create_user(email="other@example.org", role="administrator")
    team.deactivate(user=other, by=boss)
    with pytest.raises(team.TeamError):
        team.change_role(user=boss, role="read_only", by=boss)


def test_nobody_closes_their_own_account(boss: User) -> None:
    User.objects.create_user(email="other@example.org", role="administrator")
    with pytest.raises(team.TeamError):
        team.deactivate(user=boss, by=boss)


def test_closed_account_may_be_opened_again(boss: User) -> None:
    user = User.objects.create_user(email="astrid@example.org", role="read_only")
    assert not team.deactivate(user=user, by=boss).is_active
    assert team.reactivate(user=user, by=boss).is_active
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "team.deactivate",
        "team.reactivate",
    ]
