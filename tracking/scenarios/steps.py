"""What the steps of a scenario hold: checked when they are written, said in words, and of what class."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel, TargetingClass
from contacts.errors import ContactsError
from contacts.models import Newsletter, Tag
from contacts.segments.audience import TARGETING, refusals_of
from contacts.segments.nesting import classes_of
from contacts.segments.tree import parse_tree
from messaging.content.compile import compile_message
from messaging.content.errors import ContentError
from messaging.services.compiling import brand_of, custom_field_keys
from messaging.services.criteria import lines_of
from tracking.errors import TrackingError
from tracking.models import Scenario, ScenarioStep
from tracking.scenarios.triggers import find_trigger

Kind = ScenarioStep.Kind
LONGEST_WAIT_DAYS = 365
STOP, SKIP = "stop", "skip"


class StepRefused(TrackingError):
    """The step lacks something, or asks for what the law forbids; the message says what."""


def checked(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data of a step as it is kept; raises StepRefused."""
    check = (
        {
            Kind.WAIT: _wait,
            Kind.CONDITION: _condition,
            Kind.SEND: _send,
            Kind.TAG: _tag,
            Kind.SUBSCRIBE: _subscribe,
            Kind.TASK: _task,
        }.get(Kind(kind))
        if kind in Kind.values
        else None
    )
    if check is None:
        raise StepRefused(_("There is no such step."))
    return check(data)


def due_after(data: dict[str, Any], now: datetime) -> datetime:
    """When a wait that begins now ends: after its days and hours, then at its hour of the day."""
    due = now + timedelta(days=data.get("days") or 0, hours=data.get("hours") or 0)
    hour = data.get("at")
    if hour is None:
        return due
    local = timezone.localtime(due)
    morning = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return morning if morning >= local else morning + timedelta(days=1)


def say(step: ScenarioStep) -> str:
    """One step in words."""
    data = step.data
    match Kind(step.kind):
        case Kind.WAIT:
            return _say_wait(data)
        case Kind.CONDITION:
            return "; ".join(lines_of(_tree(data))) or str(Kind.CONDITION.label)
        case Kind.SEND:
            return str(data.get("subject", ""))
        case Kind.TAG:
            return str(Tag.objects.filter(pk=data.get("tag")).first() or "–")
        case Kind.SUBSCRIBE:
            return str(Newsletter.objects.filter(pk=data.get("newsletter")).first() or "–")
        case Kind.TASK:
            owner = User.objects.filter(pk=data.get("owner")).first()
            return _("%(what)s, by %(who)s") % {"what": data.get("title", ""), "who": owner or "–"}
    return ""


def classes_before(scenario: Scenario, steps: Sequence[ScenarioStep], step: ScenarioStep) -> frozenset[Any]:
    """What choosing the readers of a message is: by the trigger and every condition before it."""
    trigger = find_trigger(scenario.trigger)
    found = trigger.classes(scenario.trigger.get("value") or {}) if trigger is not None else frozenset()
    for one in steps:
        if one.pk == step.pk:
            break
        if one.kind == Kind.CONDITION and (tree := _tree(one.data)) is not None:
            found |= classes_of(tree, channel=Channel.EMAIL)
    return found


def is_targeted(scenario: Scenario, steps: Sequence[ScenarioStep], step: ScenarioStep) -> bool:
    """Whether its readers are chosen by what is known of them: then each must have agreed to that."""
    return bool(classes_before(scenario, steps, step) & TARGETING)


def criteria_before(
    scenario: Scenario, steps: Sequence[ScenarioStep], step: ScenarioStep
) -> dict[str, list[str]]:
    """How the readers of a message are chosen, by language, for the register and the notice."""
    said: dict[str, list[str]] = {}
    for language, _label in settings.LANGUAGES:
        with override(language):
            trigger = find_trigger(scenario.trigger)
            lines = [trigger.say(scenario.trigger.get("value") or {})] if trigger is not None else []
            for one in steps:
                if one.pk == step.pk:
                    break
                if one.kind == Kind.CONDITION:
                    lines += lines_of(_tree(one.data))
            said[language] = lines
    return said


def _wait(data: dict[str, Any]) -> dict[str, Any]:
    days, hours, at = data.get("days") or 0, data.get("hours") or 0, data.get("at")
    if not (0 <= days <= LONGEST_WAIT_DAYS and 0 <= hours <= 23) or not (days or hours or at is not None):
        raise StepRefused(_("Wait from one hour to a year."))
    if at is not None and not 0 <= at <= 23:
        raise StepRefused(_("The hour is from 0 to 23."))
    return {"days": days, "hours": hours, "at": at}


def _condition(data: dict[str, Any]) -> dict[str, Any]:
    try:
        tree = parse_tree(data.get("tree"))
        refusal = refusals_of(tree).get(Channel.EMAIL)
        if TargetingClass.FORBIDDEN in classes_of(tree, channel=Channel.EMAIL):
            refusal = refusal or _("The law forbids to choose readers by this.")
    except ContactsError as error:
        raise StepRefused(str(error)) from error
    if refusal:
        raise StepRefused(refusal)
    otherwise = data.get("otherwise")
    return {"tree": data["tree"], "otherwise": otherwise if otherwise in (STOP, SKIP) else STOP}


def _send(data: dict[str, Any]) -> dict[str, Any]:
    subject, preview = str(data.get("subject") or "").strip(), str(data.get("preview_text") or "")
    try:
        compile_message(
            data.get("blocks"),
            subject=subject,
            preheader=preview,
            brand=brand_of(Organisation.current()),
            extra=custom_field_keys(),
        )
    except ContentError as error:
        raise StepRefused(str(error)) from error
    return {"subject": subject, "preview_text": preview, "blocks": data["blocks"]}


def _tag(data: dict[str, Any]) -> dict[str, Any]:
    if not Tag.objects.filter(pk=data.get("tag")).exists():
        raise StepRefused(_("Choose a tag."))
    return {"tag": data["tag"]}


def _subscribe(data: dict[str, Any]) -> dict[str, Any]:
    if not Newsletter.objects.filter(pk=data.get("newsletter")).exists():
        raise StepRefused(_("Choose a newsletter."))
    return {"newsletter": data["newsletter"]}


def _task(data: dict[str, Any]) -> dict[str, Any]:
    title, owner = " ".join(str(data.get("title") or "").split())[:150], data.get("owner")
    member = User.objects.filter(pk=owner, is_active=True).first() if owner else None
    if not title:
        raise StepRefused(_("Say what is to do."))
    if member is None or not member.holds(Right.VIEW_PEOPLE):
        raise StepRefused(_("Choose a member of the team who may see people."))
    days = data.get("days") or 0
    return {"title": title, "owner": member.pk, "days": min(max(int(days), 0), LONGEST_WAIT_DAYS)}


def _tree(data: dict[str, Any]) -> Any:
    try:
        return parse_tree(data.get("tree"))
    except ContactsError:
        return None  # a segment that is gone: nobody passes


def _say_wait(data: dict[str, Any]) -> str:
    days, hours, at = data.get("days") or 0, data.get("hours") or 0, data.get("at")
    parts = []
    if days:
        parts.append(ngettext("%(n)d day", "%(n)d days", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours})
    if at is not None:
        parts.append(_("until %(hour)d:00") % {"hour": at})
    return ", ".join(parts)
