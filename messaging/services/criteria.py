"""How the people of a mailing were chosen, in words, kept when it is frozen: what it names may change later.

Segments inside segments are opened, lists say how many people they had. Options that decide by what is known
of a person, for those who agreed to it, stand with them (Regulation (EU) 2024/900, art. 19).
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, gettext_noop, override
from django.utils.translation import gettext as _

from contacts.models import List, ListMembership
from contacts.segments.audience import Audience
from contacts.segments.nesting import named_segments, read_segment
from contacts.segments.tree import Node, Rule, parse_tree
from messaging.models import Campaign

GROUPS = {"all": gettext_noop("all of:"), "any": gettext_noop("any of:"), "none": gettext_noop("none of:")}
LIST_CONDITION = "list"


def said_now(campaign: Campaign, audience: Audience) -> dict[str, list[str]]:
    """Lines by language; none where nobody is chosen by anything: a newsletter, a whole source, everyone."""
    said = {}
    for language, _label in settings.LANGUAGES:
        with override(language):
            said[language] = list(_said(campaign, audience))
    return said


def said_then(campaign: Campaign) -> list[str] | None:
    """The lines that were kept, in the language of the moment; None for what was frozen before they were."""
    if campaign.criteria is None:
        return None
    language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    lines: list[str] = campaign.criteria.get(language) or next(iter(campaign.criteria.values()), [])
    return lines


def lines_of(node: Node | None, depth: int = 0) -> Iterator[str]:
    """A tree, a line each; deeper groups, and segments that are named, are set further in."""
    inset = "– " * depth
    if node is None:
        return
    if isinstance(node, Rule):
        yield f"{inset}{node}{_sizes(node)}"
        for segment in named_segments(node):
            inside = read_segment(segment)
            parts = inside.children if inside.kind == "all" else (inside,)
            for part in parts:
                yield from lines_of(part, depth + 1)
        return
    if depth or node.kind != "all":
        yield inset + gettext(GROUPS[node.kind])
        depth += 1
    for child in node.children:
        yield from lines_of(child, depth)


def _said(campaign: Campaign, audience: Audience) -> Iterator[str]:
    if audience.tree is not None:
        yield from lines_of(parse_tree(audience.tree))
    elif campaign.audience.get("type") == "list":
        yield _("Fixed list “%(name)s”, picked by hand") % {"name": audience.label} + _people_of(
            [campaign.audience["id"]]
        )
    if campaign.territory is not None and audience.narrowed_by(campaign.scope) is not None:
        yield _("Lives in: %(place)s") % {"place": campaign.territory}
    if campaign.engaged_first:
        yield _("Of those who agreed: whoever clicks most gets it first")
    if campaign.moment:
        yield _("Of those who agreed, when: %(moment)s") % {"moment": campaign.get_moment_display()}


def _sizes(rule: Rule) -> str:
    return _people_of(list(rule.value)) if rule.condition.key == LIST_CONDITION else ""


def _people_of(lists: list[int]) -> str:
    known = List.objects.filter(pk__in=lists).values("pk")
    people = ListMembership.objects.filter(list__in=known).values("contact").distinct().count()
    return " " + _("(%(people)s people then)") % {"people": number_format(people, force_grouping=True)}
