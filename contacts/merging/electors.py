"""Whether two records may be one person by the electors that they are linked to."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contacts.folding import fold
from contacts.merging.errors import MergeRefused
from contacts.models import Contact, ElectoralRegistration


def check_electors(kept: Contact, absorbed: Contact) -> None:
    """Two electors who are two people make two people of their records, whatever their contact points say."""
    electors = list(ElectoralRegistration.objects.filter(contact__in=[kept, absorbed]))
    mine = [one for one in electors if one.contact_id == kept.pk]
    others = [one for one in electors if one.contact_id == absorbed.pk]
    if any(are_two_people(one, other) for one in mine for other in others):
        raise MergeRefused(
            _("Each of the two is linked to another elector. Undo the wrong link on their page first.")
        )


def are_two_people(one: ElectoralRegistration, other: ElectoralRegistration) -> bool:
    """Another name, birth date or birthplace, or two numbers on one list; what a roll leaves out is no fact.

    A roll may name some of the forenames that another names all of.
    """
    return (
        fold(one.birth_name) != fold(other.birth_name)
        or _have_other_forenames(one, other)
        or (one.birth_date, one.birth_date_raw) != (other.birth_date, other.birth_date_raw)
        or (_birthplace(one) != _birthplace(other) and bool(_birthplace(one) and _birthplace(other)))
        or _have_two_numbers_on_one_list(one, other)
    )


def _have_other_forenames(one: ElectoralRegistration, other: ElectoralRegistration) -> bool:
    mine, others = set(fold(one.first_names).split()), set(fold(other.first_names).split())
    return not (mine <= others or others <= mine)


def _birthplace(elector: ElectoralRegistration) -> bytes:
    return bytes(elector.birthplace_hash or b"")


def _have_two_numbers_on_one_list(one: ElectoralRegistration, other: ElectoralRegistration) -> bool:
    """Nobody stands twice on a list of today; who moved within the commune has left the older row."""
    if (one.commune_id, one.roll_kind) != (other.commune_id, other.roll_kind) or one.left_on or other.left_on:
        return False
    return None not in (one.order_number, other.order_number) and one.order_number != other.order_number
