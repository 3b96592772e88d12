"""Electors are chosen for letters; the file leaves with a reason, and without those who objected."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.utils import timezone
from django.utils.http import urlencode

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import AuditEntry
from contacts.households.finding import refresh_all_households
from contacts.households.service import join_household, leave_household
from contacts.letters import LetterChoice, years_before
from contacts.models import ElectoralRegistration, Export, Territory
from contacts.services.letters import letter_lines, letter_scope
from contacts.services.objections import object_to_post, record_objection
from contacts.services.sources import create_source

ADDRESS = "/electors/letters/"
BEAUVAIS = f"{ADDRESS}?place=60057"


@pytest.fixture
def elector(places):
    roll = create_source(by=None, name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])

    def make(birth_name: str, commune: str = "60057", **fields: object) -> ElectoralRegistration:
        number = ElectoralRegistration.objects.count()
        values = {"street": "1 RUE HAUTE", "postcode": "60000", "city": "BEAUVAIS"} | fields
        return ElectoralRegistration.objects.create(
            identity=f"00000000-0000-0000-0000-{number:012d}",
            source=roll,
            commune=places[commune],
            birth_name=birth_name,
            **values,
        )

    return make


@pytest.fixture
def station(places):
    def make(code: str) -> object:
        made = places["60057"].children.create(kind="polling_station", code=f"60057-{code}", name=code)
        for depth, above in enumerate((made, places["60057"], places["60"])):
            made.ancestor_links.create(ancestor=above, depth=depth)
        return made

    return make


def names(client, query: str) -> list[str]:
    return [one.birth_name for one in client.get(f"{ADDRESS}?{query}").context["sample"]]


def taken(client, asked) -> str:
    """The file of an export, made and downloaded as who asked does."""
    run_job(Export.objects.latest("pk").job_id)
    page = client.get(asked["Location"])
    link = f"{asked['Location']}file/?{urlencode({'link': page.context['token']})}"
    return b"".join(client.get(link).streaming_content).decode("utf-8-sig")


def rows_of(client, address: str = BEAUVAIS) -> list[dict[str, str]]:
    text = taken(client, client.post(address, {"reason": "Letter of the eve."}))
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert {row.popitem()[1] for row in rows} <= {f"E{Export.objects.latest('pk').pk}"}  # whose file it is
    return rows


def test_electors_are_chosen_by_commune_or_department(client, elector):
    elector("MARTIN", "60057")
    elector("DURAND", "59350")
    assert names(client, "place=60057") == names(client, "place=Oise") == ["MARTIN"]
    assert names(client, "place=Lille") == ["DURAND"]


def test_electors_are_chosen_by_station_and_sex(client, elector, station):
    first = station("0001")
    elector("MARTIN", polling_station=first, gender="F")
    elector("DURAND", polling_station=first, gender="M")
    elector("PETIT", polling_station=station("0002"), gender="F")
    assert names(client, f"place=60057&station={first.pk}&gender=F") == ["MARTIN"]


def test_ages_are_whole_years_both_included(client, elector):
    today = timezone.localdate()
    for name, years in (("MARTIN", 18), ("DURAND", 25)):
        elector(name, birth_date=years_before(today, years))
    elector("PETIT", birth_date=years_before(today, 26))
    elector("UNKNOWN")
    assert sorted(names(client, "place=60057&age_from=18&age_to=25")) == ["DURAND", "MARTIN"]
    assert names(client, "place=60057&age_from=26") == ["PETIT"]


def test_leap_day_has_its_birthday_in_other_years():
    assert years_before(date(2028, 2, 29), 18) == date(2010, 2, 28)


def test_nobody_without_an_address_is_counted(client, elector):
    elector("MARTIN", street="")
    assert client.get(BEAUVAIS).context["count"] == 0


@pytest.mark.parametrize(
    "query", ["place=Nowhere", "place=60057&age_from=50&age_to=18", "place=60057&gender=X"]
)
def test_a_choice_that_means_nothing_is_said_and_counts_nobody(client, elector, query):
    elector("MARTIN")
    context = client.get(f"{ADDRESS}?{query}").context
    assert context["form"].errors
    assert "count" not in context


def test_the_file_has_what_a_printer_needs_and_no_formula(client, elector):
    elector("MARTIN", gender="F", first_names="LEA, ANNE", used_name="PETIT", complement="=cmd")
    assert rows_of(client) == [
        {
            "Title": "Ms",
            "First name": "LEA",
            "Last name": "PETIT",
            "Address complement": "'=cmd",
            "Number and street": "1 RUE HAUTE",
            "Hamlet or place": "",
            "Postcode": "60000",
            "City": "BEAUVAIS",
            "Country": "",
            "Polling station": "",
        }
    ]


@pytest.mark.parametrize("name", ["Léa Martin", "Léa Petit"])
def test_who_objected_by_name_and_address_is_not_in_the_file(client, elector, name):
    elector("MARTIN", first_names="LEA, ANNE", used_name="PETIT")
    elector("MARTIN", first_names="PAUL")
    object_to_post(name=name, line="1, rue Haute", postcode="60000", by=None)
    assert [row["First name"] for row in rows_of(client)] == ["PAUL"]


def test_a_person_who_objected_is_not_in_the_file_wherever_they_are_registered(client, elector, person):
    known = person("Léa", "Martin")
    elector("MARTIN", first_names="LEA")
    record_objection(contact=known, channels=["post"], by=None)
    elector("OTHER", first_names="LEA", street="9 RUE NEUVE", contact=known)
    assert [row["Last name"] for row in rows_of(client)] == ["MARTIN"]


def test_the_export_is_in_the_journal_with_its_reason_before_a_line_leaves(client, elector, officer):
    elector("MARTIN", gender="F", birth_date=date(1990, 1, 1))
    client.post(f"{BEAUVAIS}&gender=F&age_from=18", {"reason": "Letter of the eve."})
    entry = AuditEntry.objects.get(action="electors.export")
    assert (entry.actor, entry.reason) == (officer, "Letter of the eve.")
    assert entry.detail == {
        "place": "60057",
        "station": None,
        "gender": "F",
        "age_from": 18,
        "age_to": None,
        "one_per_household": False,
    }


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_file_without_a_reason(client, elector, reason):
    elector("MARTIN")
    assert client.post(BEAUVAIS, {"reason": reason}).status_code == 302
    assert not AuditEntry.objects.filter(action="electors.export").exists()


def test_who_only_reads_sees_and_takes_nothing_away(reader, elector):
    elector("MARTIN")
    assert "Take the addresses" not in reader.get(BEAUVAIS).content.decode()
    assert reader.post(BEAUVAIS, {"reason": "x"}).status_code == 403


def test_lines_are_read_as_they_are_asked_for(client, elector):
    for _one in range(3):
        elector("MARTIN")
    choice = LetterChoice(day=timezone.localdate(), place=Territory.objects.get(code="60057"))
    lines = letter_lines(letter_scope(choice, one_per_household=False))
    ElectoralRegistration.objects.all().delete()
    assert list(lines) == []


def test_every_way_named_after_a_roll_leads_somewhere(client):
    ways = client.get("/electors/next/").context["ways"]
    assert [way.title for way in ways if not way.url] == []


def test_a_household_gets_one_letter(client, elector) -> None:
    elector("MARTIN", first_names="Ana Marie", gender="F")
    elector("ROUX", first_names="Bob", gender="M", used_name="Martin", street="1, rue Haute")
    elector("ROSSI", first_names="Cleo", gender="F", roll_kind=2)
    elector("ROSSI", first_names="Cleo", gender="F", roll_kind=3)
    elector("MARTIN", first_names="Far", gender="M", street="9 RUE BASSE")
    answer = client.post(BEAUVAIS, {"reason": "Letter of the eve.", "one_per_household": "on"})
    text = taken(client, answer)
    rows = [row[:3] for row in csv.reader(io.StringIO(text), delimiter=";")][1:]
    assert sorted(rows) == [["Family", "", "MARTIN"], ["Mr", "Far", "MARTIN"], ["Ms", "Cleo", "ROSSI"]]
    assert AuditEntry.objects.get(action="electors.export").detail["one_per_household"] is True


@pytest.fixture
def couple(elector, person):
    """Two electors of two names at one address, whom the base knows by one phone number."""
    people = [person(name, last, phone="0139980001") for name, last in (("Ana", "Petit"), ("Bob", "Martin"))]
    for one in people:
        elector(one.last_name.upper(), first_names=one.first_name, gender="F", contact=one)
    refresh_all_households()
    return people


def letters(client) -> list[tuple[str, str, str]]:
    answer = client.post(BEAUVAIS, {"reason": "Letter of the eve.", "one_per_household": "on"})
    text = taken(client, answer)
    rows = csv.DictReader(io.StringIO(text), delimiter=";")
    return [(row["Title"], row["First name"], row["Last name"]) for row in rows]


def test_a_couple_of_two_names_gets_one_letter(client, elector, couple):
    elector("MARTIN", first_names="Cleo")  # of one name with Bob, whom the base does not know
    elector("DURAND", first_names="Dan")
    assert letters(client) == [("", "Dan", "DURAND"), ("Families", "", "MARTIN and PETIT")]


def test_a_household_put_right_by_hand_is_who_gets_a_letter(client, elector, couple, person):
    bob = couple[1]
    elector("MARTIN", first_names="Cleo")
    leave_household(contact=bob, by=None)
    assert letters(client) == [("Ms", "Bob", "MARTIN"), ("", "Cleo", "MARTIN"), ("Ms", "Ana", "PETIT")]
    dan = person("Dan", "Durand")
    elector("DURAND", first_names="Dan", contact=dan)
    join_household(contact=dan, other=bob, by=None)
    assert letters(client)[0] == ("Families", "", "DURAND and MARTIN")


def test_a_household_at_two_addresses_gets_a_letter_at_each(client, elector, couple):
    ElectoralRegistration.objects.filter(contact=couple[0]).update(street="9 RUE NEUVE")
    assert sorted(letters(client)) == [("Ms", "Ana", "PETIT"), ("Ms", "Bob", "MARTIN")]


def test_one_person_on_two_lists_under_two_names_gets_one_letter(client, elector, couple):
    elector("ROUX", used_name="", first_names="Ana", contact=couple[0])
    leave_household(contact=couple[1], by=None)
    assert len(letters(client)) == 2


def test_a_european_on_two_lists_gets_one_letter(client, elector, station, person) -> None:
    born = {"birth_date": date(1980, 5, 17), "first_names": "CLEO"}
    elector("ROSSI", **born, roll_kind=2)
    elector("ROSSI", **born, roll_kind=3, street="9 RUE NEUVE", polling_station=station("0002"))
    elector("ROSSI", **born | {"birth_date": date(1950, 1, 1)}, roll_kind=3)  # her mother
    elector("ROSSI", **born, roll_kind=2, birthplace_hash=b"a" * 32)
    elector("ROSSI", **born, roll_kind=3, birthplace_hash=b"b" * 32, commune="59350")
    elector("WEBER", first_names="OTTO", roll_kind=2)
    elector("WEBER", first_names="OTTO", roll_kind=3)  # no day of birth, one address
    elector("WEBER", first_names="OTTO", roll_kind=3, street="9 RUE NEUVE")  # a namesake, maybe
    known = person("Ada", "Novak")
    elector("NOVAK", first_names="ADA", roll_kind=2, contact=known)
    elector("NOVAK", first_names="ADA MARIA", roll_kind=3, contact=known)
    found = [(row["Last name"], row["Number and street"]) for row in rows_of(client)]
    assert sorted(found) == [
        ("NOVAK", "1 RUE HAUTE"),
        *[("ROSSI", "1 RUE HAUTE")] * 3,
        *[("WEBER", "1 RUE HAUTE"), ("WEBER", "9 RUE NEUVE")],
    ]


def test_who_is_on_one_list_of_the_station_gets_a_letter(client, elector, station) -> None:
    first = station("0001")
    elector("ROSSI", birth_date=date(1980, 5, 17), roll_kind=2)
    elector("ROSSI", birth_date=date(1980, 5, 17), roll_kind=3, polling_station=first)
    assert len(rows_of(client, f"{BEAUVAIS}&station={first.pk}")) == 1
