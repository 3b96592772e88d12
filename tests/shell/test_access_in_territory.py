"""Who may open what in a territory: every role granted there × every page. The API: `api/test_access.py`.

A page that is open in territories says in its row whose pages it shows (`access_rows.Row.local`); for people,
households, mailings and events of elsewhere it answers as if there were none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import NATIONAL_ONLY, Right, Role, role_has_right
from contacts.models import (
    Contact,
    Export,
    Grant,
    Household,
    HouseholdMember,
    List,
    ListMembership,
    Segment,
    Source,
    Territory,
)
from contacts.services.export_files import token_of
from contacts.services.people import create_contact
from messaging.models import Campaign, Template
from tests.shell.access_rows import (
    ANYTHING,
    CONVERSATION,
    EVENT,
    HOUSEHOLD,
    MAILING,
    PERSON,
    PUBLIC,
    ROWS,
    TASK,
)
from tests.shell.test_access import ADMIN, DOORS, PAGES, address, plain_refusals, writing_right
from tests.support.places import Places, make_places
from tracking.events.preparing import create_event, publish
from tracking.events.slots import SlotPlan
from tracking.models import Conversation, Event, Rsvp, Task

__all__ = ["plain_refusals"]
pytestmark = pytest.mark.django_db
IN_A_TERRITORY = [role for role in Role if role not in NATIONAL_ONLY]
STAFF = sorted(name for name, row in ROWS.items() if row is not PUBLIC and name in PAGES)
OUTSIDE = ("Outofsight", "outofsight@example.org", "A mailing of elsewhere")


@dataclass(frozen=True)
class Things:
    """One thing of each kind, by the number that stands in addresses."""

    person: int
    household: int
    mailing: int
    conversation: int
    task: int
    event: int

    def of(self, kind: str) -> int:
        return int(getattr(self, kind))


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def inside(places: Places) -> Things:
    return make_things("Insight", places.beauvais, "A mailing of here")


@pytest.fixture
def outside(places: Places) -> Things:
    return make_things(OUTSIDE[0], places.amiens, OUTSIDE[2])


def make_things(name: str, commune: Territory, mailing: str) -> Things:
    source, _made = Source.objects.get_or_create(
        name="Form", kind="form", lawful_basis="consent", channels=["email"]
    )
    people = [
        create_contact(
            source=source, by=None, last_name=name, email=f"{name.lower()}{at}example.org", commune=commune
        )
        for at in ("@", "2@")
    ]
    household = Household.objects.create()
    HouseholdMember.objects.bulk_create(HouseholdMember(household=household, contact=one) for one in people)
    campaign = Campaign.objects.create(name=mailing, territory=commune)
    conversation = Conversation.objects.create(contact=people[0], subject=name, last_at=timezone.now())
    task = Task.objects.create(contact=people[0], title=name, due_on=timezone.localdate())
    slots = [SlotPlan(timezone.now() + timedelta(days=3), timezone.now() + timedelta(days=3, hours=2))]
    event = create_event(
        by=None, slots=slots, title=f"Meeting: {mailing}", venue=mailing, territory=commune, commune=commune
    )
    publish(event=event, by=None)
    Rsvp.objects.create(
        event=event, slot=event.slots.get(), contact=people[0], name=name, state=Rsvp.State.REGISTERED
    )
    return Things(people[0].pk, household.pk, campaign.pk, conversation.pk, task.pk, event.pk)


@pytest.fixture
def local(member: Callable[..., User], places: Places) -> Callable[[str], Client]:
    """A browser of somebody who holds one role in the Oise, and nothing in the country."""

    def make(role: str) -> Client:
        user = member("", email=f"local-{role}@example.org")
        Grant.objects.create(user=user, role=role, territory=places.oise)
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return make


def may_open(role: str, name: str) -> bool:
    row = ROWS[name]
    return row.read is None or (bool(row.local) and role_has_right(role, row.read))


@pytest.mark.parametrize("role", IN_A_TERRITORY)
def test_role_in_a_territory_opens_what_is_local_and_nothing_else(
    local: Callable[[str], Client], role: str
) -> None:
    client = local(role)
    wrong = {}
    for name in STAFF:
        status = client.get(address(name)).status_code
        if (status == 403) == may_open(role, name) or status >= 500:
            wrong[name] = status
    assert wrong == {}


@pytest.mark.parametrize("role", IN_A_TERRITORY)
def test_role_in_a_territory_changes_nothing_of_the_country(
    local: Callable[[str], Client], role: str
) -> None:
    client = local(role)
    answers = {
        name: client.post(address(name)).status_code
        for name in STAFF
        if (needed := writing_right(ROWS[name])) is not None
        and not (ROWS[name].local and role_has_right(role, needed))
    }
    assert {name: status for name, status in answers.items() if status not in (403, 405)} == {}


@pytest.mark.parametrize("role", IN_A_TERRITORY)
def test_reference_tables_stay_closed(local: Callable[[str], Client], role: str) -> None:
    client = local(role)
    opened = {name: client.get(address(name), follow=True).status_code for name in sorted(set(ADMIN) - DOORS)}
    assert set(opened.values()) == {403}


def test_page_of_one_thing_says_what_it_is() -> None:
    """`ANYTHING` with a number in its address is no person, household, mailing or event of somebody."""
    free = {"contacts:segment", "contacts:list", "contacts:export", "messaging:template", "shell:member"}
    numbered = {
        name for name in STAFF if ROWS[name].local == ANYTHING and "pk" in PAGES[name].pattern.converters
    }
    assert {name for name in numbered if not name.startswith(tuple(free))} == set()


def of_one_thing() -> list[str]:
    kinds = (PERSON, HOUSEHOLD, MAILING, CONVERSATION, TASK, EVENT)
    return [name for name in STAFF if ROWS[name].local in kinds]


def address_of(name: str, thing: int) -> str:
    return address(name).replace("/999999/", f"/{thing}/", 1)


def test_what_is_outside_is_as_if_it_were_not(
    local: Callable[[str], Client], inside: Things, outside: Things
) -> None:
    client = local(Role.LOCAL_COORDINATOR)
    before = [list(model.objects.order_by("pk").values()) for model in (Contact, Campaign, Event, Rsvp)]
    wrong = {}
    for name in of_one_thing():
        row = ROWS[name]
        if not role_has_right(Role.LOCAL_COORDINATOR, row.read or Right.VIEW_PEOPLE):
            continue
        there = address_of(name, outside.of(row.local))
        answers = (client.get(there).status_code, client.post(there).status_code)
        refused = (
            set()
            if role_has_right(Role.LOCAL_COORDINATOR, row.write or row.read or Right.VIEW_PEOPLE)
            else {403}
        )
        if not set(answers) <= {404, 405} | refused or set(answers) <= {405, 403}:
            wrong[name] = answers
        if client.get(address_of(name, inside.of(row.local))).status_code in (403, 500):
            wrong[name] = "its own"
    assert wrong == {}
    after = [list(model.objects.order_by("pk").values()) for model in (Contact, Campaign, Event, Rsvp)]
    assert after == before


def test_own_person_household_and_mailing_open(local: Callable[[str], Client], inside: Things) -> None:
    client = local(Role.LOCAL_COORDINATOR)
    for name, thing in (("contacts:person", PERSON), ("contacts:household", HOUSEHOLD)):
        assert client.get(address_of(name, inside.of(thing))).status_code == 200
    assert client.get(address_of("messaging:campaign_compose", inside.of(MAILING))).status_code == 200


def test_no_page_names_what_is_outside(
    local: Callable[[str], Client], inside: Things, outside: Things
) -> None:
    client = local(Role.LOCAL_COORDINATOR)
    told = set()
    searched = ["/people/?q=outof", "/search/?q=outofsight", "/search/?q=mailing", "/electors/?q=outofsight"]
    searched += [
        "/people/?q=outofsight@example.org",
        "/mailings/readers/?q=outofsight",
        "/mailings/?q=elsewhere",
    ]
    for name in STAFF:
        row = ROWS[name]
        if row.read is None or row.local == ANYTHING:
            searched.append(address(name))
        elif row.local:
            searched.append(address_of(name, inside.of(row.local)))
    for page in searched:
        answer = client.get(page, follow=True)
        body = b"".join(answer) if answer.streaming else answer.content
        told |= {(page, word) for word in OUTSIDE if word.lower() in body.decode(errors="ignore").lower()}
    # What was typed stands in the field of a search again.
    assert {(page, word) for page, word in told if word.lower() not in page.replace("%20", " ")} == set()


def test_public_pages_are_the_same_for_a_member_of_a_territory(local: Callable[[str], Client]) -> None:
    client, stranger = local(Role.VOLUNTEER), Client(raise_request_exception=False)
    public = [name for name, row in ROWS.items() if row is PUBLIC and name in PAGES]
    answers = {name: client.get(address(name)).status_code for name in public}
    assert answers == {name: stranger.get(address(name)).status_code for name in public}


def test_segments_exports_templates_and_members_of_others_stay_theirs(
    local: Callable[[str], Client],
    member: Callable[..., User],
    places: Places,
    inside: Things,
    outside: Things,
) -> None:
    """What lies in no territory belongs to somebody: their number in an address opens and changes nothing."""
    boss = member(Role.ADMINISTRATOR, email="boss@example.org")
    tree = {"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}
    private = Segment.objects.create(name="Private", tree=tree, is_shared=False, created_by=boss)
    shared = Segment.objects.create(name="Shared", tree=tree, is_shared=True, created_by=boss)
    picked = List.objects.create(name="Picked", created_by=boss)
    ListMembership.objects.create(list=picked, contact_id=outside.person)
    template = Template.objects.create(name="Of the country", created_by=boss)
    colleague = member("", email="colleague@example.org")
    Grant.objects.create(user=colleague, role=Role.DATA_OFFICER, territory=places.somme)
    exports = [
        Export.objects.create(
            purpose="calls", scope={}, columns=["last_name"], rows=1, state=state, requested_by=who,
            territories=where,
        )
        for who, where, state in [(boss, None, "ready"), (colleague, [places.somme.pk], "waiting")]
    ]  # fmt: skip
    before = list(Segment.objects.order_by("pk").values()), list(Export.objects.order_by("pk").values())
    client = local(Role.LOCAL_COORDINATOR)

    def opened(name: str, number: int, **more: object) -> tuple[int, int]:
        there = reverse(name, kwargs={"pk": number, **more})
        return client.get(there).status_code, client.post(there, {"person": outside.person}).status_code

    wrong = {}
    numbered = [name for name in STAFF if "pk" in PAGES[name].pattern.converters]
    for name in numbered:
        asked: list[int] = []
        if name.startswith("contacts:segment"):
            asked = [private.pk] + ([shared.pk] if name.endswith(("_edit", "_delete")) else [])
        elif name.startswith("messaging:template") and ROWS[name].local:
            asked = [template.pk]
        elif name == "shell:member":
            asked = [boss.pk, colleague.pk]
        elif name == "contacts:export":
            asked = [one.pk for one in exports]
        elif name == "contacts:list_remove":
            asked = [picked.pk]
        for number in asked:
            answers = opened(name, number)
            if answers[0] not in (404, 405) or answers[1] not in (403, 404, 405) or answers == (405, 405):
                wrong[(name, number)] = answers
    for export in exports:
        for act in ("approve", "decline", "stop"):
            answers = opened("contacts:export_decide", export.pk, act=act)
            if answers[1] not in (403, 404):
                wrong[(act, export.pk)] = answers
        link = reverse("contacts:export_file", args=[export.pk])
        if client.get(link, {"link": token_of(export)}).status_code != 404:
            wrong[("file", export.pk)] = "taken"
    new = reverse("contacts:export_new")
    for asking in (f"?segment={private.pk}", f"?person={outside.person}", f"?list={picked.pk}"):
        answer = client.post(new + asking, {"column": "last_name", "purpose": "calls"})
        if answer.status_code not in (404, 422) or OUTSIDE[0] in answer.content.decode():
            wrong[asking] = answer.status_code
    here = List.objects.create(name="Of the place", created_by=boss)
    ListMembership.objects.create(list=here, contact_id=inside.person)
    cache.clear()
    shown = client.get("/lists/").content.decode() + client.get("/search/?q=Picked").content.decode()
    shown += client.get("/search/?q=Of the place").content.decode()
    if "Of the place" not in shown or ">Picked<" in shown:
        wrong["lists"] = "those of elsewhere, or not those of here"
    if client.get(reverse("contacts:list", args=[picked.pk])).status_code != 404:
        wrong["list"] = "shown"
    assert wrong == {}
    after = list(Segment.objects.order_by("pk").values()), list(Export.objects.order_by("pk").values())
    assert after == before
    assert ListMembership.objects.filter(list=picked).count() == 1
