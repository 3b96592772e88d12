"""Before a mailing, each source that people moved in from is asked about once."""

import pytest

from campaign_crm.platform.models import AuditEntry, User
from contacts.models import Import, OptOutAnswer, Source
from contacts.services.opt_out_question import (
    AnswerRefused,
    opt_out_file_is_missing,
    say_who_said_no,
    sources_to_ask,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create(email="officer@example.org")


def moved_in(name: str, *, kind: str = "address-book", state: str = "done") -> Source:
    source, _made = Source.objects.get_or_create(
        name=name, defaults={"kind": "address_book", "lawful_basis": "none"}
    )
    Import.objects.create(kind=kind, state=state, file_name="file.csv", source=source)
    return source


@pytest.mark.parametrize(
    ("kind", "state", "asked"),
    [
        ("address-book", "done", True),
        ("broker", "done", True),
        ("address-book", "undone", False),
        ("roll", "done", False),
        ("suppression", "done", False),
    ],
)
def test_people_from_elsewhere_are_asked_about(kind: str, state: str, asked: bool) -> None:
    moved_in("Former tool", kind=kind, state=state)
    assert opt_out_file_is_missing() is asked


def test_an_answer_is_about_its_source_and_a_later_move_is_asked_about(officer: User) -> None:
    first = moved_in("Former tool")
    say_who_said_no(sources=[first], file=None, by=officer)
    assert not opt_out_file_is_missing()
    moved_in("Former tool")  # the same source again
    assert not opt_out_file_is_missing()
    second = moved_in("Another tool")
    assert list(sources_to_ask()) == [second]
    entry = AuditEntry.objects.get(action="opt_outs.none")
    assert (entry.actor, entry.object_id) == (officer, str(first.pk))


def test_an_opt_out_file_answers_for_the_sources_it_is_said_of_until_it_is_undone(officer: User) -> None:
    first, second = moved_in("Former tool"), moved_in("Another tool")
    file = Import.objects.create(kind="suppression", state="done", file_name="unsubscribed.csv")
    assert list(sources_to_ask()) == [second, first]  # by itself it says nothing of them
    say_who_said_no(sources=[first], file=file, by=officer)
    assert list(sources_to_ask()) == [second]
    Import.objects.filter(pk=file.pk).update(state="undone")
    assert list(sources_to_ask()) == [second, first]


def test_an_answer_names_a_source_and_an_opt_out_file(officer: User) -> None:
    source = moved_in("Former tool")
    with pytest.raises(AnswerRefused, match="Tick the sources"):
        say_who_said_no(sources=[], file=None, by=officer)
    with pytest.raises(AnswerRefused, match="Choose an opt-out file"):
        say_who_said_no(sources=[source], file=Import.objects.get(), by=officer)
    assert not OptOutAnswer.objects.exists()
