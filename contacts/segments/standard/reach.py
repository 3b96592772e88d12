"""How people can be reached: contact points, and the channels that are open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, PointStatus, TargetingClass
from contacts.models import EmailAddress, PhoneNumber, PostalAddress, Reach
from contacts.models.contact_points import PhoneLine
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import having
from contacts.segments.values import NOTHING, ChoiceValue, Text

_CHANNELS = ChoiceValue(lambda: Channel.choices)
_BY_PHONE = frozenset({Channel.SMS, Channel.CALL})
_ELSEWHERE = _("In a mailing by another channel, it is a targeting criterion.")


def _has_point(points: Callable[[], QuerySet[Any]]) -> Callable[[str, Any, Context], Q]:
    def compile(operator: str, _value: Any, _context: Context) -> Q:
        found = having(points().filter(status=PointStatus.ACTIVE))
        return ~found if operator == "has_not" else found

    return compile


def _reachable(operator: str, value: tuple[str, ...], context: Context) -> Q:
    found = Q()
    for channel in value:
        open_to = Reach.objects.open_on(context.day).filter(channel=channel)
        found = found & having(open_to) if operator == "all" else found | having(open_to)
    return ~found if operator == "none" else found


def _enough_by_itself(operator: str, value: tuple[str, ...]) -> frozenset[Channel]:
    """On these, it leaves out nobody whom the channel itself would not."""
    return frozenset(map(Channel, value)) if operator == "any" or len(value) == 1 else frozenset()


def _point_condition(
    key: str, label: Text, points: Callable[[], QuerySet[Any]], channels: frozenset[Channel]
) -> None:
    register_condition(
        Condition(
            key=key,
            label=label,
            group=ConditionGroup.REACH,
            operators={"has": NOTHING, "has_not": NOTHING},
            targeting_class=TargetingClass.TECHNICAL,
            compile=_has_point(points),
            own_channels=lambda _operator, _value: channels,
            note=_ELSEWHERE,
        )
    )


_point_condition(
    "has_email", _("Has an e-mail address"), EmailAddress.objects.all, frozenset({Channel.EMAIL})
)
_point_condition(
    "has_mobile",
    _("Has a mobile number"),
    lambda: PhoneNumber.objects.filter(line=PhoneLine.MOBILE),
    _BY_PHONE,
)
_point_condition("has_phone", _("Has a phone number"), PhoneNumber.objects.all, _BY_PHONE)
_point_condition(
    "has_address", _("Has a postal address"), PostalAddress.objects.all, frozenset({Channel.POST})
)
register_condition(
    Condition(
        key="reachable",
        label=_("Can be written to by"),
        group=ConditionGroup.REACH,
        operators={"any": _CHANNELS, "all": _CHANNELS, "none": _CHANNELS},
        targeting_class=TargetingClass.TECHNICAL,
        compile=_reachable,
        own_channels=_enough_by_itself,
        note=_(
            "An address in order, something that allows the channel, no objection. In a mailing by another"
            " channel, it is a targeting criterion."
        ),
    )
)
