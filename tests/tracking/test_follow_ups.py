"""Follow-ups: whose they are, when, and people shared out to members who may see them, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import Job, Notification, User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Grant, List, ListMembership, SilenceWindow
from contacts.services.elections import Round, save_election
from tests.messaging.people import make_officer, make_people
from tests.support.places import Places, make_places
from tracking.follow_ups import service
from tracking.follow_ups.batches import MOST, give_people
from tracking.follow_ups.selectors import counted, tasks
from tracking.follow_ups.service import TaskRefused
from tracking.models import Task, TaskBatch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def places() -> Places:
    return make_places()


@pytest.fixture
def local(places) -> User:
    """A coordinator of the Oise."""
    user = User.objects.create_user(email="local@example.org", full_name="Lou Noir", language="en", role="")
    Grant.objects.create(user=user, role=Role.LOCAL_COORDINATOR, territory=places.oise)
    return user


def due(days: int = 3):
    return timezone.localdate() + timedelta(days=days)


def test_made_given_put_off_and_ended_once(officer, local) -> None:
    (person,) = make_people(1)
    task = service.create_task(
        contact=person, title="  Call   back ", due_on=due(0), owner=officer, by=officer
    )
    assert (task.title, counted("due", user=officer)) == ("Call back", 1)
    with pytest.raises(TaskRefused, match="may not see"):
        service.give_task(task=task, to=local, by=officer)
    service.postpone_task(task=task, until=due(2), by=officer)
    task.refresh_from_db()
    assert (counted("due", user=officer), counted("coming", user=officer)) == (0, 1)
    for state in (Task.State.DONE, Task.State.DROPPED):  # who presses second changes nothing
        service.end_task(task=task, state=state, by=officer)
    task.refresh_from_db()
    assert (task.state, task.ended_by, counted("done", user=officer)) == ("done", officer, 1)
    service.reopen_task(task=task, by=officer)
    assert counted("coming", user=officer) == 1
    for title, day in (("", due()), ("Call", due(-1)), ("Call", due(9999))):
        with pytest.raises(TaskRefused):
            service.create_task(contact=person, title=title, due_on=day, owner=officer, by=officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(state="done", ended_at=None)


def test_nobody_is_called_in_the_silence_before_a_vote(officer) -> None:
    (person,) = make_people(1)
    save_election(name="Présidentielle", suffrage="presidential", rounds=[Round(due(20))], by=officer)
    assert SilenceWindow.objects.filter(territory=None, areas=[]).exists()
    with pytest.raises(TaskRefused, match="silence"):
        service.create_task(contact=person, title="Call", due_on=due(19), owner=officer, by=officer)
    assert service.create_task(contact=person, title="Call", due_on=due(18), owner=officer, by=officer).pk


def test_people_are_shared_out_once_to_members_who_may_see_them(officer, local, places) -> None:
    people = make_people(5)
    ids = [person.pk for person in people]
    Contact.objects.filter(pk__in=ids[:3]).update(commune=places.beauvais)
    Contact.objects.filter(pk__in=ids[3:]).update(commune=places.amiens)
    stalls = List.objects.create(name="Stalls")
    ListMembership.objects.bulk_create(ListMembership(list=stalls, contact_id=pk) for pk in ids)
    audience = {"type": "list", "id": stalls.pk}

    def give(owner: User, most: int, title: str = "Invite") -> TaskBatch:
        batch = give_people(audience=audience, most=most, title=title, due_on=due(), owner=owner, by=officer)
        Job.objects.filter(payload={"batch": batch.pk}).update(attempts=1)
        while run_one_due_job():
            pass
        batch.refresh_from_db()
        return batch

    batch = give(local, 2)
    assert (batch.made, batch.tasks.count()) == (2, 2)
    assert set(batch.tasks.values_list("contact", flat=True)) <= set(ids[:3])
    assert give(local, 50).made == 1, "those of elsewhere are not given, nor those who have one already"
    assert give(officer, 50).made == 2
    assert Task.objects.open().filter(title="Invite").count() == 5
    Job.objects.filter(payload={"batch": batch.pk}).update(state="queued", finished_at=None)
    while run_one_due_job():  # a worker that died before it said so
        pass
    assert Task.objects.filter(batch=batch).count() == 2
    assert Notification.objects.filter(user=local, kind="task.given", message__contains="2 people").exists()
    assert counted("team", user=officer) == 3
    for wrong in ({"most": 0}, {"most": MOST + 1}, {"audience": {"type": "everyone"}}):
        with pytest.raises(TaskRefused):
            give_people(
                **({"audience": audience, "most": 1} | wrong),
                title="x",
                due_on=due(),
                owner=local,
                by=officer,
            )


def test_pages_of_a_territory_show_and_give_their_own_people(officer, local, places) -> None:
    inside, outside = make_people(2)
    Contact.objects.filter(pk=inside.pk).update(commune=places.beauvais)
    Contact.objects.filter(pk=outside.pk).update(commune=places.amiens)
    service.create_task(contact=inside, title="Call", due_on=due(0), owner=local, by=officer)
    hidden = Task.objects.create(contact=outside, title="Visit", due_on=due(0), owner=local)
    client = Client()
    client.force_login(local)
    page = client.get(reverse("tracking:follow_ups")).content.decode()
    assert [word in page for word in ("Call", "Visit")] == [True, False]
    assert "Call" in client.get(reverse("tracking:waiting_for_you")).content.decode()
    url = reverse("tracking:task_act", args=[Task.objects.get(title="Call").pk, "postpone"])
    answer = client.post(url, {"by": "week", "back": "//evil.example/"})
    assert answer["Location"] == reverse("tracking:follow_ups")
    assert Task.objects.get(title="Call").due_on == due(7)
    assert client.post(reverse("tracking:task_act", args=[hidden.pk, "done"])).status_code == 404
    there = reverse("tracking:person_follow_ups", args=[inside.pk])
    typed = {"title": "Thank", "due_on": due().isoformat(), "owner": local.pk, "note": ""}
    assert client.post(there, typed).status_code == 302
    assert Task.objects.get(title="Thank").created_by == local
    volunteer = User.objects.create_user(email="v@example.org", language="en", role=Role.VOLUNTEER)
    client.force_login(volunteer)
    mine = Task.objects.create(contact=inside, title="Bring", due_on=due(0), owner=volunteer)
    others = Task.objects.get(title="Thank")
    answers = [
        client.post(reverse("tracking:task_act", args=[one.pk, "done"])).status_code for one in (mine, others)
    ]
    assert answers == [302, 404]
    assert list(tasks("done", user=volunteer)) == [mine]


def test_list_costs_the_same_for_one_and_for_many(officer, django_assert_max_num_queries, client) -> None:
    for person in make_people(6):
        service.create_task(contact=person, title="Call", due_on=due(0), owner=officer, by=officer)
    client.force_login(officer)
    client.get(reverse("tracking:follow_ups"))
    with django_assert_max_num_queries(26):
        assert client.get(reverse("tracking:follow_ups")).status_code == 200
