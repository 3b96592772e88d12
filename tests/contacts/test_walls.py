"""What a scope sees of people, by the managers and by PostgreSQL alone, when every filter was forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import translation

from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import User
from campaign_crm.platform.walls import FEW, NOWHERE, Scope, acting_within, forget_contents, stream
from contacts.enums import Channel
from contacts.models import (
    Contact,
    ElectoralRegistration,
    EmailAddress,
    List,
    ListMembership,
    Note,
    Reach,
    Source,
    Territory,
)
from contacts.segments.standard.chosen import LISTS
from contacts.selectors import search_contacts, search_electors
from contacts.services.objections import record_objection
from contacts.services.people import create_contact
from contacts.services.projections import refresh_projections
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


@pytest.fixture
def person(form: Source) -> Callable[..., Contact]:
    def make(name: str, commune: Territory | None = None) -> Contact:
        return create_contact(
            source=form,
            by=None,
            first_name=name,
            last_name="Martin",
            email=f"{name}@example.org",
            commune=commune,
        )

    return make


@pytest.fixture
def base(places: Places, person: Callable[..., Contact], form: Source) -> dict[str, Contact]:
    """One person of Beauvais, one of Amiens, one of nowhere, one of Amiens who votes in Beauvais."""
    people = {
        "beauvais": person("bea", places.beauvais),
        "amiens": person("ami", places.amiens),
        "nowhere": person("noa"),
        "votes": person("vic", places.amiens),
    }
    elector(form, places.beauvais, places.station, people["votes"], number=1)
    elector(form, places.amiens, None, None, number=2)
    refresh_projections([people["votes"].pk])
    return people


def elector(
    source: Source, commune: Territory, station: Territory | None, contact: Contact | None, *, number: int
) -> ElectoralRegistration:
    return ElectoralRegistration.objects.create(
        identity=f"00000000-0000-4000-8000-{number:012}",
        source=source,
        commune=commune,
        polling_station=station,
        contact=contact,
        birth_name="Martin",
        first_names="Camille",
    )


def scope(*places: Territory) -> Scope:
    return frozenset(place.pk for place in places)


def sql(statement: str, *values: Any) -> list[Any]:
    """Rows of raw SQL, which no manager filters."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def names(seen: Any) -> set[str]:
    return {one.first_name for one in seen}


WHOM = [
    ("oise", {"bea", "vic"}),
    ("beauvais", {"bea", "vic"}),
    ("station", {"vic"}),
    ("amiens", {"ami", "vic"}),
    ("region", {"bea", "ami", "vic"}),
]


@pytest.mark.parametrize(("place", "expected"), WHOM)
def test_scope_sees_who_lives_or_votes_there(
    base: dict[str, Contact], places: Places, place: str, expected: set[str]
) -> None:
    with acting_within(scope(getattr(places, place))):
        assert names(Contact.objects.all()) == expected
        assert set(sql("SELECT first_name FROM contacts_contact")) == expected
        emails = {f"{name}@example.org" for name in expected}
        assert set(sql("SELECT address FROM contacts_emailaddress")) == emails
        assert set(sql("SELECT DISTINCT contact_id FROM contacts_reach")) == {
            base[key].pk for key in base if base[key].first_name in expected
        }


@pytest.mark.parametrize(("place", "expected"), WHOM)
def test_large_scope_is_asked_by_bits(
    base: dict[str, Contact],
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    expected: set[str],
) -> None:
    monkeypatch.setattr("campaign_crm.platform.walls.FEW", 0)
    forget_contents()
    with acting_within(scope(getattr(places, place))):
        assert sql("SELECT current_setting('crm.scope_places')") == [""]
        assert names(Contact.objects.all()) == expected
        assert names(search_contacts("martin")) == expected
    assert FEW > 0


def test_unset_scope_gives_nothing(base: dict[str, Contact]) -> None:
    with acting_as("crm_scoped"):
        for table in ("contact", "emailaddress", "reach", "electoralregistration", "contactsource"):
            assert sql(f"SELECT count(*) FROM contacts_{table}") == [0]
        assert sql("SELECT * FROM crm_search('name', 'martin%%', '', '{}', NULL, 50)") == []
    with acting_within(NOWHERE):
        assert list(Contact.objects.all()) == []


def test_scope_ends_with_its_block(base: dict[str, Contact], places: Places) -> None:
    with acting_within(scope(places.oise)):
        with acting_within(scope(places.somme)):
            assert names(Contact.objects.all()) == {"ami", "vic"}
        assert names(Contact.objects.all()) == {"bea", "vic"}
    assert Contact.objects.count() == 4
    assert sql("SELECT coalesce(current_setting('crm.scope', true), '')") == [""]


def test_several_territories_add_up(base: dict[str, Contact], places: Places) -> None:
    with acting_within(scope(places.beauvais, places.amiens)):
        assert names(Contact.objects.all()) == {"bea", "ami", "vic"}


def test_nobody_outside_is_written_to_or_about(base: dict[str, Contact], places: Places) -> None:
    ami, bea = base["amiens"], base["beauvais"]
    with acting_within(scope(places.oise)):
        assert Contact.objects.filter(pk=ami.pk).update(last_name="X") == 0
        assert sql("UPDATE contacts_contact SET last_name = 'X' WHERE id = %s RETURNING id", ami.pk) == []
        assert sql("DELETE FROM contacts_emailaddress WHERE contact_id = %s RETURNING id", ami.pk) == []
        for refused in (
            lambda: Note.objects.create(contact=ami, body="seen"),
            lambda: sql("UPDATE contacts_contact SET commune_id = NULL WHERE id = %s RETURNING id", bea.pk),
            lambda: Contact.objects.create(first_name="New", commune=places.amiens),
            lambda: sql("UPDATE contacts_emailaddress SET contact_id = %s RETURNING id", ami.pk),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                refused()
        Note.objects.create(contact=bea, body="mine")
        assert Contact.objects.create(first_name="New", commune=places.beauvais).pk


def test_probing_by_a_unique_value_tells_nothing_of_others(base: dict[str, Contact], places: Places) -> None:
    with acting_within(scope(places.oise)):
        again = EmailAddress(
            contact=base["beauvais"], address="ami@example.org", normalised="ami@example.org"
        )
        again.is_primary = False
        again.save()  # unique once a person, so that it says nothing of somebody else's
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailAddress.objects.create(
                contact=base["beauvais"], address="x@x.fr", normalised="ami@example.org", is_primary=False
            )


@pytest.mark.parametrize("typed", ["martin", "ami", "ami@example.org", "amiens-sur", "ami martin"])
def test_search_finds_nobody_outside(base: dict[str, Contact], places: Places, typed: str) -> None:
    with acting_within(scope(places.beauvais)):
        assert "ami" not in names(search_contacts(typed))
    with acting_within(scope(places.somme)):
        assert "ami" in names(search_contacts(typed))
        assert names(search_contacts(typed, within=Contact.objects.filter(first_name="vic"))) <= {"vic"}


def test_electors_outside_are_not_found(base: dict[str, Contact], places: Places) -> None:
    with acting_within(scope(places.oise)):
        assert [found.polling_station for found in search_electors("martin camille")] == [places.station]
        assert search_electors("martin", commune_id=places.amiens.pk) == []
        assert len(ElectoralRegistration.objects.all()) == 1


def test_elector_outside_shows_without_the_person_beside(
    base: dict[str, Contact], places: Places, form: Source
) -> None:
    elector(form, places.beauvais, None, base["amiens"], number=3)  # not projected: votes nowhere yet
    with acting_within(scope(places.oise)):
        assert {found.contact for found in search_electors("martin")} == {None, base["votes"]}


def test_stream_keeps_the_scope_of_its_request(base: dict[str, Contact], places: Places) -> None:
    with acting_within(scope(places.station)):
        lines = stream(lambda: (one.first_name for one in Contact.objects.all()))
    assert list(lines) == ["vic"]


def test_voting_place_follows_the_roll(base: dict[str, Contact], places: Places) -> None:
    vic = base["votes"]
    vic.refresh_from_db()
    assert vic.votes_in == places.station
    ElectoralRegistration.objects.filter(contact=vic).update(left_on="2026-01-31")
    refresh_projections([vic.pk])
    vic.refresh_from_db()
    assert vic.votes_in is None


def test_plan_of_a_count_reads_the_scope_once(base: dict[str, Contact], places: Places) -> None:
    """The bit is asked of each row, the setting once a statement."""
    with acting_within(scope(places.oise)):
        plan = "\n".join(sql("EXPLAIN SELECT count(*) FROM contacts_contact"))
    assert ("InitPlan" in plan, "crm_scope" in plan.split("InitPlan")[0]) == (True, False)


def test_reach_of_whoever_shares_an_address_follows_beyond_the_wall(
    base: dict[str, Contact], places: Places, form: Source
) -> None:
    """Somebody of the territory objects; who has the same address elsewhere is not written to either."""
    shared = create_contact(
        source=form, by=None, first_name="Sam", email="bea@example.org", commune=places.amiens
    )
    user = User.objects.create_user(email="staff@example.org")
    with acting_within(scope(places.oise)):
        record_objection(contact=base["beauvais"], channels=[Channel.EMAIL], by=user)
        assert sql("SELECT current_user") == ["crm_scoped"]
    assert Reach.objects.get(contact=shared, channel="email").reason == "suppressed"


def test_lists_without_anybody_of_a_territory_have_no_name_there(
    base: dict[str, Contact], places: Places
) -> None:
    there, here = (List.objects.create(name=name) for name in ("Notables of Amiens", "Notables of Beauvais"))
    ListMembership.objects.create(list=there, contact=Contact.objects.get(first_name="ami"))
    ListMembership.objects.create(list=here, contact=Contact.objects.get(first_name="bea"))
    cache.clear()
    with translation.override("en"), acting_within(scope(places.beauvais)):
        assert [name for _pk, name in LISTS.suggest("")] == ["Notables of Beauvais"]
        assert LISTS.describe((there.pk,)) == "a list of another territory"
        assert LISTS.parse([there.pk]) == (there.pk,), "a segment of the country that names it still counts"
    assert sorted(name for _pk, name in LISTS.suggest("")) == [there.name, here.name]
