"""Testing versions of a mailing: what people set before it leaves, and what they decide afterwards.

Version A is the mailing itself; B and so on hold only what they say otherwise. A test's settings have a
revision of their own, and so has each version: an edit made on an older one overwrites nothing.
"""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel
from contacts.registry import registry
from messaging.enums import CampaignState
from messaging.errors import EditedMeanwhile, MessagingError, NotAllowed, WrongState
from messaging.experiments.figures import count_versions_so_far, numbers_of
from messaging.models import Campaign, CampaignVariant, Experiment, SenderIdentity
from messaging.models.experiment import Outcome
from messaging.services.approval_state import is_approved
from messaging.services.experiment_sides import MOST_SIDES, letter_of
from messaging.services.experiment_sides import test_of as test_of
from messaging.services.reader_segments import check_named
from messaging.services.rights import ask_right
from messaging.services.schedules import unschedule
from messaging.services.templates import cleaned_blocks
from messaging.services.variants import senders_for

EDITABLE = (CampaignState.DRAFT, CampaignState.SCHEDULED)
UNDER_WAY = (CampaignState.SENDING, CampaignState.PAUSED)
SETTINGS = ("sample_percent", "wait_hours", "goal", "if_none")
LONGEST_REASON = 300


class VariantFields(TypedDict, total=False):
    """What a version says otherwise; empty, or None: as version A. `blocks`: a whole document."""

    subject: str
    preview_text: str
    sender: SenderIdentity | None
    blocks: list[Any] | None


@transaction.atomic
def set_test(
    *,
    campaign: Campaign,
    sample_percent: int,
    wait_hours: int,
    goal: str,
    if_none: str,
    revision: int,
    by: User,
) -> Experiment:
    """Test versions of a mailing, or change how; `revision`: of its test as looked at, 0 without one.

    Raises NotAllowed, WrongState (also with versions by territory), EditedMeanwhile, MessagingError for an
    unknown goal, ValidationError for a number out of range.
    """
    held = _held(campaign, by)
    test = test_of(held) or Experiment(campaign=held, revision=0)
    _ask_revision(test.revision, revision)
    if goal not in registry.campaign_goals:
        raise MessagingError(_("Nothing called “%(goal)s” is counted: choose another goal.") % {"goal": goal})
    given = {
        "sample_percent": sample_percent,
        "wait_hours": wait_hours,
        "goal": goal,
        "if_none": if_none,
    }
    changed = sorted(name for name in SETTINGS if getattr(test, name) != given[name])
    if revision and not changed:
        return test
    _end_approval(held)
    for name, value in given.items():
        setattr(test, name, value)
    test.revision, test.updated_by, test.updated_at = revision + 1, by, Now()
    test.clean_fields(exclude={field.name for field in test._meta.concrete_fields} - {*SETTINGS})
    test.save()
    audit.record(action="test.set", on=held, by=by, fields=changed, detail=given)
    test.refresh_from_db()
    return test


@transaction.atomic
def remove_test(*, campaign: Campaign, revision: int, by: User) -> None:
    """Test nothing any more: every version but A goes."""
    held = _held(campaign, by)
    test = _test(held)
    _ask_revision(test.revision, revision)
    _end_approval(held)
    held.variants.tested().delete()
    test.delete()
    audit.record(action="test.remove", on=held, by=by)


@transaction.atomic
def add_variant(*, campaign: Campaign, by: User) -> CampaignVariant:
    """One more version, with the first free letter; it says what A says until somebody writes."""
    held = _held(campaign, by)
    _test(held)
    taken = numbers_of(held)
    number = next((one for one in range(MOST_SIDES) if one not in taken), None)
    if number is None:
        raise MessagingError(_("A test has %(most)s versions at most.") % {"most": MOST_SIDES})
    _end_approval(held)
    variant = CampaignVariant.objects.create(
        campaign=held, number=number, label=letter_of(number), updated_by=by
    )
    audit.record(action="test.add_version", on=held, by=by, detail={"version": number})
    variant.refresh_from_db()
    return variant


@transaction.atomic
def save_variant(
    *, campaign: Campaign, number: int, revision: int, by: User, **fields: Unpack[VariantFields]
) -> CampaignVariant:
    """Save what a version says otherwise, written on `revision`.

    A document that is A's is not kept: it goes on following the mailing. Raises NotAllowed, WrongState,
    EditedMeanwhile, ValidationError.
    """
    held = _held(campaign, by)
    variant = _variant(held, number, revision)
    values = _as_kept(held, fields, by)
    changed = sorted(name for name, value in values.items() if getattr(variant, name) != value)
    if not changed:
        return variant
    _end_approval(held)
    for name in changed:
        setattr(variant, name, values[name])
    variant.revision, variant.updated_by, variant.updated_at = revision + 1, by, Now()
    variant.clean_fields(exclude={"updated_at", "compiled"})
    variant.save()
    audit.record(action="test.save_version", on=held, by=by, fields=changed, detail={"version": number})
    variant.refresh_from_db()
    return variant


@transaction.atomic
def remove_variant(*, campaign: Campaign, number: int, revision: int, by: User) -> None:
    """Take a version out of the test; the others keep their letters."""
    held = _held(campaign, by)
    variant = _variant(held, number, revision)
    _end_approval(held)
    variant.delete()
    audit.record(action="test.remove_version", on=held, by=by, detail={"version": number})


@transaction.atomic
def choose(*, campaign: Campaign, number: int, reason: str, by: User) -> Experiment:
    """Decide what the others get: where the look left it open, or before the look, which is then said so.

    Raises NotAllowed, WrongState, or MessagingError without a reason or for a number that is no version.
    """
    ask_right(by, Right.SEND_CAMPAIGN)
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    test = Experiment.objects.select_for_update(of=("self",)).filter(campaign=held).first()
    if held.state not in UNDER_WAY or test is None or not test.is_open or not test.has_others:
        raise WrongState(_("Nobody waits for a choice in “%(name)s” any more.") % {"name": held.name})
    if number not in numbers_of(held):
        raise MessagingError(_("There is no such version: choose one of the test."))
    words = " ".join(reason.split())[:LONGEST_REASON]
    if not words:
        raise MessagingError(_("Give a reason."))
    if test.looked_at is None:
        test.looked_at, test.outcome = Now(), Outcome.PERSON
        test.figures = [one.as_json() for one in count_versions_so_far(held, test)]
    test.chosen, test.decided_at, test.decided_by, test.reason = number, Now(), by, words
    test.save()
    detail = {"version": number, "outcome": str(test.outcome)}
    audit.record(action="test.choose", on=held, by=by, reason=words, detail=detail)
    _wake()
    test.refresh_from_db()
    return test


def _held(campaign: Campaign, by: User) -> Campaign:
    """The mailing, held so that it cannot begin to leave meanwhile, if it may have a test."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if held.state not in EDITABLE:
        raise WrongState(_("“%(name)s” can no longer be edited.") % {"name": held.name})
    if held.standing_for or held.channel != Channel.EMAIL:
        raise WrongState(_("Only a mailing by e-mail can test versions."))
    if held.variants.regional().exists():
        raise WrongState(_("This mailing has versions by territory: it cannot test versions as well."))
    return held


def _test(held: Campaign) -> Experiment:
    test = test_of(held)
    if test is None:
        raise WrongState(_("“%(name)s” tests nothing yet.") % {"name": held.name})
    return test


def _variant(held: Campaign, number: int, revision: int) -> CampaignVariant:
    variant = held.variants.tested().filter(number=number).first()
    if variant is None:
        raise EditedMeanwhile(
            _("Somebody took version %(letter)s away meanwhile.") % {"letter": letter_of(number)}
        )
    _ask_revision(variant.revision, revision)
    return variant


def _ask_revision(is_now: int, seen: int) -> None:
    if is_now != seen:
        raise EditedMeanwhile(_("Somebody else changed this test meanwhile: look at it again first."))


def _as_kept(held: Campaign, fields: VariantFields, by: User) -> dict[str, Any]:
    """The fields of an edit as they are saved."""
    values: dict[str, Any] = dict(fields)
    sender = values.get("sender")
    if sender is not None and held.territory is not None and sender not in senders_for(held.territory):
        raise NotAllowed(
            _("This sender belongs to another territory, or is no longer in use: choose another.")
        )
    if values.get("blocks") is not None:
        if held.from_kit:
            raise NotAllowed(
                _("Versions of a local kit differ by subject, preview text and sender: its blocks stay.")
            )
        blocks = cleaned_blocks(values["blocks"])
        check_named(held.blocks, blocks, by=by)
        values["blocks"] = None if blocks == cleaned_blocks(held.blocks) else blocks
    return values


def _end_approval(held: Campaign) -> None:
    """An approval was for the test as it was: whoever changes it asks again."""
    if is_approved(held):
        held.save(update_fields=unschedule(held))


def _wake() -> None:
    from campaign_crm.platform.jobs import tick
    from messaging.tasks import decide_tests  # tasks import what this module imports

    transaction.on_commit(lambda: tick(decide_tests))
