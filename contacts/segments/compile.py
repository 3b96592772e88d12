"""From a tree of conditions to one queryset: count, preview, export and send share it."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import and_, or_

from django.db.models import Q
from django.utils import timezone

from contacts.models import Contact
from contacts.models.contact import ContactQuerySet
from contacts.segments.conditions import Context
from contacts.segments.tree import Group, Node, Rule


def people_matching(
    tree: Group, *, at: datetime | None = None, inside: tuple[int, ...] = ()
) -> ContactQuerySet:
    """The people for whom the tree holds, each once, without those being erased.

    `inside` is the id of the saved segment whose tree it is: it may not name itself.
    """
    visible: ContactQuerySet = Contact.objects.visible()
    return visible.filter(compile_node(tree, Context(at or timezone.now(), inside)))


def compile_node(node: Node, context: Context) -> Q:
    """A filter on Contact that is true or false for everybody.

    An unknown fact makes a condition false, and `none` turns that into true: people of unknown age are
    outside "up to 25" and inside "none of: up to 25".
    """
    if isinstance(node, Rule):
        return node.condition.compile(node.operator, node.value, context)
    compiled = [compile_node(child, context) for child in node.children]
    if not compiled:
        return Q()
    if node.kind == "all":
        return reduce(and_, compiled)
    either = reduce(or_, compiled)
    return ~either if node.kind == "none" else either
