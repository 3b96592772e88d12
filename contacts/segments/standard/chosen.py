"""What people chose: newsletters, lists, the sources they came by, what they agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, ConsentPurpose, SourceKind, TargetingClass
from contacts.models import Consent, ContactSource, List, ListMembership, Newsletter, Source, Subscription
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import having, having_any, named_rows
from contacts.segments.values import ChoiceValue, Text
from contacts.selectors import lists_here

NEWSLETTERS = named_rows(Newsletter, _("This newsletter does not exist any more."))
LISTS = replace(
    named_rows(List, _("This fixed list does not exist any more."), offered=lists_here),
    find=lambda ids: _names_of_lists(ids),
)
SOURCES = named_rows(Source, _("This source does not exist any more."))


def _names_of_lists(ids: Sequence[int]) -> dict[int, str]:
    """Names of lists; in a territory, one of elsewhere is a list without a name."""
    names = dict(lists_here().filter(pk__in=ids).values_list("pk", "name"))
    if len(names) < len(set(ids)):
        others = List.objects.filter(pk__in=ids).exclude(pk__in=names).values_list("pk", flat=True)
        names |= dict.fromkeys(others, str(_("a list of another territory")))
    return names


def _newsletter(operator: str, value: Any, _context: Context) -> Q:
    running = Subscription.objects.filter(ended_at__isnull=True)
    return having_any(operator, lambda ids: running.filter(newsletter__in=ids), value)


def _list(operator: str, value: Any, _context: Context) -> Q:
    return having_any(operator, lambda ids: ListMembership.objects.filter(list__in=ids), value)


def _list_class(_operator: str, value: Any) -> TargetingClass:
    """People who joined by themselves chose; people whom staff picked were selected."""
    picked = List.objects.filter(pk__in=value).exclude(targeting_class=TargetingClass.SUBSCRIPTION)
    return TargetingClass.CRITERION if picked.exists() else TargetingClass.SUBSCRIPTION


def _source(operator: str, value: Any, _context: Context) -> Q:
    return having_any(operator, lambda ids: ContactSource.objects.filter(source__in=ids), value)


def _source_class(operator: str, value: Any) -> TargetingClass:
    """A whole source chooses nobody by a fact; those whom several have in common are chosen by one.

    A roll may not feed online targeting (CNIL, 21 October 2025).
    """
    if Source.objects.filter(pk__in=value, kind=SourceKind.ROLL).exists():
        return TargetingClass.FORBIDDEN
    return TargetingClass.CRITERION if operator == "all" and len(value) > 1 else TargetingClass.SUBSCRIPTION


def _agreements() -> Iterable[tuple[str, Text]]:
    for purpose in ConsentPurpose:
        for channel in Channel:
            yield f"{purpose}.{channel}", f"{purpose.label} – {channel.label}"


ASKED_FOR_MESSAGES = frozenset({ConsentPurpose.MESSAGES.value, ConsentPurpose.TARGETING.value})
AGREEMENTS = ChoiceValue(_agreements)


def _consent_class(operator: str, value: tuple[str, ...]) -> TargetingClass:
    """Agreeing to be written to is a choice of the person; what else they said, or did not, is a fact."""
    asked_for_messages = all(chosen.partition(".")[0] in ASKED_FOR_MESSAGES for chosen in value)
    return (
        TargetingClass.SUBSCRIPTION
        if operator == "given" and asked_for_messages
        else TargetingClass.CRITERION
    )


def _consent_channels(_operator: str, value: tuple[str, ...]) -> frozenset[Channel]:
    """What was said of another channel is a fact like others: nothing that was chosen for this message."""
    channels = {Channel(chosen.partition(".")[2]) for chosen in value}
    return frozenset(channels) if len(channels) == 1 else frozenset()


def _consent(operator: str, value: tuple[str, ...], _context: Context) -> Q:
    """What was said last decides; with several choices, one of them is enough."""
    found = Q()
    for chosen in value:
        purpose, _dot, channel = chosen.partition(".")
        entries = Consent.objects.filter(purpose=purpose, channel=channel)
        if operator == "never":
            found |= ~having(entries)
            continue
        mine = entries.filter(contact=OuterRef("pk")).order_by("-at", "-id")
        newest = Subquery(mine.values("given")[:1])
        # The first part is what an index answers for everybody at once.
        found |= having(entries.filter(given=operator == "given")) & Q(Exact(newest, operator == "given"))
    return found


register_condition(
    Condition(
        key="newsletter",
        label=_("Receives the newsletter"),
        group=ConditionGroup.CHOSEN,
        operators={"any": NEWSLETTERS, "all": NEWSLETTERS, "none": NEWSLETTERS},
        targeting_class=TargetingClass.SUBSCRIPTION,
        compile=_newsletter,
        note=_("People chose it themselves: nothing more is needed to write to them."),
    )
)
register_condition(
    Condition(
        key="list",
        label=_("On the fixed list"),
        group=ConditionGroup.CHOSEN,
        operators={"any": LISTS, "all": LISTS, "none": LISTS},
        targeting_class=_list_class,
        compile=_list,
    )
)
register_condition(
    Condition(
        key="source",
        label=_("Came by the source"),
        group=ConditionGroup.CHOSEN,
        operators={"any": SOURCES, "all": SOURCES, "none": SOURCES},
        targeting_class=_source_class,
        compile=_source,
        note=_("People of a broker’s file are reached by e-mail or SMS only in a mailing to the whole file."),
    )
)
register_condition(
    Condition(
        key="consent",
        label=_("Agreement"),
        group=ConditionGroup.CHOSEN,
        operators={"given": AGREEMENTS, "withdrawn": AGREEMENTS, "never": AGREEMENTS},
        targeting_class=_consent_class,
        compile=_consent,
        own_channels=_consent_channels,
        note=_("What the person said last. Said of another channel, it is a targeting criterion."),
    )
)
