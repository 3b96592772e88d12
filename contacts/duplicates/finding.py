"""Finding the pairs of people who may be one, for some people or for everyone, and keeping them for review.

Doing it again finds the same: a pair that waits has its evidence brought up to date, or goes when it is none
any more; one that was decided to be two people stays decided.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from django.db import connection, transaction

from contacts.duplicates.candidates import (
    Candidate,
    Pair,
    candidate_pairs,
    namesakes_of,
    people_of_the_base,
)
from contacts.duplicates.facts import facts_of, names_of
from contacts.duplicates.judging import Judgement, judge
from contacts.duplicates.names import Name, Names, compare_names

PEOPLE_AT_A_TIME = 2_000
PAIRS_A_PERSON = 3
"""The most probable ones: whoever looks like more people than that is told apart by none of their facts."""

Judged = dict[Pair, Judgement]


def find_pairs(ids: Sequence[int], *, import_id: int | None = None) -> int:
    """Write the pairs of these people with anyone of the base; returns how many are new. One transaction.

    `ids` are some thousands at most. `import_id` says which import brought the people.
    """
    judged = probable_pairs(ids)
    with transaction.atomic():
        waiting = _hold_waiting(ids)
        found = _write(judged, import_id)
        _judge_again([pair for pair in waiting if pair not in judged])
        return found


def probable_pairs(ids: Sequence[int]) -> Judged:
    """Judge some people against everyone they may be; (older, newer) to judgement, the best few a person."""
    candidates = candidate_pairs(ids)
    names = names_of(_people_of(candidates))
    candidates = [one for one in candidates if _names_allow_it(one, names)]
    facts = facts_of(_people_of(candidates))
    namesakes = namesakes_of(sorted({one.person for one in candidates}))
    people = people_of_the_base()
    judged: dict[Pair, Judgement | None] = {}
    by_person: defaultdict[int, list[tuple[float, Pair]]] = defaultdict(list)
    for person, other, _at_one_address in candidates:
        pair = (person, other) if person < other else (other, person)
        if pair not in judged:
            judged[pair] = judge(facts[person], facts[other], namesakes.get(person, 1), people)
        judgement = judged[pair]
        if judgement is not None:
            by_person[person].append((-judgement.score, pair))
    kept = {pair for found in by_person.values() for _score, pair in sorted(found)[:PAIRS_A_PERSON]}
    return {pair: judgement for pair in sorted(kept) if (judgement := judged[pair]) is not None}


def _people_of(candidates: Sequence[Candidate]) -> list[int]:
    return sorted({person for one in candidates for person in (one.person, one.other)})


def _names_allow_it(candidate: Candidate, names: dict[int, Name]) -> bool:
    """Most candidates share a day or a place and have nothing in their names: their facts are not read."""
    if candidate.person not in names or candidate.other not in names:
        return False
    alike = compare_names(names[candidate.person], names[candidate.other])
    return alike is not Names.DIFFER and (candidate.at_one_address or alike is not Names.FIRST_DIFFERS)


def _hold_waiting(ids: Sequence[int]) -> list[Pair]:
    """The pairs of these people that wait, held in one order: others look for pairs at the same time."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"ids": list(ids)})
        return [(first, second) for first, second in cursor.fetchall()]


def _judge_again(waiting: Sequence[Pair]) -> None:
    """Bring pairs that were not found again up to date; those that are none any more go."""
    if not waiting:
        return
    facts = facts_of(sorted({person for pair in waiting for person in pair}))
    namesakes = namesakes_of([first for first, _second in waiting])
    people = people_of_the_base()
    still: Judged = {}
    for first, second in waiting:
        if first in facts and second in facts:
            judgement = judge(facts[first], facts[second], namesakes.get(first, 1), people)
            if judgement is not None:
                still[first, second] = judgement
    _write(still, None)
    gone = [pair for pair in waiting if pair not in still]
    with connection.cursor() as cursor:
        cursor.execute(
            _FORGET, {"firsts": [one for one, _two in gone], "seconds": [two for _one, two in gone]}
        )


def find_all_pairs(*, on_people: Callable[[int], None] = lambda done: None) -> int:
    """Look at everyone of the base, a few thousand a transaction, oldest first; returns how many are new."""
    found, done = 0, 0
    for ids in _everyone():
        found += find_pairs(ids)
        done += len(ids)
        on_people(done)
    return found


def _everyone() -> Iterator[list[int]]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM contacts_contact WHERE id > %s AND erased_at IS NULL ORDER BY id LIMIT %s",
                [last, PEOPLE_AT_A_TIME],
            )
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        last = ids[-1]


def _write(judged: Judged, import_id: int | None) -> int:
    if not judged:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "import": import_id,
                "firsts": [first for first, _second in judged],
                "seconds": [second for _first, second in judged],
                "scores": [one.score for one in judged.values()],
                "evidence": [json.dumps(one.evidence) for one in judged.values()],
            },
        )
        return sum(is_new for (is_new,) in cursor.fetchall())


_WAITING = """
SELECT first_id, second_id FROM contacts_duplicatepair
WHERE state = 'pending' AND (first_id = ANY(%(ids)s) OR second_id = ANY(%(ids)s))
ORDER BY first_id, second_id FOR UPDATE
"""
_FORGET = """
DELETE FROM contacts_duplicatepair AS kept
USING unnest(%(firsts)s::bigint[], %(seconds)s::bigint[]) AS gone (first, second)
WHERE kept.first_id = gone.first AND kept.second_id = gone.second AND kept.state = 'pending'
"""
# People are held while it writes, so that nobody who is erased or merged meanwhile is left in a pair.
_WRITE = """
WITH pair AS (
    SELECT *
    FROM unnest(%(firsts)s::bigint[], %(seconds)s::bigint[], %(scores)s::float[], %(evidence)s::jsonb[])
        AS pair (first, second, score, evidence)
), there AS MATERIALIZED (
    SELECT id FROM contacts_contact
    WHERE id IN (SELECT first FROM pair UNION SELECT second FROM pair) AND erased_at IS NULL
    ORDER BY id FOR KEY SHARE
)
INSERT INTO contacts_duplicatepair AS kept (first_id, second_id, state, score, evidence, created_by_import_id)
SELECT first, second, 'pending', score, evidence, %(import)s
FROM pair
WHERE first IN (SELECT id FROM there) AND second IN (SELECT id FROM there)
ORDER BY first, second
ON CONFLICT (first_id, second_id) DO UPDATE SET score = excluded.score, evidence = excluded.evidence
WHERE kept.state = 'pending'
  AND (kept.score, kept.evidence) IS DISTINCT FROM (excluded.score, excluded.evidence)
RETURNING xmax = 0
"""
