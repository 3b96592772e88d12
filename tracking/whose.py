"""Who of the team may see whom: asked before somebody is given work about a person."""

from __future__ import annotations

from django.db.models import Q

from campaign_crm.platform import walls
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import Contact


def may_see(member: User, right: Right, contact_id: int | None) -> bool:
    """Whether a member holds a right where a person lives or votes; of nobody known, in the whole country."""
    scope = member.scope_of(right)
    if scope is None:
        return True
    if not scope or contact_id is None:
        return False
    inside = walls.contents(scope)
    lives_there = Q(commune__in=inside) | Q(votes_in__in=inside)
    return Contact.objects.filter(lives_there, pk=contact_id).exists()


def people_seen_by(member: User, right: Right) -> Q:
    """A filter on people: those whom a member sees with this right."""
    scope = member.scope_of(right)
    if scope is None:
        return Q()
    inside = walls.contents(scope) if scope else walls.NOWHERE
    return Q(commune__in=inside) | Q(votes_in__in=inside)


def members_with(right: Right) -> list[User]:
    """Members of the team who hold a right anywhere, by name."""
    members = User.objects.filter(is_active=True).order_by("full_name", "email")
    return [member for member in members if member.holds(right)]
