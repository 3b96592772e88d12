"""Giving roles in territories: only within one's own territory, and never above one's own role."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import NATIONAL_ONLY, Right, Role, rights_of
from campaign_crm.platform.services import team
from campaign_crm.platform.walls import Held, Scope, contents, covers
from contacts.errors import ContactsError
from contacts.models import Grant, Territory, TerritoryAncestor


class GrantRefused(ContactsError):
    """The role cannot be given or taken by this person there; the message says why."""


def grants_of(user_id: int) -> list[Held]:
    """What the grants of a member give today (registered with `platform.walls`)."""
    grants = Grant.objects.filter(user=user_id).in_force(timezone.localdate())
    return [Held(*row) for row in grants.values_list("role", "territory", "ends_on")]


def contents_of(ids: frozenset[int]) -> frozenset[int]:
    """Territories with all that they contain (registered with `platform.walls`)."""
    inside = TerritoryAncestor.objects.filter(ancestor__in=ids)
    return frozenset(inside.values_list("descendant", flat=True))


def roles_to_give(by: User, territory: Territory | None) -> list[Role]:
    """The roles that a member may give there today: those whose every right they hold there themselves."""
    scope, today = _scope_of(territory), timezone.localdate()
    return [role for role in Role if role not in NATIONAL_ONLY and _holds(by, role, scope, until=today)]


def roles_to_offer(by: User) -> list[Role]:
    """The roles that a member may give somewhere: in one of the places where they hold one, or for good."""
    today = timezone.localdate()
    places = {held.territory for held in by.granted} | {None}
    scopes: list[Scope] = [None if place is None else frozenset({place}) for place in places]
    return [
        role
        for role in Role
        if team.may_name(by, role)
        or (role not in NATIONAL_ONLY and any(_holds(by, role, scope, until=today) for scope in scopes))
    ]


def _holds(by: User, role: str, scope: Scope, *, until: date | None) -> bool:
    """Whether a member holds all of a role and the team there, up to that day; None: for good."""
    needed = rights_of(role) | {Right.MANAGE_TEAM}
    return all(covers(by.scope_until(right, until), scope) for right in needed)


def may_change(by: User, grant: Grant) -> bool:
    """Whether a member may take this grant away."""
    return Role(grant.role) in roles_to_give(by, grant.territory)


@transaction.atomic
def give_grant(
    *, user: User, role: str, territory: Territory | None, ends_on: date | None, by: User
) -> Grant:
    """Give a role in a territory, or in the whole country until a day; a role given again gets the new day.

    Raises GrantRefused: outside one's own territory, above one's own role, to oneself, or without the last
    day that a delegation has.
    """
    _check(user=user, role=role, territory=territory, ends_on=ends_on, by=by)
    grant, _is_new = Grant.objects.update_or_create(
        user=user, role=role, territory=territory, defaults={"ends_on": ends_on, "given_by": by}
    )
    user.forget_granted()
    audit.record(action="grant.give", on=grant, by=by, detail=_told(grant))
    return grant


@transaction.atomic
def invite_with_grant(
    *,
    email: str,
    full_name: str,
    language: str,
    role: str,
    territory: Territory | None,
    ends_on: date | None,
    by: User,
) -> User:
    """Open an account for somebody whose only role is this grant; raises GrantRefused, TeamError.

    Whoever has an account already gets the role: a refusal would tell, of any address, whether it is of the
    team, and leave no trace.
    """
    known = User.objects.filter(email__iexact=email).first()
    user = known or team.invite(email=email, full_name=full_name, role="", language=language, by=by)
    grant = give_grant(user=user, role=role, territory=territory, ends_on=ends_on, by=by)
    if known is not None:
        with translation.override(known.language):
            told = _("%(name)s gave you a role: %(role)s.") % {"name": by, "role": grant}
        Notification.objects.create(
            user=known, kind="team.role", message=told[:300], url=reverse("shell:home")
        )
    return user


@transaction.atomic
def end_grant(*, grant: Grant, by: User) -> None:
    """Take a role away, at once. Raises GrantRefused outside one's own territory or above one's own role."""
    if not may_change(by, grant):
        raise GrantRefused(_("You may take away only what you could give yourself."))
    audit.record(action="grant.end", on=grant, by=by, detail=_told(grant))
    grant.user.forget_granted()
    grant.delete()


def team_of(by: User) -> QuerySet[User]:
    """The members that somebody who manages a team sees: all, or those with a role in their territory."""
    everybody = User.objects.all()
    scope = by.scope_of(Right.MANAGE_TEAM)
    if scope is None:
        return everybody
    return everybody.filter(Q(pk=by.pk) | Q(grants__territory__in=contents(scope))).distinct()


def grants_seen_by(by: User) -> QuerySet[Grant]:
    """The grants that who manages a team is shown: all, or those in their territory and their own."""
    everything = Grant.objects.select_related("territory")
    scope = by.scope_of(Right.MANAGE_TEAM)
    return everything if scope is None else everything.filter(Q(user=by) | Q(territory__in=contents(scope)))


def _scope_of(territory: Territory | None) -> Scope:
    return None if territory is None else frozenset({territory.pk})


def _check(*, user: User, role: str, territory: Territory | None, ends_on: date | None, by: User) -> None:
    if user.pk == by.pk:
        raise GrantRefused(_("You cannot give yourself a role: ask somebody else who manages the team."))
    if role in NATIONAL_ONLY:
        raise GrantRefused(_("This role is for the whole country: give it as the role of the account."))
    possible = roles_to_give(by, territory)
    if not possible:
        raise GrantRefused(_("This place is outside your territory: choose one inside it."))
    if role not in possible:
        raise GrantRefused(_("You cannot give a role that holds more rights than yours."))
    if ends_on is not None and ends_on < timezone.localdate():
        raise GrantRefused(_("The last day is over: choose a later one."))
    _check_end(role=role, territory=territory, ends_on=ends_on, by=by)


def _check_end(*, role: str, territory: Territory | None, ends_on: date | None, by: User) -> None:
    """What is passed on in a territory ends, and nothing lasts longer than what it comes from, there."""
    lasts = _holds(by, role, _scope_of(territory), until=ends_on)
    if ends_on is None and (by.scope_of(Right.MANAGE_TEAM) is not None or not lasts):
        raise GrantRefused(_("Choose the last day of this role."))
    if not lasts:
        raise GrantRefused(_("Your own role ends before that day: choose an earlier one."))
    if ends_on is None and territory is None:
        raise GrantRefused(
            _("For a role in the whole country without an end, change the role of the account.")
        )


def _told(grant: Grant) -> dict[str, object]:
    return {
        "member": grant.user_id,
        "role": grant.role,
        "territory": grant.territory_id,
        "until": grant.ends_on.isoformat() if grant.ends_on else None,
    }
