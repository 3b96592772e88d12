"""What the size of the base changes in how probable a pair is."""

from contacts.duplicates.facts import Facts
from contacts.duplicates.judging import judge
from contacts.duplicates.names import Name


def facts(first: str, last: str = "martin") -> Facts:
    return Facts(Name(first, last), "", None, None, 1, (), (), (), ())


def score(one: Facts, other: Facts, **base: int) -> float:
    judgement = judge(one, other, **base)
    return judgement.score if judgement else 0.0


def test_in_a_larger_base_more_people_agree_by_chance() -> None:
    pair = (facts("catherine"), facts("cathy"))
    assert score(*pair, people=4_000_000) < score(*pair, people=1_000_000)
    assert score(*pair, people=1_000) == score(*pair, people=1_000_000)


def test_a_name_that_so_few_have_is_rarer_in_a_larger_base() -> None:
    pair = (facts("catherine"), facts("catherine"))
    assert score(*pair, namesakes=2, people=30_000_000) == score(*pair, namesakes=2, people=1_000_000)


def test_a_year_of_birth_is_evidence_and_a_generation_is_two_people() -> None:
    one, same, other, son = (facts("jean")._replace(year=year) for year in (1931, 1931, 1935, 1961))
    unknown = score(facts("jean"), facts("jean"), namesakes=10)
    assert score(one, other, namesakes=10) < unknown < score(one, same, namesakes=10)
    assert judge(one, son, namesakes=2, people=1_000_000) is None
