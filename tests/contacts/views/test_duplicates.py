"""The queue of possible duplicates, merging two chosen people, and taking a merge back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, ConsentPurpose
from contacts.models import Contact, DuplicatePair, Merge, Source
from contacts.services.consents import record_consent
from tests.contacts.views.conftest import queries_of

State = DuplicatePair.State
MakePerson = Callable[..., Contact]


@pytest.fixture
def pair(person: MakePerson) -> Callable[..., DuplicatePair]:
    def make(score: float = 0.9, **other: Any) -> DuplicatePair:
        first = person("Léa", "Martin", email=f"lea{score}@example.org")
        second = person(**{"first_name": "Lea", "last_name": "Martin", "civility": "Mme", **other})
        return DuplicatePair.objects.create(first=first, second=second, score=score)

    return make


def test_the_surest_pair_comes_first_and_skipping_goes_on(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    low, high, middle = pair(0.5), pair(0.95), pair(0.7)

    def shown(address: str) -> int:
        return client.get(address).context["pair"].pk

    assert shown("/duplicates/") == high.pk
    assert shown(f"/duplicates/?after={high.pk}") == middle.pk
    assert shown(f"/duplicates/?after={low.pk}") == high.pk
    assert shown(f"/duplicates/?before={low.pk}") == middle.pk
    assert shown(f"/duplicates/?at={low.pk}") == low.pk
    assert shown("/duplicates/?at=x") == high.pk


def test_one_person_gets_one_record_with_the_chosen_values_and_the_next_pair_follows(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    first, second = pair(0.95), pair(0.7)
    answer = {"answer": "same", "kept": str(first.first_id), "side_first_name": "absorbed"}
    response = client.post(f"/duplicates/{first.pk}/", answer)
    done = Merge.objects.get()
    assert response.url == f"/duplicates/?merged={done.pk}&at={second.pk}"
    assert Contact.objects.get(pk=first.first_id).first_name == "Lea"
    assert (done.kept_id, done.absorbed_id) == (first.first_id, first.second_id)
    assert client.get(response.url).context["just_merged"] == done
    client.post(f"/merges/{done.pk}/undo/", {"back": "review"})
    assert Contact.objects.filter(pk=first.second_id).exists()
    assert DuplicatePair.objects.get(first_id=first.first_id).state == State.DIFFERENT


def test_the_other_record_may_stay(client: Client, pair: Callable[..., DuplicatePair]) -> None:
    made = pair()
    page = client.get(f"/duplicates/?at={made.pk}&swap=1")
    assert page.context["records"].kept.pk == made.second_id
    client.post(f"/duplicates/{made.pk}/", {"answer": "same", "kept": str(made.second_id)})
    assert Merge.objects.get().kept_id == made.second_id


def test_two_people_are_kept_apart_for_good(client: Client, pair: Callable[..., DuplicatePair]) -> None:
    made = pair()
    client.post(f"/duplicates/{made.pk}/", {"answer": "different"})
    made.refresh_from_db()
    assert made.state == State.DIFFERENT
    assert client.get("/duplicates/").context["pair"] is None


def test_a_refused_merge_says_why_and_stays_in_the_queue(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    made = pair()
    Contact.objects.filter(pk=made.second_id).update(erased_at="2026-01-01T00:00:00Z")
    response = client.post(f"/duplicates/{made.pk}/", {"answer": "same"}, follow=True)
    assert "merged or erased meanwhile" in response.content.decode()


def test_disagreeing_agreements_are_told_before(
    client: Client, pair: Callable[..., DuplicatePair], members: Source
) -> None:
    made = pair()
    for person, given in ((made.first, True), (made.second, False)):
        record_consent(
            contact=person,
            channel=Channel.EMAIL,
            purpose=ConsentPurpose.MESSAGES,
            given=given,
            source=members,
            by=None,
        )
    page = client.get("/duplicates/")
    assert len(page.context["records"].refusals) == 1
    assert "The refusal will hold" in page.content.decode()


def test_two_chosen_people_are_found_compared_and_merged(client: Client, person: MakePerson) -> None:
    lea = person("Léa", "Martin", email="lea@example.org")
    other = person("Léa", "Martin-Dubois", phone="0639980001")
    found = client.get(f"/people/{lea.pk}/merge/")
    assert f"?with={other.pk}" in found.content.decode()
    page = client.get(f"/people/{lea.pk}/merge/?with={other.pk}")
    assert [fact.name for fact in page.context["records"].fields if fact.agrees is False] == ["last_name"]
    chosen = {"with": other.pk, "kept": lea.pk, "side_last_name": "absorbed"}
    response = client.post(f"/people/{lea.pk}/merge/", chosen)
    assert response.url == f"/people/{lea.pk}/"
    lea.refresh_from_db()
    assert lea.last_name == "Martin-Dubois"
    page_of_lea = client.get(response.url).content.decode()
    assert f"/merges/{Merge.objects.get().pk}/undo/" in page_of_lea


def test_an_old_link_leads_to_the_person_of_today(client: Client, person: MakePerson) -> None:
    lea, other = person("Léa", "Martin"), person("Léa", "Martin")
    client.post(f"/people/{lea.pk}/merge/", {"with": other.pk, "kept": lea.pk})
    assert client.get(f"/people/{other.pk}/").url == f"/people/{lea.pk}/"
    assert client.get("/people/999999/").status_code == 404


def test_a_person_with_a_possible_duplicate_says_so(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    made = pair()
    assert f"/duplicates/?at={made.pk}" in client.get(f"/people/{made.second_id}/").content.decode()


def test_the_queue_asks_no_more_queries_for_more_pairs(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    pair(0.5)
    one = queries_of(client, "/duplicates/")
    for score in (0.6, 0.7, 0.8):
        pair(score)
    assert queries_of(client, "/duplicates/") <= one + 1  # whether a next one exists


def test_whoever_may_not_edit_merges_nobody(reader: Client, pair: Callable[..., DuplicatePair]) -> None:
    made = pair()
    assert reader.get("/duplicates/").status_code == 403
    assert reader.post(f"/duplicates/{made.pk}/", {"answer": "same"}).status_code == 403
    assert reader.get(f"/people/{made.first_id}/merge/").status_code == 403
    assert Client().get("/duplicates/").status_code == 302


def test_the_evidence_is_said_in_words(client: Client, pair: Callable[..., DuplicatePair]) -> None:
    shown = pair()
    evidence = {"names": "short_form", "mobile": "same", "birth_date": "differs", "email": "unheard of"}
    DuplicatePair.objects.filter(pk=shown.pk).update(evidence=evidence)
    answer = client.get("/duplicates/")
    assert [(str(clue.words), clue.speaks_for) for clue in answer.context["clues"]] == [
        ("a short form, or one of several forenames", True),
        ("same mobile", True),
        ("another birth date", False),
    ]
    assert "same mobile" in answer.content.decode()


def other_reviewer() -> Client:
    found = Client()
    found.force_login(User.objects.create_user(email="second@example.org", role=Role.DIRECTOR, language="en"))
    return found


@pytest.mark.parametrize("answer", ["same", "different"])
def test_a_page_that_stayed_open_overrides_no_colleague(
    client: Client, pair: Callable[..., DuplicatePair], answer: str
) -> None:
    made, following = pair(0.9), pair(0.5)
    other_reviewer().post(f"/duplicates/{made.pk}/", {"answer": "different"})
    response = client.post(f"/duplicates/{made.pk}/", {"answer": answer})
    assert response.url == f"/duplicates/?at={following.pk}"
    assert "Their answer stands" in client.get(response.url).content.decode()
    made.refresh_from_db()
    assert (made.state, made.decided_by.email) == (State.DIFFERENT, "second@example.org")
    assert not Merge.objects.exists()


@pytest.mark.parametrize("answer", ["same", "different"])
def test_a_pair_that_was_merged_meanwhile_leads_to_the_next_one(
    client: Client, pair: Callable[..., DuplicatePair], answer: str
) -> None:
    made, following = pair(0.9), pair(0.5)
    other_reviewer().post(f"/duplicates/{made.pk}/", {"answer": "same"})
    response = client.post(f"/duplicates/{made.pk}/", {"answer": answer})
    assert response.url == f"/duplicates/?at={following.pk}"
    assert "This pair is gone" in client.get(response.url).content.decode()


def test_reviewers_at_work_are_shown_different_pairs(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    pairs = [pair(score).pk for score in (0.9, 0.8, 0.7)]
    second = other_reviewer()

    def shown(browser: Client, address: str = "/duplicates/") -> int:
        return browser.get(address).context["pair"].pk

    assert (shown(client), shown(second), shown(client)) == (pairs[0], pairs[1], pairs[0])
    answered = client.post(f"/duplicates/{pairs[0]}/", {"answer": "different"})
    assert shown(client, answered.url) == pairs[2]
    assert shown(second, f"/duplicates/?at={pairs[2]}") == pairs[2]  # who asks for one gets it


def test_not_the_same_is_taken_back_by_one_button(client: Client, pair: Callable[..., DuplicatePair]) -> None:
    made, following = pair(0.9), pair(0.5)
    answered = client.post(f"/duplicates/{made.pk}/", {"answer": "different"})
    assert answered.url == f"/duplicates/?apart={made.pk}&at={following.pk}"
    page = client.get(answered.url)
    assert f'action="/duplicates/{made.pk}/ask-again/"' in page.content.decode()
    back = client.post(f"/duplicates/{made.pk}/ask-again/")
    assert client.get(back.url).context["pair"] == made
    assert client.get(f"/duplicates/?apart={made.pk}").context["just_parted"] is None
    again = client.post(f"/duplicates/{made.pk}/ask-again/", follow=True)
    assert "Somebody else answered" in again.content.decode()


def test_a_merge_undone_in_the_queue_may_be_asked_again(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    made = pair()
    client.post(f"/duplicates/{made.pk}/", {"answer": "same"})
    undone = client.post(f"/merges/{Merge.objects.get().pk}/undo/", {"back": "review"})
    parted = client.get(undone.url).context["just_parted"]
    assert (parted.first_id, parted.second_id) == (made.first_id, made.second_id)


def test_two_people_kept_apart_are_merged_only_by_whoever_has_read_it(
    client: Client, pair: Callable[..., DuplicatePair]
) -> None:
    made = pair()
    chosen = {"with": made.second_id, "kept": made.first_id}
    other_reviewer().post(f"/duplicates/{made.pk}/", {"answer": "different"})
    refused = client.post(f"/people/{made.first_id}/merge/", chosen)
    assert not Merge.objects.exists()
    page = client.get(refused.url).content.decode()
    assert "second@example.org decided that these are two people" in page
    client.post(f"/people/{made.first_id}/merge/", {**chosen, "despite": made.pk})
    assert Merge.objects.get().absorbed_id == made.second_id


def test_several_pairs_of_one_person_are_one_alert_with_their_number(
    client: Client, person: MakePerson
) -> None:
    lea, *others = (person("Léa", "Martin") for _number in range(4))
    assert "may be this person" not in client.get(f"/people/{lea.pk}/").content.decode()
    pairs = [
        DuplicatePair.objects.create(first=lea, second=other, score=score)
        for other, score in zip(others, (0.2, 0.9, 0.5), strict=True)
    ]
    page = client.get(f"/people/{lea.pk}/").content.decode()
    assert page.count("may be this person") == 1
    assert "3 other records may be this person." in page
    assert f"/duplicates/?at={pairs[1].pk}" in page  # the surest one first
    assert "1 other record may be this person." in client.get(f"/people/{others[0].pk}/").content.decode()
