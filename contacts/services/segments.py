"""Saving segments: a tree is checked before it is kept, and its version grows when it changes."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import Segment
from contacts.segments.errors import SegmentInvalid
from contacts.segments.nesting import classes_of, every_rule, named_segments
from contacts.segments.rights import check_rights, tells_support
from contacts.segments.tree import parse_tree


class SegmentInUse(ContactsError):
    """Other segments are made with this one."""


@transaction.atomic
def create_segment(
    *, name: str, tree: dict[str, Any], description: str = "", is_shared: bool = True, by: User | None
) -> Segment:
    """Keep a tree of conditions under a name; raises SegmentInvalid, or ValidationError for the name."""
    segment = Segment(
        name=" ".join(name.split()), description=description, tree=tree, is_shared=is_shared, created_by=by
    )
    _check(segment, by)
    segment.save()
    audit.record(action="segment.create", on=segment, by=by, detail={"version": segment.version})
    return segment


@transaction.atomic
def update_segment(
    *,
    segment: Segment,
    by: User | None,
    name: str | None = None,
    tree: dict[str, Any] | None = None,
    description: str | None = None,
    is_shared: bool | None = None,
) -> Segment:
    """Write what is given; the version grows with the tree.

    Raises as `create_segment` does, and SegmentInUse when one that others are made with would be private, or
    would read support levels.
    """
    held = Segment.objects.select_for_update().get(pk=segment.pk)
    wanted = {
        "name": None if name is None else " ".join(name.split()),
        "tree": tree,
        "description": description,
        "is_shared": is_shared,
    }
    changed = [
        field for field, value in wanted.items() if value is not None and getattr(held, field) != value
    ]
    if not changed:
        return held
    told_before = held.tells_support
    for field in changed:
        setattr(held, field, wanted[field])
    _check(held, by)
    if ("is_shared" in changed and not is_shared) or (held.tells_support and not told_before):
        _refuse_if_used(held)
    if "tree" in changed:
        held.version += 1
    held.updated_at = Now()
    held.save(update_fields=[*changed, "version", "tells_support", "updated_at"])
    audit.record(action="segment.update", on=held, by=by, fields=changed, detail={"version": held.version})
    held.refresh_from_db()
    return held


@transaction.atomic
def delete_segment(*, segment: Segment, by: User | None) -> None:
    """Delete a segment that no other one is made with; raises SegmentInUse, naming those."""
    _refuse_if_used(segment)
    audit.record(action="segment.delete", on=segment, by=by, detail={"version": segment.version})
    segment.delete()


def _refuse_if_used(segment: Segment) -> None:
    users = [other.name for other in Segment.objects.exclude(pk=segment.pk) if _names(other, segment.pk)]
    if users:
        text = _("“%(name)s” is part of: %(others)s. Take it out of them first.")
        raise SegmentInUse(text % {"name": segment.name, "others": ", ".join(sorted(users))})


def _check(segment: Segment, by: User | None) -> None:
    tree = parse_tree(segment.tree)
    check_rights(tree, by)
    segment.tells_support = tells_support(tree)
    inside = (segment.pk,) if segment.pk else ()
    classes_of(tree, inside)  # raises for a circle, or a broken segment inside
    segment.full_clean(exclude=["created_by", "created_at", "updated_at", "tree"])


def _names(segment: Segment, other_id: int) -> bool:
    try:
        return any(other_id in named_segments(rule) for rule in every_rule(parse_tree(segment.tree)))
    except SegmentInvalid:  # broken already: it cannot be broken further
        return False
