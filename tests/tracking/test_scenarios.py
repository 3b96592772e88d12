"""Scenarios: people come in once and go on step by step; nothing is done twice, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import Organisation, User
from contacts.enums import Channel, ConsentPurpose
from contacts.models import Contact, ContactTag, Newsletter, Segment, Subscription, Tag
from contacts.rules import silence
from contacts.services.consents import record_consent
from contacts.services.objections import record_objection
from contacts.services.people import tag_people
from contacts.services.subscriptions import subscribe
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Delivery, SenderIdentity
from messaging.services.targeting import notice_of, targeted_mailings
from tests.messaging.dispatch.test_silence import mute
from tests.messaging.people import (
    agree_to_targeting,
    make_account,
    make_officer,
    make_people,
    make_sender,
    make_source,
)
from tests.support.smtp_sink import SmtpSink
from tracking.models import Form, Scenario, ScenarioDone, ScenarioPerson, ScenarioStep, Submission, Task
from tracking.scenarios import moving, presets, service
from tracking.scenarios.moving import advance, claim, let_in, move_scenarios
from tracking.scenarios.presets import blocks_of
from tracking.scenarios.service import ScenarioRefused
from tracking.scenarios.steps import StepRefused, due_after

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


Kind = ScenarioStep.Kind


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def sender() -> SenderIdentity:
    return make_sender(make_account())


@pytest.fixture
def letter() -> Newsletter:
    return Newsletter.objects.create(name="Letter")


def message(subject: str = "Hello") -> dict[str, Any]:
    blocks = blocks_of("{{ greeting }}\n\nRead on.", label="More", url="https://example.org/more")
    return {"subject": subject, "blocks": blocks}


def made(letter: Newsletter, sender: SenderIdentity, officer: User, *steps: tuple[str, dict]) -> Scenario:
    """A scenario that runs, for whoever chooses the letter."""
    trigger = {"type": "newsletter", "value": {"id": letter.pk}}
    scenario = service.create_scenario(name="Welcome", trigger=trigger, sender=sender, by=officer)
    for kind, data in steps:
        service.add_step(scenario=scenario, kind=kind, data=data, by=officer)
    service.start(scenario=scenario, by=officer)
    return scenario


def choose(letter: Newsletter, *people: Contact) -> None:
    for person in people:
        subscribe(contact=person, newsletter=letter, source=None, by=None)


def later(**delta: int) -> None:
    """Let everybody who waits be due."""
    ScenarioPerson.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(hours=1))


def outcomes(scenario: Scenario) -> dict[tuple[int, int], str]:
    rows = ScenarioDone.objects.filter(scenario=scenario).values_list("contact", "step__position", "outcome")
    return {(contact, place): outcome for contact, place, outcome in rows}


def test_steps_are_done_in_order_each_once(letter, sender, officer) -> None:
    person, early = make_people(2)
    choose(letter, early)  # before it runs: they do not come in
    tag = Tag.objects.create(name="Welcomed")
    other = Newsletter.objects.create(name="Local")
    scenario = made(
        letter, sender, officer,
        (Kind.SEND, message()),
        (Kind.WAIT, {"days": 3}),
        (Kind.TAG, {"tag": tag.pk}),
        (Kind.SUBSCRIBE, {"newsletter": other.pk}),
        (Kind.TASK, {"title": "Call", "owner": officer.pk, "days": 2}),
    )  # fmt: skip
    choose(letter, person)
    assert move_scenarios() == 2, "the message, and the wait begins"
    row = ScenarioPerson.objects.get()
    assert (row.contact, row.state) == (person, "waiting")
    assert timedelta(days=2, hours=23) < row.due_at - timezone.now() < timedelta(days=3, minutes=1)
    assert move_scenarios() == 0
    later()
    assert move_scenarios() == 3
    row.refresh_from_db()
    assert (row.state, row.ended_at is None) == ("finished", False)
    assert ContactTag.objects.filter(contact=person, tag=tag).exists()
    assert Subscription.objects.filter(contact=person, newsletter=other, ended_at=None).exists()
    assert (Task.objects.get().title, Task.objects.get().owner) == ("Call", officer)
    delivery = Delivery.objects.get()
    assert (delivery.contact, delivery.occasion) == (person, f"step-{scenario.steps.first().pk}")
    assert (delivery.campaign.kind, delivery.basis, delivery.campaign.targeted) == (
        "political",
        "consent",
        False,
    )
    choose(letter, early)
    assert move_scenarios() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        ScenarioPerson.objects.create(scenario=scenario, contact=person)


def test_no_change_of_a_scenario_does_anything_again(letter, sender, officer) -> None:
    first, second = make_people(2)
    scenario = made(letter, sender, officer, (Kind.SEND, message("One")), (Kind.WAIT, {"days": 1}))
    choose(letter, first)
    move_scenarios()
    send, wait = scenario.steps.all().standing()
    service.change_step(step=send, data=message("One, better"), by=officer)
    service.move_step(step=send, up=False, by=officer)  # wait, then the message they have had
    new = service.add_step(scenario=scenario, kind=Kind.SEND, data=message("Two"), by=officer)
    service.add_step(scenario=scenario, kind=Kind.SEND, data=message("Before"), after=wait.pk, by=officer)
    later()
    move_scenarios()
    choose(letter, second)
    move_scenarios()
    later()
    move_scenarios()
    got = {
        one: sorted(Delivery.objects.filter(contact=one).values_list("occasion", flat=True))
        for one in (first, second)
    }
    before = scenario.steps.get(data__subject="Before")
    everything = sorted(f"step-{step.pk}" for step in (send, before, new))
    assert got == {first: everything, second: everything}
    assert Delivery.objects.filter(contact=first, occasion=f"step-{send.pk}").count() == 1
    # In another month the message has another campaign, and its people still got it.
    Campaign.objects.filter(standing_for__startswith="series:").update(ledger_month="2020-01-01")
    ScenarioPerson.objects.update(state="waiting", ended_at=None, last_step=None)
    later()
    move_scenarios()
    assert Delivery.objects.count() == 6
    service.remove_step(step=new, by=officer)
    assert ScenarioDone.objects.filter(step=new).count() == 2, "a step that is taken out stays known"


def test_links_keep_their_numbers_when_the_text_changes(letter, sender, officer) -> None:
    first, second = make_people(2)
    scenario = made(letter, sender, officer, (Kind.SEND, message()))
    choose(letter, first)
    move_scenarios()
    (step,) = scenario.steps.all().standing()
    changed = {"subject": "Hello", "blocks": blocks_of("Hi.", label="More", url="https://example.org/new")}
    service.change_step(step=step, data=changed, by=officer)
    choose(letter, second)
    move_scenarios()
    links = dict(Campaign.objects.get().links.values_list("number", "url"))
    assert links == {1: "https://example.org/more", 2: "https://example.org/new"}


@pytest.mark.parametrize("otherwise", ["stop", "skip"])
def test_condition_is_asked_when_each_comes_to_it(letter, sender, officer, otherwise) -> None:
    yes, no = make_people(2)
    tag = Tag.objects.create(name="Active")
    segment = Segment.objects.create(
        name="Active", tree={"all": [{"condition": "tag", "operator": "any", "value": [tag.pk]}]}
    )
    tree = {"all": [{"condition": "segment", "operator": "any", "value": [segment.pk]}]}
    scenario = made(
        letter, sender, officer,
        (Kind.WAIT, {"days": 1}),
        (Kind.CONDITION, {"tree": tree, "otherwise": otherwise}),
        (Kind.TASK, {"title": "Call", "owner": officer.pk}),
        (Kind.TAG, {"tag": Tag.objects.create(name="Seen").pk}),
    )  # fmt: skip
    choose(letter, yes, no)
    move_scenarios()
    tag_people(contacts=[yes], tag=tag, by=officer)
    later()
    move_scenarios()
    assert list(Task.objects.values_list("contact", flat=True)) == [yes.pk]
    states = dict(ScenarioPerson.objects.values_list("contact", "state"))
    seen = ContactTag.objects.filter(contact=no, tag__name="Seen").exists()
    if otherwise == "stop":
        assert (states, seen) == ({yes.pk: "finished", no.pk: "stopped"}, False)
        assert ScenarioPerson.objects.get(contact=no).reason == "condition"
    else:
        assert (states, seen) == ({yes.pk: "finished", no.pk: "finished"}, True)
        assert outcomes(scenario)[no.pk, 3] == "skipped"


def test_law_is_asked_of_each_person(letter, sender, officer) -> None:
    """No agreement, an objection, and a choice by what is known: the same answers as for a mailing."""
    fine, objects, withdrew = make_people(3)
    tag = Tag.objects.create(name="Active")
    tree = {"all": [{"condition": "tag", "operator": "any", "value": [tag.pk]}]}
    scenario = made(
        letter, sender, officer,
        (Kind.SEND, message("Untargeted")),
        (Kind.CONDITION, {"tree": tree}),
        (Kind.SEND, message("Targeted")),
    )  # fmt: skip
    agreed, silent = make_people(2, start=10)
    everybody = (fine, objects, withdrew, agreed, silent)
    tag_people(contacts=everybody, tag=tag, by=officer)
    agree_to_targeting(agreed)
    record_objection(contact=objects, channels=[Channel.EMAIL], by=officer)
    record_consent(
        contact=withdrew, channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=False, source=None,
        wording=None, by=None,
    )  # fmt: skip
    choose(letter, *everybody)
    move_scenarios()
    got = sorted(Delivery.objects.values_list("contact", "campaign__subject"))
    assert got == sorted(
        [(one.pk, "Untargeted") for one in (fine, agreed, silent)] + [(agreed.pk, "Targeted")]
    )
    reasons = dict(ScenarioPerson.objects.filter(state="stopped").values_list("contact", "reason"))
    assert reasons == {
        objects.pk: "suppressed",
        withdrew.pk: "withdrawn",
        fine.pk: "no_targeting_consent",
        silent.pk: "no_targeting_consent",
    }
    targeted = Campaign.objects.get(subject="Targeted")
    assert (targeted.targeted, notice_of(targeted) is not None) == (True, True)
    assert "/notice" in str(targeted.compiled["html"]) or "n/" in str(targeted.compiled["html"])
    assert list(targeted_mailings()) == [targeted], "it stands in the register of targeted messages"
    assert any("Active" in line for line in targeted.criteria["en"])
    assert not Campaign.objects.get(subject="Untargeted").targeted
    scenario.refresh_from_db()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"tree": {"all": [{"condition": "nothing", "operator": "is", "value": 1}]}}, "no condition"),
        ({"tree": {"all": []}}, "at least one"),
    ],
)
def test_conditions_that_cannot_be_asked_are_refused(letter, sender, officer, data, words) -> None:
    scenario = service.create_scenario(name="x", trigger={}, sender=sender, by=officer)
    with pytest.raises(StepRefused, match=words):
        service.add_step(scenario=scenario, kind=Kind.CONDITION, data=data, by=officer)


def test_roll_and_other_forbidden_conditions_choose_no_reader(letter, sender, officer) -> None:
    scenario = service.create_scenario(name="x", trigger={}, sender=sender, by=officer)
    tree = {"all": [{"condition": "roll_age", "operator": "from", "value": 60}]}
    with pytest.raises(StepRefused):
        service.add_step(scenario=scenario, kind=Kind.CONDITION, data={"tree": tree}, by=officer)


@pytest.mark.django_db(transaction=True)
def test_hand_over_asks_again_and_waits_for_the_polls(letter, officer) -> None:
    with SmtpSink(keep_messages=True) as sink:
        sender = make_sender(make_account(sink.port))
        left, stays = make_people(2)
        made(letter, sender, officer, (Kind.SEND, message("Bonjour {{ first_name }}")))
        choose(letter, left, stays)
        move_scenarios()
        record_objection(contact=left, channels=[Channel.EMAIL], by=officer)  # after it was queued
        Pump().run()
        (sent,) = sink.messages()
        assert sent["To"] == "person2@example.com"
        assert sent["Subject"] == "Bonjour Camille2"
        assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        states = dict(Delivery.objects.values_list("contact", "state"))
        assert states == {left.pk: "suppressed", stays.pk: "accepted"}
        mute()
        (muted,) = make_people(1, start=20)
        choose(letter, muted)
        move_scenarios()
        Pump().run()
        waits = Delivery.objects.get(contact=muted)
        assert (waits.state, waits.answer, len(sink.messages())) == ("queued", silence.WAITS, 1)
        assert waits.due_at > timezone.now() + timedelta(hours=4), "it is asked again as the polls close"


@pytest.mark.django_db(transaction=True)
def test_whoever_is_killed_loses_and_repeats_nothing(letter, sender, officer, monkeypatch) -> None:
    """A worker dies at each moment of a step; the next one goes on, and everything is there once."""
    people = make_people(6)
    scenario = made(
        letter, sender, officer,
        (Kind.SEND, message()),
        (Kind.TASK, {"title": "Call", "owner": officer.pk}),
    )  # fmt: skip
    choose(letter, *people)
    let_in(scenario.pk)

    class Killed(BaseException):
        """As a kill: nothing after it runs."""

    def dies(*_arguments: object, **_options: object) -> None:
        raise Killed

    for name in ("act", "_hold", "_go_on", "_move"):
        claimed, token = claim()
        assert len(claimed) == 6, name
        with monkeypatch.context() as patch:
            patch.setattr(moving, name, dies)
            with pytest.raises(Killed):
                advance(claimed, token)
        assert (Delivery.objects.count(), ScenarioDone.objects.count()) == (0, 0)
        assert claim()[0] == [], "still leased to the dead one"
        ScenarioPerson.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    late, old_token = claim()
    ScenarioPerson.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    fresh, new_token = claim()
    assert advance(late, old_token) == 0, "whoever was slow is fenced off"
    assert advance(fresh, new_token) == 6
    move_scenarios()
    assert (Delivery.objects.count(), Task.objects.count()) == (6, 6)
    assert set(ScenarioPerson.objects.values_list("state", flat=True)) == {"finished"}


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_share_the_people(letter, sender, officer) -> None:
    people = make_people(30)
    scenario = made(letter, sender, officer, (Kind.TASK, {"title": "Call", "owner": officer.pk}))
    choose(letter, *people)
    let_in(scenario.pk)

    def work() -> None:
        while (taken := claim(limit=5))[0]:
            advance(*taken)
        connection.close()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    move_scenarios()
    assert Task.objects.count() == 30
    assert ScenarioPerson.objects.filter(state="finished").count() == 30


def test_step_that_fails_again_and_again_stops_its_people_and_says_so(
    letter, sender, officer, monkeypatch
) -> None:
    (person,) = make_people(1)
    made(letter, sender, officer, (Kind.SEND, message()))
    choose(letter, person)

    def fails(*_arguments: object) -> None:
        raise RuntimeError("a provider of ours")

    monkeypatch.setattr(moving, "act", fails)
    for _attempt in range(moving.MAX_ATTEMPTS):
        later()
        move_scenarios()
    row = ScenarioPerson.objects.get()
    assert (row.state, row.reason) == ("stopped", "error")


def test_paused_and_ended_scenarios_move_nobody(letter, sender, officer) -> None:
    one, two = make_people(2)
    scenario = made(letter, sender, officer, (Kind.WAIT, {"days": 1}), (Kind.SEND, message()))
    choose(letter, one)
    move_scenarios()
    taken, token = [], 0
    later()
    taken, token = claim()
    service.pause(scenario=scenario, by=officer)
    choose(letter, two)
    assert advance(taken, token) == 0, "paused between the claim and the act"
    later()
    assert move_scenarios() == 0
    service.start(scenario=scenario, by=officer)
    move_scenarios()
    assert ScenarioPerson.objects.count() == 2, "who came meanwhile comes in now"
    Organisation.objects.update_or_create(pk=1, defaults={"sending_enabled": False})
    assert move_scenarios() == 0
    Organisation.objects.update(sending_enabled=True)
    service.end(scenario=scenario, by=officer)
    assert set(ScenarioPerson.objects.filter(state="stopped").values_list("reason", flat=True)) == {"ended"}
    with pytest.raises(ScenarioRefused):
        service.start(scenario=scenario, by=officer)
    again = service.copy(scenario=scenario, by=officer)
    assert (again.state, again.steps.count(), again.people.count()) == ("draft", 2, 0)
    with pytest.raises(StepRefused):
        service.add_step(scenario=scenario, kind=Kind.WAIT, data={"days": 1}, by=officer)


def test_nothing_runs_that_is_incomplete(sender, letter, officer) -> None:
    draft = service.create_scenario(name="x", trigger={}, sender=None, by=officer)
    with pytest.raises(ScenarioRefused, match="at least one step"):
        service.start(scenario=draft, by=officer)
    preset = presets.from_preset(
        presets.WELCOME,
        name="Welcome",
        trigger={"type": "newsletter", "value": {"id": letter.pk}},
        sender=None,
        by=officer,
    )
    assert preset.steps.count() == 5
    with pytest.raises(ScenarioRefused, match="sender"):
        service.start(scenario=preset, by=officer)
    with pytest.raises(StepRefused):
        service.add_step(scenario=draft, kind=Kind.SEND, data={"subject": "", "blocks": []}, by=officer)


def test_waits_end_at_the_hour_that_was_asked() -> None:
    noon = timezone.make_aware(timezone.datetime(2026, 11, 3, 12))
    assert due_after({"days": 1, "at": 9}, noon) == timezone.make_aware(timezone.datetime(2026, 11, 5, 9))
    assert due_after({"days": 1, "at": 13}, noon) == timezone.make_aware(timezone.datetime(2026, 11, 4, 13))
    assert due_after({"hours": 2}, noon) - noon == timedelta(hours=2)


def test_pages_write_run_and_show_a_scenario(letter, sender, officer, client) -> None:
    client.force_login(officer)
    new = reverse("tracking:scenario_new")
    assert client.get(new).status_code == 200
    typed = {"preset": "welcome", "name": "Hello", "trigger": f"newsletter:{letter.pk}", "sender": sender.pk}
    page = client.post(new, typed)["Location"]
    scenario = Scenario.objects.get()
    assert scenario.steps.count() == 5
    send = scenario.steps.get(position=1)
    edit = reverse("tracking:step_edit", args=[scenario.pk, send.pk])
    assert "{{ greeting }}" in client.get(edit).content.decode()
    told = {"subject": "Dear friend", "text": "Hi <b>there</b>", "label": "Go", "url": "https://example.org/"}
    assert client.post(edit, told).status_code == 302
    send.refresh_from_db()
    assert send.data["blocks"][0]["html"] == "<p>Hi &lt;b&gt;there&lt;/b&gt;</p>"
    for kind in Kind.values:
        assert client.get(reverse("tracking:step_new", args=[scenario.pk, kind])).status_code == 200
    wrong = client.post(reverse("tracking:step_new", args=[scenario.pk, "wait"]), {"days": 0, "hours": 0})
    assert wrong.status_code == 422
    assert client.post(reverse("tracking:scenario_act", args=[scenario.pk, "start"])).status_code == 302
    choose(letter, *make_people(2))
    move_scenarios()
    shown = client.get(page).content.decode()
    assert "2 before it" in shown
    people = client.get(reverse("tracking:scenario_people", args=[scenario.pk])).content.decode()
    assert "Camille1" in people
    row = ScenarioPerson.objects.first()
    client.post(reverse("tracking:scenario_act", args=[scenario.pk, "out"]), {"person": row.pk})
    row.refresh_from_db()
    assert (row.state, row.reason) == ("stopped", "taken_out")


def test_soft_forms_bring_people_in_at_once_and_strict_ones_when_confirmed(letter, sender, officer) -> None:
    soft, strict = make_people(2)
    forms = {
        kind: Form.objects.create(title=kind, slug=kind, confirmation=kind, source=make_source())
        for kind in ("soft", "strict")
    }
    made_by_form = {}
    for kind, form in forms.items():
        trigger = {"type": "form", "value": {"id": form.pk}}
        made_by_form[kind] = service.create_scenario(name=kind, trigger=trigger, sender=sender, by=officer)
        service.add_step(scenario=made_by_form[kind], kind=Kind.WAIT, data={"days": 1}, by=officer)
        service.start(scenario=made_by_form[kind], by=officer)
    now = timezone.now()
    sent = {
        kind: Submission.objects.create(form=forms[kind], contact=person, data={}, at=now)
        for kind, person in (("soft", soft), ("strict", strict))
    }
    move_scenarios()
    assert set(ScenarioPerson.objects.values_list("contact", flat=True)) == {soft.pk}
    Submission.objects.filter(pk=sent["strict"].pk).update(confirmed_at=timezone.now())
    move_scenarios()
    assert set(ScenarioPerson.objects.values_list("contact", flat=True)) == {soft.pk, strict.pk}
