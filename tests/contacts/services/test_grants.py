"""Roles in territories: given inside one's own and not above one's own, over on their day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry, Notification, User
from campaign_crm.platform.rights import NATIONAL_ONLY, Right, Role, rights_of
from campaign_crm.platform.services import team
from campaign_crm.platform.services.team import TeamError
from campaign_crm.platform.walls import NOWHERE, acting_within
from contacts.models import Grant, Territory
from contacts.services.grants import (
    GrantRefused,
    end_grant,
    give_grant,
    grants_seen_by,
    invite_with_grant,
    roles_to_give,
    roles_to_offer,
    team_of,
)
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db
Make = Callable[..., User]


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user(email="boss@example.org", role="administrator")


@pytest.fixture
def member(boss: User) -> Make:
    """`member("local_coordinator", place)`: an account with this grant only."""

    def make(role: str = "", where: Territory | None = None, ends_on: date | None = None) -> User:
        number = User.objects.count()
        user = User.objects.create_user(email=f"member{number}@example.org", role="")
        if role:
            give_grant(user=user, role=role, territory=where, ends_on=ends_on, by=boss)
        return User.objects.get(pk=user.pk)

    return make


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def test_grant_holds_in_its_territory_and_not_in_the_country(member: Make, places: Places) -> None:
    user = member("local_coordinator", places.oise)
    assert user.scope_of(Right.EDIT_PEOPLE) == {places.oise.pk}
    assert (user.holds(Right.EDIT_PEOPLE), user.has_right(Right.EDIT_PEOPLE)) == (True, False)
    assert user.scope_of(Right.IMPORT_PEOPLE) == NOWHERE
    with acting_within(frozenset({places.beauvais.pk})):
        assert user.has_right(Right.EDIT_PEOPLE)
    with acting_within(frozenset({places.amiens.pk})):
        assert not user.has_right(Right.EDIT_PEOPLE)


def test_several_grants_add_up_by_right(member: Make, places: Places, boss: User) -> None:
    user = member("local_coordinator", places.beauvais)
    give_grant(user=user, role="read_only", territory=places.somme, ends_on=None, by=boss)
    give_grant(user=user, role="approver", territory=None, ends_on=in_days(3), by=boss)
    assert user.scope_of(Right.VIEW_PEOPLE) == {places.beauvais.pk, places.somme.pk}
    assert user.scope_of(Right.EDIT_PEOPLE) == {places.beauvais.pk}
    assert user.scope_of(Right.APPROVE_CAMPAIGN) is None


def test_grant_is_over_the_day_after_its_last(member: Make, places: Places) -> None:
    user = member("local_coordinator", places.oise, in_days(0))
    assert user.holds(Right.VIEW_PEOPLE)
    Grant.objects.update(ends_on=in_days(-1))
    assert not User.objects.get(pk=user.pk).holds(Right.VIEW_PEOPLE)


def test_closed_account_holds_nothing(member: Make, places: Places) -> None:
    user = member("local_coordinator", places.oise)
    user.is_active = False
    assert user.scope_of(Right.VIEW_PEOPLE) == NOWHERE


def test_coordinator_passes_on_what_they_hold_inside_their_territory(member: Make, places: Places) -> None:
    coordinator, other = member("local_coordinator", places.oise), member()
    grant = give_grant(
        user=other, role="volunteer", territory=places.beauvais, ends_on=in_days(30), by=coordinator
    )
    assert (grant.given_by, other.scope_of(Right.VIEW_PEOPLE)) == (coordinator, {places.beauvais.pk})
    told = AuditEntry.objects.filter(action="grant.give").latest("pk")
    assert (told.actor, told.detail["role"], told.detail["territory"]) == (
        coordinator,
        "volunteer",
        places.beauvais.pk,
    )


@pytest.mark.parametrize(
    ("role", "where", "days", "message"),
    [
        ("volunteer", "somme", 30, "outside your territory"),
        ("volunteer", "region", 30, "outside your territory"),
        ("volunteer", None, 30, "outside your territory"),
        ("director", "oise", 30, "more rights than yours"),
        ("data_officer", "beauvais", 30, "more rights than yours"),
        ("approver", "oise", 30, "more rights than yours"),
        ("administrator", "oise", 30, "whole country"),
        ("volunteer", "beauvais", None, "Choose the last day"),
        ("volunteer", "beauvais", 90, "ends before that day"),
        ("volunteer", "beauvais", -1, "is over"),
    ],
)
def test_coordinator_gives_nothing_else(
    member: Make, places: Places, role: str, where: str | None, days: int | None, message: str
) -> None:
    coordinator, other = member("local_coordinator", places.oise, in_days(60)), member()
    territory = getattr(places, where) if where else None
    ends_on = None if days is None else in_days(days)
    with pytest.raises(GrantRefused, match=message):
        give_grant(user=other, role=role, territory=territory, ends_on=ends_on, by=coordinator)
    assert not other.holds(Right.VIEW_PEOPLE)


def test_nobody_gives_a_role_to_themselves(member: Make, places: Places) -> None:
    coordinator = member("local_coordinator", places.oise)
    with pytest.raises(GrantRefused, match="yourself"):
        give_grant(
            user=coordinator, role="volunteer", territory=places.oise, ends_on=in_days(1), by=coordinator
        )


@pytest.mark.parametrize("role", [role for role in Role if role not in NATIONAL_ONLY])
def test_no_role_is_given_above_the_givers(member: Make, places: Places, role: Role) -> None:
    giver = member(role, places.oise)
    given = roles_to_give(giver, places.beauvais)
    assert bool(given) == (Right.MANAGE_TEAM in rights_of(role))
    assert all(rights_of(each) <= rights_of(role) for each in given)
    assert roles_to_give(giver, places.amiens) == []


def test_role_given_again_has_the_new_day(member: Make, places: Places, boss: User) -> None:
    user = member("volunteer", places.oise, in_days(5))
    give_grant(user=user, role="volunteer", territory=places.oise, ends_on=in_days(9), by=boss)
    assert [grant.ends_on for grant in user.grants.all()] == [in_days(9)]


def test_role_taken_away_holds_no_more(member: Make, places: Places) -> None:
    coordinator, stranger = (
        member("local_coordinator", places.oise),
        member("local_coordinator", places.somme),
    )
    volunteer = member("volunteer", places.beauvais)
    grant = Grant.objects.get(user=volunteer)
    with pytest.raises(GrantRefused):
        end_grant(grant=grant, by=stranger)
    end_grant(grant=grant, by=coordinator)
    assert not User.objects.get(pk=volunteer.pk).holds(Right.VIEW_PEOPLE)
    assert AuditEntry.objects.filter(action="grant.end", actor=coordinator).exists()


def test_coordinator_sees_the_team_of_the_territory_alone(member: Make, places: Places, boss: User) -> None:
    coordinator, here = member("local_coordinator", places.oise), member("volunteer", places.beauvais)
    elsewhere = member("volunteer", places.amiens)
    assert set(team_of(coordinator)) == {coordinator, here}
    assert set(team_of(boss)) == {boss, coordinator, here, elsewhere}


def test_refused_invitation_opens_no_account(member: Make, places: Places) -> None:
    coordinator = member("local_coordinator", places.oise)
    asked = {"email": "new@example.org", "full_name": "New", "language": "fr", "role": "volunteer"}
    with pytest.raises(GrantRefused):
        invite_with_grant(**asked, territory=places.amiens, ends_on=in_days(3), by=coordinator)
    assert not User.objects.filter(email="new@example.org").exists()
    invited = invite_with_grant(**asked, territory=places.beauvais, ends_on=in_days(3), by=coordinator)
    assert (invited.role, invited.scope_of(Right.VIEW_PEOPLE)) == ("", {places.beauvais.pk})


def invitation(**asked: object) -> dict[str, object]:
    return {"email": "new@example.org", "full_name": "New", "language": "fr"} | asked


def test_director_until_a_day_invites_nobody_for_good(member: Make) -> None:
    director = member("director", None, in_days(60))
    with pytest.raises(TeamError, match="without an end"):
        team.invite(**invitation(role="director"), by=director)
    for ends_on in (None, in_days(61)):
        with pytest.raises(GrantRefused, match=r"last day|ends before"):
            invite_with_grant(**invitation(role="director"), territory=None, ends_on=ends_on, by=director)
    assert not User.objects.filter(email="new@example.org").exists()
    invited = invite_with_grant(
        **invitation(role="director"), territory=None, ends_on=in_days(60), by=director
    )
    assert invited.scope_until(Right.APPROVE_EXPORT, in_days(60)) is None
    assert invited.scope_until(Right.APPROVE_EXPORT, in_days(61)) == NOWHERE


def test_right_held_in_one_commune_is_not_given_in_the_country(places: Places, boss: User) -> None:
    """Who coordinates the country and is data officer in one commune names data officers there alone."""
    giver = User.objects.create_user(email="national@example.org", role="local_coordinator")
    give_grant(user=giver, role="data_officer", territory=places.beauvais, ends_on=in_days(9), by=boss)
    giver = User.objects.get(pk=giver.pk)
    with pytest.raises(TeamError):
        team.invite(**invitation(role="data_officer"), by=giver)
    for where, days in [(places.amiens, 5), (None, 5), (places.beauvais, 10), (places.beauvais, None)]:
        ends_on = None if days is None else in_days(days)
        with pytest.raises(GrantRefused):
            invite_with_grant(**invitation(role="data_officer"), territory=where, ends_on=ends_on, by=giver)
    assert Role.DATA_OFFICER in roles_to_offer(giver)
    invite_with_grant(
        **invitation(role="data_officer"), territory=places.beauvais, ends_on=in_days(9), by=giver
    )
    assert team.invite(**invitation(role="read_only", email="r@example.org"), by=giver).role == "read_only"


def test_end_that_counts_is_that_of_the_place(member: Make, places: Places, boss: User) -> None:
    """A role that one holds longer elsewhere lengthens nothing here."""
    giver, other = member("local_coordinator", places.beauvais, in_days(5)), member()
    give_grant(user=giver, role="local_coordinator", territory=places.somme, ends_on=in_days(90), by=boss)
    giver = User.objects.get(pk=giver.pk)
    with pytest.raises(GrantRefused, match="ends before that day"):
        give_grant(user=other, role="volunteer", territory=places.beauvais, ends_on=in_days(6), by=giver)
    give_grant(user=other, role="volunteer", territory=places.amiens, ends_on=in_days(90), by=giver)


def test_role_of_an_account_is_changed_by_who_holds_it(boss: User) -> None:
    director = User.objects.create_user(email="d@example.org", role="director")
    user = User.objects.create_user(email="u@example.org", role="read_only")
    with pytest.raises(TeamError):
        team.change_role(user=user, role="administrator", by=director)
    with pytest.raises(TeamError):
        team.change_role(user=boss, role="read_only", by=director)
    assert team.change_role(user=user, role="director", by=director).role == "director"


def test_who_manages_no_team_opens_no_account(member: Make, places: Places) -> None:
    with pytest.raises(TeamError, match="do not manage"):
        invite_with_grant(
            **invitation(role="volunteer"),
            territory=places.oise,
            ends_on=in_days(1),
            by=member("data_officer", places.oise),
        )


def test_invitation_of_a_member_gives_the_role_and_says_so_to_them(member: Make, places: Places) -> None:
    """Refusing would tell a coordinator, of any address, whether it is of the team."""
    coordinator, known = member("local_coordinator", places.oise), member("volunteer", places.amiens)
    asked = invitation(email=known.email.upper(), role="volunteer")
    found = invite_with_grant(**asked, territory=places.beauvais, ends_on=in_days(3), by=coordinator)
    assert (found, User.objects.filter(email__iexact=known.email).count()) == (known, 1)
    assert Notification.objects.get(user=known).kind == "team.role"
    assert [grant.territory for grant in grants_seen_by(coordinator).filter(user=known)] == [places.beauvais]
