"""Answers to pairs of the review queue, each given once: a page that stayed open overrides nobody."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.merging.errors import MergeRefused
from contacts.merging.fields import Chosen
from contacts.merging.pairs import ask_again, keep_apart
from contacts.merging.service import merge
from contacts.models import Contact, DuplicatePair, Merge

State = DuplicatePair.State


class AnsweredMeanwhile(ContactsError):
    """Somebody else answered this pair, or one of its records is gone: nothing is left to say."""


@transaction.atomic
def say_same(*, pair_id: int, kept_id: int | None, by: User | None, fields: Chosen | None = None) -> Merge:
    """Merge the two records of a pair that waits; `kept_id` stays, or the older one.

    Raises AnsweredMeanwhile, or MergeRefused as `merge` does.
    """
    pair = _held(pair_id, State.PENDING)
    kept, absorbed = (pair.second, pair.first) if kept_id == pair.second_id else (pair.first, pair.second)
    return merge(kept=kept, absorbed=absorbed, by=by, fields=fields)


@transaction.atomic
def say_different(*, pair_id: int, by: User | None) -> DuplicatePair:
    """Keep the two people of a pair that waits apart for good; raises AnsweredMeanwhile."""
    pair = _held(pair_id, State.PENDING)
    return keep_apart(one=pair.first, other=pair.second, by=by)


@transaction.atomic
def take_back(*, pair_id: int, by: User | None) -> None:
    """Let a pair that was kept apart wait again; raises AnsweredMeanwhile."""
    ask_again(pair=_held(pair_id, State.DIFFERENT), by=by)


@transaction.atomic
def merge_chosen(
    *, kept: Contact, absorbed: Contact, by: User | None, fields: Chosen | None, despite: int | None
) -> Merge:
    """Merge two people whom somebody chose; raises MergeRefused.

    `despite` is the pair by which it was decided that they are two people: whoever merges them all the same
    has read it.
    """
    _hold(kept.pk, absorbed.pk)
    decided = decision_on(kept, absorbed)
    if decided is not None and decided.pk != despite:
        raise MergeRefused(_("It was decided that these are two people. Read by whom before you merge them."))
    return merge(kept=kept, absorbed=absorbed, by=by, fields=fields)


def decision_on(one: Contact, other: Contact) -> DuplicatePair | None:
    """The pair of two people who were decided to be two."""
    first, second = sorted((one.pk, other.pk))
    decided = DuplicatePair.objects.filter(first=first, second=second, state=State.DIFFERENT)
    return decided.select_related("decided_by").first()


def _held(pair_id: int, state: str) -> DuplicatePair:
    """The pair, locked with its people, as it was seen: in this state."""
    seen = DuplicatePair.objects.filter(pk=pair_id).first()
    if seen is not None:
        _hold(seen.first_id, seen.second_id)
    pairs = DuplicatePair.objects.select_related("first", "second").select_for_update(of=("self",))
    pair = pairs.filter(pk=pair_id).first()
    if pair is None:
        raise AnsweredMeanwhile(_("This pair is gone: one of its records was merged or deleted meanwhile."))
    if pair.state != state:
        raise AnsweredMeanwhile(_("Somebody else answered this pair meanwhile. Their answer stands."))
    return pair


def _hold(*ids: int) -> None:
    """People before their pair, as everything that writes pairs does: nobody waits for each other."""
    list(Contact.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk"))
