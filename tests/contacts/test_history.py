"""The database keeps who changed what, also by SQL; earlier values are sealed and go with the person."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from campaign_crm.platform.acting import acting_in_this_process, say_who_acts, writing_an_import
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import HistoryEntry, HistoryKey, HistoryValue, Organisation, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.sealed_history import destroy_keys, earlier_values, seal_all_waiting
from campaign_crm.platform.tasks import seal_history
from contacts.models import Consent, Contact, EmailAddress, Tag
from contacts.registry import registry
from contacts.services.history_keys import destroy_history_keys

pytestmark = pytest.mark.django_db
A_PART = 1_000


def person(**fields: object) -> Contact:
    return Contact.objects.create(**{"first_name": "Ada", "last_name": "Roux"} | fields)


def entries(table: str, operation: str) -> list[HistoryEntry]:
    return list(HistoryEntry.objects.filter(table=table, operation=operation).order_by("id"))


def spool() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM platform_historyspool")
        return int(cursor.fetchone()[0])


def run(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_bulk_sql_names_actor_objects_and_fields() -> None:
    boss = User.objects.create_user(email="boss@example.org")
    first, second, same = person(), person(), person(last_name="Petit")
    say_who_acts(actor_id=boss.pk, came_by="web")
    run("UPDATE contacts_contact SET last_name = 'Petit', updated_at = now()")

    changed = entries("contacts_contact", "U")

    assert [(e.actor, e.came_by, e.fields) for e in changed] == [(boss, "web", ["last_name"])]
    assert sorted(changed[0].people) == sorted(changed[0].objects_changed) == [first.pk, second.pk]
    assert same.pk not in changed[0].people


def test_what_is_computed_is_no_change() -> None:
    one = person()
    Contact.objects.filter(pk=one.pk).update(search_text="ada roux", last_name="Roux")
    assert not entries("contacts_contact", "U")


def test_a_large_statement_is_a_few_entries() -> None:
    Contact.objects.bulk_create([Contact(last_name=f"N{number}") for number in range(A_PART + 1)])
    Contact.objects.update(first_name="Zoé")
    assert [len(e.objects_changed) for e in entries("contacts_contact", "I")] == [A_PART, 1]
    assert sorted(len(e.objects_changed) for e in entries("contacts_contact", "U")) == [1, A_PART]


def test_points_consents_tags_and_settings_too() -> None:
    one = person()
    EmailAddress.objects.create(contact=one, address="a@example.org", normalised="a@example.org")
    Consent.objects.create(contact=one, channel="email", purpose="messages", given=True)
    tag = Tag.objects.create(name="Bénévole")
    run("INSERT INTO contacts_contacttag (tag_id, contact_id) VALUES (%s, %s)", tag.pk, one.pk)
    Organisation.current()
    Organisation.objects.update(name="Autre")
    added = {e.table: (e.objects_changed, e.people) for e in HistoryEntry.objects.filter(operation="I")}
    assert added["contacts_emailaddress"][1] == added["contacts_consent"][1] == [one.pk]
    assert added["contacts_contacttag"] == ([tag.pk], [one.pk])
    assert entries("platform_organisation", "U")[0].fields == ["name"]
    assert entries("platform_organisation", "U")[0].people is None


def test_nothing_secret_is_kept_of_accounts() -> None:
    user = User.objects.create_user(email="a@example.org", password="long enough, surely")
    user.set_password("another one, as long")
    user.role = Role.ADMINISTRATOR
    user.save()
    seal_all_waiting()
    (entry,) = entries("platform_user", "U")
    assert set(entry.fields) == {"password", "role"}
    assert earlier_values([entry]) == {entry.id: {"role": "read_only"}}


def test_rows_that_an_import_adds_are_its_own_history_and_its_changes_name_it() -> None:
    one = person()
    with writing_an_import(7):
        person(last_name="Du fichier")
        Contact.objects.filter(pk=one.pk).update(last_name="Changé")
    person(last_name="À la main")
    assert len(entries("contacts_contact", "I")) == 2
    assert [e.import_id for e in entries("contacts_contact", "U")] == [7]
    assert spool() == 0


def test_earlier_values_are_sealed_by_a_tick_and_leave_the_spool() -> None:
    one = person()
    Contact.objects.filter(pk=one.pk).update(last_name="Petit", first_name="Zoé")
    (entry,) = entries("contacts_contact", "U")
    assert (spool(), earlier_values([entry])) == (1, {})

    assert seal_history() == 1

    assert spool() == 0
    assert earlier_values([entry]) == {entry.id: {"first_name": "Ada", "last_name": "Roux"}}
    sealed = bytes(HistoryValue.objects.get().sealed)
    assert b"Roux" not in sealed
    assert "key" not in HistoryKey.objects.get().sealed_key


def test_a_removed_row_keeps_what_it_said() -> None:
    one = person()
    EmailAddress.objects.create(contact=one, address="a@example.org", normalised="a@example.org")
    EmailAddress.objects.all().delete()
    seal_all_waiting()
    (entry,) = entries("contacts_emailaddress", "D")
    assert earlier_values([entry], person=one.pk)[entry.id]["address"] == "a@example.org"


def test_erasure_makes_earlier_values_unreadable_and_nothing_waiting_remains() -> None:
    one, other = person(), person()
    Contact.objects.update(last_name="Petit")
    seal_all_waiting()
    Contact.objects.update(first_name="Zoé")  # waits still
    assert registry.erasure_steps["history keys"] is destroy_history_keys

    destroy_history_keys([one.pk])

    kept = {entry.id: entry for entry in entries("contacts_contact", "U")}
    assert not any(earlier_values(kept.values(), person=one.pk).values())
    assert earlier_values(kept.values(), person=other.pk)
    seal_all_waiting()
    assert not HistoryKey.objects.filter(person=one.pk).exists()
    assert any(one.pk in entry.people for entry in kept.values())  # a number and names of fields


def test_deleting_a_person_by_whatever_way_takes_the_key_and_what_was_not_sealed_is_dropped() -> None:
    one = person()
    Contact.objects.update(last_name="Petit")
    seal_all_waiting()
    run("DELETE FROM contacts_contact")
    assert not HistoryKey.objects.filter(person=one.pk).exists()
    seal_all_waiting()
    assert (spool(), HistoryValue.objects.count()) == (0, 1)
    assert not HistoryKey.objects.exists()


def test_who_is_being_erased_gets_no_new_key() -> None:
    one = person()
    run("UPDATE contacts_contact SET erased_at = now(), last_name = ''")
    seal_all_waiting()
    assert not HistoryValue.objects.filter(person=one.pk).exists()


def test_a_sealed_value_does_not_open_elsewhere() -> None:
    one = person()
    Contact.objects.update(last_name="Petit")
    Contact.objects.update(last_name="Grand")
    seal_all_waiting()
    first, second = entries("contacts_contact", "U")
    value = HistoryValue.objects.get(entry_id=first.id)
    Contact.objects.update(last_name="Moyen")  # an entry without a value yet
    third = entries("contacts_contact", "U")[2]
    HistoryValue.objects.create(
        at=third.at, entry_id=third.id, object_id=one.pk, person=one.pk, sealed=value.sealed
    )
    assert set(earlier_values([first, second, third])) == {first.id, second.id}


@pytest.mark.parametrize("role", ["crm_national", "crm_scoped", "crm_system"])
@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE platform_historyentry SET actor_id = NULL",
        "DELETE FROM platform_historyentry",
        "TRUNCATE platform_historyentry",
        "INSERT INTO platform_historyentry SELECT * FROM platform_historyentry",
        "UPDATE platform_historyvalue SET person = 0",
        "DELETE FROM platform_historyvalue",
        "ALTER TABLE contacts_contact DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_can_neither_change_nor_forge_it(role: str, forbidden: str) -> None:
    person()
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), acting_as(role):
        run(forbidden)


def test_partitions_are_closed_to_the_application() -> None:
    person()
    run("SELECT crm_ensure_history_month('2031-02-10')")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run("SELECT * FROM platform_historyentry_y2031m02")


def test_even_its_owner_adds_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'platform_historyentry'::regclass")
        assert ("history_append_only",) in cursor.fetchall()


def test_no_setting_switches_the_history_off() -> None:
    """django-pgtrigger's own functions obey `pgtrigger.ignore`; ours do not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_history%'")
        names = [row[0] for row in cursor.fetchall()]
    run("SELECT set_config('pgtrigger.ignore', %s, true)", "{" + ",".join(names) + "}")
    person()
    assert entries("contacts_contact", "I")


def test_whoever_says_nothing_is_named_by_their_login() -> None:
    person()
    assert re.fullmatch(r"sql:\w+", entries("contacts_contact", "I")[0].came_by)


def test_a_job_is_named_and_what_was_before_returns() -> None:
    with acting_in_this_process(actor_id=None, came_by="job:contacts.some"):
        person()
    person()
    came = [entry.came_by.split(":")[0] for entry in entries("contacts_contact", "I")]
    assert came == ["job", "sql"]


def test_a_request_names_its_user(client: Client) -> None:
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR)
    client.force_login(boss)
    client.post(
        "/people/new/",
        {"first_name": "Ada", "last_name": "Roux", "language": "fr", "relationship": "occasional"},
    )
    found = [(e.actor, e.came_by) for e in entries("contacts_contact", "I")]
    assert found == [(boss, "web")]


def test_destroying_keys_of_nobody_is_nothing() -> None:
    assert destroy_keys([]) == 0
