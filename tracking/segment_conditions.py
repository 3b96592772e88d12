"""Segment conditions on what people did. They know only what may be tied to a person: the opens and clicks
of those who agreed to be measured, robots set aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, TargetingClass
from contacts.models import Reach
from contacts.segments.conditions import (
    Condition,
    ConditionGroup,
    Context,
    register_condition,
    register_family,
)
from contacts.segments.standard.pieces import DAYS, having, having_any, named_rows
from messaging.models import Campaign, Delivery
from tracking import answer_conditions
from tracking.enums import HitClass, InteractionKind, SubmissionState
from tracking.models import Form, Interaction, Submission
from tracking.selectors import DELIVERED

MAILINGS = named_rows(Campaign, _("This mailing does not exist any more."))
FORMS = named_rows(Form, _("This form does not exist any more."), order="title")
REGISTERING = named_rows(
    Form,
    _("People register for nothing by this form: choose one made for a meeting or a task."),
    order="title",
    only=Q(registers=True),
)
MEASURED_ONLY = _(
    "Known only for people who agreed to have their opens and clicks measured: nobody else is chosen, whether"
    " they did or did not."
)
MEASURED_OPENS = _(
    "Known only for people who agreed to have their opens and clicks measured: nobody else is chosen, whether"
    " they did or did not. Nor is whoever reads through a privacy proxy (Gmail, Apple), which hides it."
)


def _of_people(kind: InteractionKind) -> QuerySet[Interaction]:
    return Interaction.objects.filter(kind=kind, hit_class=HitClass.HUMAN)


def _perhaps_of_people(kind: InteractionKind) -> QuerySet[Interaction]:
    """With what a privacy proxy asked for: a person may be behind it, so nobody can say that they did not."""
    return Interaction.objects.filter(kind=kind, hit_class__in=[HitClass.HUMAN, HitClass.PRIVACY_PROXY])


def _in_the_last(kind: InteractionKind, operator: str, days: int, context: Context) -> Q:
    since = context.at - timedelta(days=days)
    if operator == "days":
        return having(_of_people(kind).filter(at__gte=since))
    return _measured() & ~having(_perhaps_of_people(kind).filter(at__gte=since))


def _measured() -> Q:
    """People of whom it would be known: of the others nobody can say that they did not."""
    return having(Reach.objects.filter(channel=Channel.EMAIL, measurement=True))


def _hit_mailing(kind: InteractionKind, operator: str, ids: Any) -> Q:
    if operator == "none":
        did_not = having_any("none", lambda chosen: _perhaps_of_people(kind).filter(campaign__in=chosen), ids)
        return _measured() & did_not
    return having_any(operator, lambda chosen: _of_people(kind).filter(campaign__in=chosen), ids)


def _opened(operator: str, value: Any, context: Context) -> Q:
    return _in_the_last(InteractionKind.OPEN, operator, value, context)


def _clicked(operator: str, value: Any, context: Context) -> Q:
    return _in_the_last(InteractionKind.CLICK, operator, value, context)


def _opened_mailing(operator: str, value: Any, _context: Context) -> Q:
    return _hit_mailing(InteractionKind.OPEN, operator, value)


def _clicked_mailing(operator: str, value: Any, _context: Context) -> Q:
    return _hit_mailing(InteractionKind.CLICK, operator, value)


def _received(operator: str, value: Any, _context: Context) -> Q:
    """The ledger is partitioned: the months of the chosen mailings are named, the others are not read."""

    def rows(ids: Any) -> QuerySet[Delivery]:
        months = Campaign.objects.filter(pk__in=ids).values_list("ledger_month", flat=True)
        return Delivery.objects.filter(
            ledger_month__in=list(months), campaign__in=ids, contact=OuterRef("pk"), state__in=DELIVERED
        )

    return having_any(operator, rows, value)


def _signed_up(operator: str, value: Any, _context: Context) -> Q:
    accepted = Submission.objects.filter(state=SubmissionState.ACCEPTED)
    return having_any(operator, lambda ids: accepted.filter(form__in=ids), value)


def _takes_part(_operator: str, value: Any, _context: Context) -> Q:
    """Confirmed, or two days old without a return: the others were promised to receive nothing more."""
    confirmed = Submission.objects.counted().filter(form__registers=True)  # type: ignore[attr-defined]
    return having_any("any", lambda ids: confirmed.filter(form__in=ids), value)


def register() -> None:
    """Offer them; called once, from `TrackingConfig.ready()`."""
    register_family(answer_conditions.PREFIX, answer_conditions.answer_conditions)
    recent = {"days": DAYS, "not_days": DAYS}
    mailings = {"any": MAILINGS, "all": MAILINGS, "none": MAILINGS}
    for key, label, operators, compiled, note in (
        ("open_recent", _("Opened a message"), recent, _opened, MEASURED_OPENS),
        ("click_recent", _("Clicked in a message"), recent, _clicked, MEASURED_ONLY),
        ("open_mailing", _("Opened the mailing"), mailings, _opened_mailing, MEASURED_OPENS),
        ("click_mailing", _("Clicked in the mailing"), mailings, _clicked_mailing, MEASURED_ONLY),
    ):
        register_condition(
            Condition(
                key=key,
                label=label,
                group=ConditionGroup.ENGAGEMENT,
                operators=operators,
                targeting_class=TargetingClass.CRITERION,
                compile=compiled,
                note=note,
            )
        )
    register_condition(
        Condition(
            key="received_mailing",
            label=_("Received the mailing"),
            group=ConditionGroup.ENGAGEMENT,
            operators=mailings,
            targeting_class=TargetingClass.CRITERION,
            compile=_received,
        )
    )
    register_condition(
        Condition(
            key="signed_up",
            label=_("Signed up by the form"),
            group=ConditionGroup.ENGAGEMENT,
            operators={"any": FORMS, "none": FORMS},
            targeting_class=TargetingClass.CRITERION,
            compile=_signed_up,
        )
    )
    register_condition(
        Condition(
            key="takes_part",
            label=_("Takes part by the form"),
            group=ConditionGroup.ENGAGEMENT,
            operators={"any": REGISTERING},
            targeting_class=TargetingClass.REGISTRANT,
            compile=_takes_part,
            note=_(
                "For service messages about what they registered for, a meeting or a task: they reach those"
                " who confirmed it."
            ),
        )
    )
