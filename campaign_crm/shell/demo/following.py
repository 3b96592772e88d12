"""What the invented team follows up: conversations, tasks, a scenario that runs, donations."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from random import Random
from typing import Any

from campaign_crm.platform.models import User
from campaign_crm.shell.demo.cast import Cast
from campaign_crm.shell.demo.following_words import ANSWERS, CANNED, GIFTS, OUR_ANSWER, TASKS
from campaign_crm.shell.demo.plan import Plan
from contacts.enums import Channel
from contacts.models import Contact
from messaging.models import Campaign, ProviderAccount, Reply, SenderIdentity
from tracking.enums import InteractionKind
from tracking.inbox.filing import file_arrivals
from tracking.inbox.threads import answer_subject
from tracking.models import (
    CannedAnswer,
    Conversation,
    ConversationMessage,
    Donation,
    Interaction,
    Scenario,
    ScenarioDone,
    ScenarioPerson,
    Task,
)
from tracking.scenarios.presets import WELCOME, from_preset

IN_THE_SCENARIO = 40
DONATIONS = 30


def make_following(plan: Plan, cast: Cast, parameters: dict[str, Any]) -> dict[str, int]:
    """Of people who may be written to, drawn with numbers of their own."""
    rng = plan.rng("following")
    reachable = Contact.objects.filter(
        pk__range=(parameters["first"], parameters["last"]),
        reach__channel=Channel.EMAIL,
        reach__political=True,
    )
    people = list(reachable.order_by("pk").prefetch_related("emailaddress_set")[:3000])
    if not people:
        return {}
    made = {
        "conversations": _conversations(plan, cast, people, rng),
        "follow-ups": _tasks(plan, cast, people, rng),
        "donations": _donations(plan, cast, people, rng),
    }
    _scenario(plan, cast, people, rng)
    return made


def _drawn(people: list[Contact], number: int, rng: Random) -> list[Contact]:
    return rng.sample(people, min(number, len(people)))


def _conversations(plan: Plan, cast: Cast, people: list[Contact], rng: Random) -> int:
    campaign = Campaign.objects.mailings().filter(started_at__isnull=False).order_by("-started_at").first()
    account = ProviderAccount.objects.order_by("pk").first()
    talkers = _drawn(people, len(ANSWERS), rng)
    for number, (contact, (subject, text)) in enumerate(zip(talkers, ANSWERS, strict=False)):
        address = contact.emailaddress_set.all()[0].address
        Reply.objects.create(
            account=account,
            contact=contact,
            campaign=campaign,
            digest=hashlib.sha256(f"{plan.seed}/{plan.salt}/answer/{number}".encode()).digest(),
            at=plan.now - timedelta(hours=3 + number * 7),
            from_name=str(contact),
            from_address=address,
            subject=subject,
            text=text,
        )
    file_arrivals()
    found = list(Conversation.objects.filter(contact__in=talkers).order_by("-last_at", "pk"))
    for number, conversation in enumerate(found):
        _take(plan, cast, conversation, number)
    for name, text in CANNED:
        CannedAnswer.objects.get_or_create(
            name=name, defaults={"text": text, "created_by": cast.administrator}
        )
    return len(found)


def _take(plan: Plan, cast: Cast, conversation: Conversation, number: int) -> None:
    """A third each: waiting, taken by somebody, answered and done with; one is put off."""
    if number % 3 == 1:
        conversation.assignee = cast.team[number % 2]
    if number == 4:
        conversation.snoozed_until = plan.at(-3, 9)
    if number % 3 == 2:
        conversation.assignee, conversation.state = cast.administrator, Conversation.State.DONE
        conversation.awaits, conversation.last_at = False, conversation.last_at + timedelta(hours=1)
        ConversationMessage.objects.create(
            conversation=conversation,
            contact=conversation.contact,
            direction=ConversationMessage.Direction.OUT,
            source="written",
            source_key=f"demo-{plan.seed}-{plan.salt}-{number}",
            at=conversation.last_at,
            author=cast.administrator,
            subject=answer_subject(conversation.subject),
            text=OUR_ANSWER,
            answers=True,
        )
    conversation.save()


def _tasks(plan: Plan, cast: Cast, people: list[Contact], rng: Random) -> int:
    owners: tuple[User, ...] = (cast.team[0], cast.team[0], cast.team[1])
    tasks = [
        Task(
            contact=contact,
            title=title,
            note=note,
            owner=owners[number % 3],
            due_on=plan.day(2 - number),
            created_by=cast.team[1],
        )
        for number, (contact, (title, note)) in enumerate(
            zip(_drawn(people, len(TASKS), rng), TASKS, strict=False)
        )
    ]
    return len(Task.objects.bulk_create(tasks))


def _scenario(plan: Plan, cast: Cast, people: list[Contact], rng: Random) -> None:
    """A welcome series under way; the messages that its people have had are said, not sent."""
    scenario = from_preset(
        WELCOME,
        name="Bienvenue",
        trigger={"type": "form", "value": {"id": cast.form.pk}},
        sender=SenderIdentity.objects.filter(is_active=True).order_by("pk").first(),
        by=cast.administrator,
    )
    Scenario.objects.filter(pk=scenario.pk).update(
        state=Scenario.State.PAUSED, started_at=plan.at(30, 9), looked_at=plan.now
    )
    steps = list(scenario.steps.order_by("position"))
    outcomes = {"send": "sent", "wait": "done"}
    rows, done = [], []
    for contact in _drawn(people, IN_THE_SCENARIO, rng):
        passed = rng.choice((2, 2, 2, 4, 4, 5))
        entered = plan.now - timedelta(hours=rng.randrange(2, 600))
        ended = passed == len(steps)
        rows.append(
            ScenarioPerson(
                scenario=scenario,
                contact=contact,
                state=ScenarioPerson.State.FINISHED if ended else ScenarioPerson.State.WAITING,
                last_step=steps[passed - 1],
                due_at=plan.now + timedelta(hours=rng.randrange(8, 150)),
                entered_at=entered,
                ended_at=plan.now if ended else None,
            )
        )
        done += [
            ScenarioDone(
                scenario=scenario, contact=contact, step=step, at=entered, outcome=outcomes[step.kind]
            )
            for step in steps[:passed]
        ]
    ScenarioPerson.objects.bulk_create(rows)
    ScenarioDone.objects.bulk_create(done)


def _donations(plan: Plan, cast: Cast, people: list[Contact], rng: Random) -> int:
    """Since some months, mostly small; three came by a mailing, two are of nobody known yet."""
    campaign = Campaign.objects.mailings().filter(started_at__isnull=False).order_by("-started_at").first()
    gifts, lines = [], []
    for number, contact in enumerate(_drawn(people, DONATIONS, rng)):
        known = number not in (5, 17)
        came_by = campaign if number % 9 == 1 else None
        known_for = max((plan.now - contact.created_at).days, 1)
        ago = min(rng.randrange(1, 160), known_for)
        gift = Donation(
            event_id=uuid.UUID(int=rng.getrandbits(128), version=4),
            contact=contact if known else None,
            name="" if known else "M. Exemple",
            address="" if known else f"donateur{number}@example.net",
            amount=rng.choice(GIFTS),
            given_on=plan.day(ago),
            method=rng.choice(("card", "card", "card", "transfer", "cheque")),
            receipt=f"D{plan.salt}{plan.seed}-{1000 + number}",
            campaign=came_by,
            came_by=Donation.CameBy.FILE,
            created_by=cast.administrator,
        )
        gifts.append(gift)
        if known:
            lines.append(
                Interaction(
                    at=plan.at(ago, 12),
                    event_id=gift.event_id,
                    kind=InteractionKind.DONATION,
                    contact=contact,
                    campaign=came_by,
                    ledger_month=came_by.ledger_month if came_by is not None else None,
                )
            )
    Donation.objects.bulk_create(gifts)
    Interaction.objects.bulk_create(lines)
    return len(gifts)
