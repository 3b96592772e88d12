"""The labelled base and file: the same twice, in the shares that were fixed, hard rows what they say."""

import random
from collections import Counter

import pytest

from contacts.folding import fold
from contacts.invented.corruption import FILE, Writer, typo
from contacts.invented.households import household
from contacts.invented.lookalikes import SETS, SHARE, lookalikes
from contacts.invented.pairs import HARD, HARD_SETS, HEADER, KNOWN, TWICE, base, rows, write_file

OISE = ("60",)
BASE_SIZE, FILE_SIZE = 2_000, 3_000
FIRST_HUMAN, LAST_HUMAN = 24_000_008, 24_009_664  # as the first measure had them


@pytest.fixture(scope="module")
def known():
    return {one.human: one.entry for one in base(BASE_SIZE, departments=OISE)}


@pytest.fixture(scope="module")
def labelled():
    return list(rows(FILE_SIZE, base_size=BASE_SIZE, departments=OISE))


def test_the_same_seed_gives_the_same_people_however_many(known, labelled) -> None:
    assert len(known) == BASE_SIZE
    assert list(rows(50, base_size=BASE_SIZE, departments=OISE)) == labelled[:50]
    assert [one.human for one in base(100, departments=OISE)] == list(known)[:100]


def test_rows_come_in_the_shares_that_were_fixed(known, labelled) -> None:
    in_base = sum(one.human in known for one in labelled) / FILE_SIZE
    assert in_base == pytest.approx(KNOWN, abs=0.04)
    for hard in HARD_SETS:
        assert sum(one.hard == hard for one in labelled) / FILE_SIZE == pytest.approx(HARD, abs=0.006)
    again = FILE_SIZE - len({one.human for one in labelled})
    assert again / FILE_SIZE > TWICE / 2


def test_faults_come_at_their_rates(labelled) -> None:
    ordinary = [one.entry for one in labelled if not one.hard]
    for fault in ("email_missing", "moved", "last_name_typo", "birth_date_missing"):
        of = [one for one in ordinary if fault != "moved" or "address_missing" not in one.faults]
        assert sum(fault in one.faults for one in of) / len(of) == pytest.approx(
            getattr(FILE, fault), abs=0.03
        )


def test_hard_rows_are_other_people_who_look_like_somebody_of_the_base(known, labelled) -> None:
    assert not [one for one in labelled if one.hard and one.human in known]
    homes = {(one.street, one.postcode) for one in known.values()}
    twins = [one.entry for one in labelled if one.hard == "twins"]
    assert sum((one.street, one.postcode) in homes for one in twins) > len(twins) / 2
    mails = {one.email for one in known.values()} - {""}
    phones = {one.mobile for one in known.values()} - {""}
    couples = [one.entry for one in labelled if one.hard == "couples"]
    assert sum(one.email in mails or one.mobile in phones for one in couples) > len(couples) / 3
    days = {(fold(one.last_name), one.birth_date) for one in known.values() if one.birth_date}
    homonyms = [one.entry for one in labelled if one.hard == "homonyms"]
    assert all(one.birth_date for one in homonyms)
    assert sum((fold(one.last_name), one.birth_date) in days for one in homonyms) > len(homonyms) / 4


def test_a_household_has_one_home_and_everyone_their_own_number(known) -> None:
    family = next(one for one in (household(n, seed=1) for n in range(100)) if len(one) > 2)
    assert len({one.home for one in family}) == 1
    assert len({one.mobile for one in family}) == len({one.email for one in family}) == len(family)
    assert family[2].birth_name in {family[0].birth_name, family[1].birth_name}
    mobiles = [one.mobile for one in known.values() if one.mobile]
    assert len(set(mobiles)) > 0.99 * len(mobiles)


def test_a_typo_is_one_slip_after_the_first_letter() -> None:
    rng = random.Random(1)
    for _try in range(200):
        spoiled = typo(rng, "Dubois")
        assert spoiled[0] == "D"
        assert abs(len(spoiled) - 6) <= 1
    assert typo(rng, "D") == "D"


def test_a_writer_says_what_it_spoiled() -> None:
    human = household(3, seed=1)[0]
    entry = Writer(random.Random(1), FILE).entry(human)
    assert ("email_missing" in entry.faults) == (entry.email == "")
    assert ("birth_date_missing" in entry.faults) == (entry.birth_date is None)


def test_the_file_has_its_header_and_a_row_each(tmp_path, labelled) -> None:
    kept = write_file(tmp_path / "book.csv", labelled[:20])
    lines = (tmp_path / "book.csv").read_text(encoding="utf-8").splitlines()
    assert kept == labelled[:20]
    assert (lines[0].split(";"), len(lines)) == (HEADER, 21)


def test_lookalikes_share_an_address_or_a_name_and_nobody_is_twice_there(known) -> None:
    found = list(lookalikes(FILE_SIZE, base_size=BASE_SIZE, departments=OISE))
    assert found == list(lookalikes(FILE_SIZE, base_size=BASE_SIZE, departments=OISE))
    assert Counter(one.hard for one in found) == {
        name: round(FILE_SIZE * SHARE) * (2 if name == "members" else 1) for name in SETS
    }
    assert len({one.human for one in found}) == len(found)
    assert not [one for one in found if one.human in known]
    mails = {one.email for one in known.values()} - {""}
    phones = {one.mobile for one in known.values()} - {""}
    for name in ("compound_father_son", "compound_siblings", "couples_of_one_mail"):
        rows_of = [one.entry for one in found if one.hard == name]
        assert sum(one.email in mails or one.mobile in phones for one in rows_of) > len(rows_of) / 2
    members = [one.entry for one in found if one.hard == "members"]
    for one, other in zip(members[::2], members[1::2], strict=True):
        assert (one.first_name, one.last_name, one.email) == (other.first_name, other.last_name, other.email)
        assert (one.civility, one.member) != (other.civility, other.member)


def test_lookalikes_leave_the_other_sets_as_they_were(labelled) -> None:
    assert not [one for one in labelled if one.entry.member or one.hard in SETS]
    assert (labelled[0].human, labelled[-1].human) == (FIRST_HUMAN, LAST_HUMAN)
