"""Pieces of the HTTP engine: texts in a provider's syntax, and batches cut to what a call may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.dispatch.ledger import Key
from messaging.dispatch.outcomes import judge
from messaging.providers.base import Batch, Fault, Outcome, OutgoingMessage, SharedContent
from messaging.providers.brevo.provider import SYNTAX as BREVO
from messaging.providers.http.batches import Group, Limits, cut, groups
from messaging.providers.http.encoding import Members, texts_json
from messaging.providers.http.run import HOPELESS
from messaging.providers.http.template import SlotValues, Template, slot_name
from messaging.providers.mailgun.provider import SYNTAX as MAILGUN
from messaging.providers.ses.provider import SYNTAX as SES
from tests.messaging.providers.cases import CASES
from tests.messaging.providers.slotted import make_batch, make_message, make_shared
from tests.support.http_fakes import HttpFault, brevo, mailgun, ses

PIECES = st.text(alphabet="{}%#\\ x", max_size=8) | st.sampled_from(
    ["%recipient.s0%", "{{params.s0}}", "{{{s0}}}", "%unsubscribe_url%", "{% if x %}", "{# no #}", "\\{{s0}}"]
)
PARTS = st.lists(st.one_of(PIECES, st.integers(0, 2)), max_size=8)
VALUES = st.lists(PIECES, min_size=3, max_size=3)


@settings(max_examples=300, deadline=None)
@given(PARTS, VALUES)
def test_any_text_reads_as_it_was_written(parts: list[str | int], values: list[str]) -> None:
    """Whatever braces, percent signs and backslashes stand where: in texts, and in values beside them."""
    wanted = "".join(values[part] if isinstance(part, int) else part for part in parts)
    named = {slot_name(number): value for number, value in enumerate(values)}
    shared = make_shared(subject=("x",), text=(), html=tuple(parts))

    made = Template(shared, BREVO)
    off = "{% autoescape off %}" + made.html + "{% endautoescape %}"
    assert brevo.rendered(off, named | made.literals) == wanted
    made = Template(shared, SES)
    assert ses.rendered(made.html, named | made.literals) == wanted
    made = Template(shared, MAILGUN)
    known = named | made.literals
    assert mailgun._VARIABLE.sub(lambda found: known.get(found[1] or "", "?"), made.html) == wanted


def test_plain_text_needs_no_literals() -> None:
    style = "<style>@media x{a{b:c} d{e:f}}</style>"
    made = Template(make_shared(html=(style, 0, "100 % sure", 1), text=(), subject=("x",)), SES)
    assert list(made.literals.values()) == ["}}"]
    assert re.findall(r"\{\{(\w+)\}\}", made.html) == ["l0", "s0", "s1"]


def test_one_address_twice_is_two_calls() -> None:
    messages = [make_message(1), make_message(2), make_message(3, recipient="PERSON1@example.com")]
    group = Group(make_shared(), [0, 1, 2])
    calls = cut(group, messages, [b"x"] * 3, Limits(10, 1_000, 1_000), 0)
    assert [call.indexes for call in calls] == [[0, 1], [2]]


def test_calls_are_cut_by_count_and_by_bytes() -> None:
    messages = [make_message(number) for number in range(10)]
    group = Group(make_shared(), list(range(10)))
    by_count = cut(group, messages, [b"x" * 9] * 10, Limits(4, 10_000, 1_000), 0)
    assert [len(call.indexes) for call in by_count] == [4, 4, 2]
    by_bytes = cut(group, messages, [b"x" * 9] * 10, Limits(100, 80, 1_000), 50)
    assert [len(call.indexes) for call in by_bytes] == [3, 3, 3, 1]


def test_values_that_most_readers_share_make_groups_and_others_do_not() -> None:
    def with_block(number: int, text: str) -> object:
        message = make_message(number)
        return message._replace(slots=(text, *message.slots[1:]))

    shared = make_shared()
    blocks = ["a" * 2_000, "b" * 2_000]
    few = [with_block(number, blocks[number % 2]) for number in range(10)]
    found = groups(few, shared, 100_000)  # type: ignore[arg-type]
    assert sorted(group.indexes for group in found) == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    own = [with_block(number, f"{number}" * 2_000) for number in range(10)]
    assert [group.indexes for group in groups(own, shared, 100_000)] == [list(range(10))]  # type: ignore[arg-type]
    assert [group.indexes for group in groups(own, shared, 1_500)] == [[n] for n in range(10)]  # type: ignore[arg-type]


def test_a_call_refused_without_a_reason_ends_in_bounded_calls() -> None:
    """Nothing says which message is wrong, and every part is refused: the rest waits, and nothing is lost."""
    case = next(one for one in CASES if one.kind == "mailgun")
    batch = make_batch(500)
    with case.playing(HttpFault("answer", times=10_000, status=400, body={"message": "no"})) as (
        server,
        provider,
    ):
        results = provider.send(batch)
    refused = [one for one in results if one.outcome is Outcome.REFUSED]
    waiting = [one for one in results if one.outcome is Outcome.RETRY]
    assert HOPELESS <= len(refused) <= HOPELESS + 2
    assert {one.fault for one in waiting} == {Fault.UNTRIED}
    assert len(refused) + len(waiting) == 500
    assert len(server.made) <= 64


def test_nobody_is_refused_for_their_neighbours() -> None:
    """One in twenty is bad and nothing says which: each is found, and everybody else is taken."""
    case = next(one for one in CASES if one.kind == "mailgun")
    bad = set(range(7, 400, 20))
    messages = [
        make_message(number, **({"recipient": f"person{number}@@example.com"} if number in bad else {}))
        for number in range(400)
    ]
    with case.playing(connections=2) as (server, provider):
        results = provider.send(Batch(messages, make_shared()))
    assert {number for number, one in enumerate(results) if one.outcome is Outcome.REFUSED} == bad
    assert sum(one.outcome is Outcome.ACCEPTED for one in results) == 400 - len(bad)
    assert len(server.api.taken) == 400 - len(bad)


def test_whom_the_time_of_a_batch_did_not_come_to_had_no_attempt() -> None:
    case = next(one for one in CASES if one.kind == "mailgun")
    messages = [make_message(number) for number in range(40)]
    messages[0] = make_message(0, recipient="person0@@example.com")
    faults = HttpFault("slow", times=10_000, seconds=0.4)
    with case.playing(faults, batch_timeout=1) as (_server, provider):
        results = provider.send(Batch(messages, make_shared()))
    left = [one for one in results if one.outcome is Outcome.RETRY]
    assert left
    assert {one.fault for one in left} == {Fault.UNTRIED}
    settled = judge(Key(1, ""), left[0], attempts=4)
    assert (settled.state, settled.attempts) == ("retry_wait", 4)


@pytest.mark.parametrize("kind", ["mailjet", "mailgun"])
def test_intents_are_asked_for_call_by_call_and_what_is_held_back_never_leaves(kind: str) -> None:
    case = next(one for one in CASES if one.kind == kind)
    asked: list[tuple[int, int]] = []
    with case.playing() as (server, provider):

        def hand_over(places: Sequence[int]) -> list[int]:
            asked.append((len(places), len(server.made)))
            return [place for place in places if place % 10]

        batch = Batch(make_batch(120).items, make_shared(), hand_over)
        results = provider.send(batch)
    calls = [50, 50, 20] if kind == "mailjet" else [120]
    assert asked == list(zip(calls, range(3), strict=False))
    assert [one.outcome for one in results] == [Outcome.ACCEPTED] * 108
    assert len(server.api.taken) == 108


def test_mailjet_drops_a_repeat_of_one_mailing_and_never_of_service_messages() -> None:
    case = next(one for one in CASES if one.kind == "mailjet")
    with case.playing() as (server, provider):
        for shared in (make_shared(), make_shared(), make_shared(mailing=""), make_shared(mailing="")):
            provider.send(Batch([make_message(1)], shared))
    assert len(server.api.taken) == 3


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    )
)
def test_an_object_of_texts_is_written_as_the_general_encoder_writes_it(texts: dict[str, str]) -> None:
    assert texts_json(texts) == json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    assert Members(texts).json(texts.values()) == texts_json(texts)


def test_values_of_a_recipient_are_those_of_the_slots_and_the_literals() -> None:
    shared = SharedContent("Équipe", "news@example.org", ("Pour ", 2), html=("<p>", 0, " ", 2, "</p>"))
    values = SlotValues(shared, {"l0": "{{"}, lambda name: f"-{name}-")
    message = OutgoingMessage("key", "news@example.org", "a@example.com", slots=('Zoé "Z"', "unused", "\n"))
    assert json.loads(values.json(message)) == {"-s0-": 'Zoé "Z"', "-s2-": "\n", "-l0-": "{{"}
    assert values
    assert not SlotValues(SharedContent("", "news@example.org", ("Bonjour",)), {})
