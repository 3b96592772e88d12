"""Only what was announced goes, with its proof; what others hold stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import AuditEntry, Job, Notification, User
from contacts.enums import Relationship, RetentionRuleName
from contacts.models import (
    Consent,
    Contact,
    ElectoralRegistration,
    Note,
    Purge,
    PurgeCertificate,
    Source,
    StationAggregate,
    Suppression,
)
from contacts.registry import registry
from contacts.retention import purging
from contacts.retention.certificates import as_json, is_intact
from contacts.retention.due import NOTICE
from contacts.retention.rehearsal import first_people, look
from contacts.retention.rules import RuleRefused, change_rule, remove_exception
from tests.contacts.retention.conftest import Electors, brought_by, on_its_day, run

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def begun(**asked) -> Purge:
    """Announce, let the days of the notice pass, and begin."""
    look()
    purge = on_its_day(Purge.objects.get(state="announced", **asked))
    look()
    return purge


def test_a_roll_is_announced_then_goes_with_its_stubs_and_leaves_figures(
    admin: User, roll: Source, form: Source, electors: Electors
) -> None:
    stub = Contact.objects.create(is_stub=True, relationship=Relationship.ROLL_ONLY)
    known = brought_by(form, "lea@example.org")
    spoke = Contact.objects.create(is_stub=True, relationship=Relationship.ROLL_ONLY)
    spoke.consents.create(channel="post", purpose="messages", given=False)
    electors(12)
    for person in (stub, known, spoke):
        electors(1, contact=person)
    look()
    purge = Purge.objects.get()
    assert purge.due_on == TODAY() + NOTICE
    assert purge.counted == {"people": 1, "electors": 15}
    assert first_people(purge, 20) == [stub.pk]
    told = Notification.objects.get(user=admin)
    assert "Electors: 15; people: 1." in told.message
    assert told.url.endswith(f"/{purge.pk}/")
    look()
    purge.refresh_from_db()
    assert purge.state == "announced"  # its day has not come
    assert ElectoralRegistration.objects.count() == 15

    on_its_day(purge)
    look()
    purge = run(purge)
    assert purge.state == "done"
    assert not ElectoralRegistration.objects.exists()
    assert set(Contact.objects.values_list("pk", flat=True)) == {known.pk, spoke.pk}
    assert StationAggregate.objects.get(purge=purge).electors == 15
    certificate = purge.certificate
    assert certificate.content["gone"] == {
        "people": 1,
        "electors": 15,
        "frozen": 15,
        "points": 0,
        "opt_outs": 0,
    }
    assert is_intact(certificate)
    look()
    assert Purge.objects.count() == 1  # nothing is left to announce


def test_a_roll_of_no_election_or_of_one_to_come_stays(roll: Source, electors: Electors) -> None:
    electors(3)
    roll.elections.clear()
    look()
    assert not Purge.objects.exists()


def test_people_brought_only_by_a_rented_file_go_and_their_refusals_stay_hashed(
    admin: User, rental: Source, form: Source
) -> None:
    only = brought_by(rental, "only@example.org")
    only.consents.create(channel="email", purpose="messages", given=True, source=rental)
    only.consents.create(channel="email", purpose="messages", given=False)
    other = brought_by(rental, "shared@example.org")
    other.source_links.create(source=form)
    other.emailaddress_set.create(
        address="own@example.org", normalised="own@example.org", source=form, is_primary=False
    )
    member = brought_by(rental, "member@example.org", relationship=Relationship.MEMBER)
    purge = begun(rule="rental")
    assert purge.counted == {"people": 1, "stay": 2}
    purge = run(purge)
    assert set(Contact.objects.values_list("pk", flat=True)) == {other.pk, member.pk}
    (kept,) = other.emailaddress_set.all()
    assert (kept.address, kept.is_primary) == ("own@example.org", True)
    assert not member.emailaddress_set.exists()
    assert not rental.contact_links.exists()
    entry = Suppression.objects.get()
    assert bytes(entry.address_hash) == keyed_hash("email", "only@example.org")
    assert entry.channel == "email"
    assert purge.gone == {"people": 1, "points": 3, "opt_outs": 1, "stay": 2}
    assert not Consent.objects.filter(contact_id=only.pk).exists()


def test_whoever_has_a_message_just_leaving_waits_whole_for_the_next_purge(
    rental: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = brought_by(rental, "only@example.org")
    monkeypatch.setitem(registry.erasure_waits, "deliveries of the test", lambda ids: set(ids))
    run(begun(rule="rental"))
    assert person.emailaddress_set.exists()
    assert rental.contact_links.exists()
    monkeypatch.delitem(registry.erasure_waits, "deliveries of the test")
    run(begun(rule="rental"))
    assert not Contact.objects.exists()


def test_a_refusal_does_not_silence_somebody_who_shares_the_address(rental: Source, form: Source) -> None:
    only = brought_by(rental, "both@example.org")
    only.consents.create(channel="email", purpose="messages", given=False)
    brought_by(form, "both@example.org")
    run(begun(rule="rental"))
    assert not Suppression.objects.exists()


def test_a_licence_is_announced_before_its_end_and_ends_on_its_day(rental: Source) -> None:
    brought_by(rental, "a@example.org")
    Source.objects.filter(pk=rental.pk).update(licence_ends_on=TODAY() + timedelta(days=10))
    look()
    assert Purge.objects.get().due_on == TODAY() + timedelta(days=11)


def test_a_changed_licence_stops_what_was_announced_by_the_old_one(admin: User, rental: Source) -> None:
    brought_by(rental, "a@example.org")
    look()
    purge = on_its_day(Purge.objects.get())
    Source.objects.filter(pk=rental.pk).update(licence_ends_on=TODAY() + timedelta(days=90))
    look()
    purge.refresh_from_db()
    assert purge.state == "stale"
    assert Contact.objects.count() == 1
    assert "its rule has changed" in Notification.objects.filter(user=admin).latest("pk").message


def test_a_rule_changed_since_the_rehearsal_stops_the_job_and_is_announced_anew(
    admin: User, roll: Source, electors: Electors
) -> None:
    electors(3)
    look()
    purge = on_its_day(Purge.objects.get())
    change_rule(rule=RetentionRuleName.ROLL, amount=40, reason="Appeals", by=admin)
    change_rule(
        rule=RetentionRuleName.ROLL, amount=30, reason="As before", by=admin
    )  # counted before, though
    look()
    purge.refresh_from_db()
    assert purge.state == "stale"
    assert ElectoralRegistration.objects.count() == 3
    anew = Purge.objects.get(state="announced")
    assert anew.due_on == TODAY() + NOTICE


def test_a_rule_changed_after_the_job_was_queued_stops_it_too(
    admin: User, roll: Source, electors: Electors
) -> None:
    electors(3)
    purge = begun(rule="roll")
    change_rule(rule=RetentionRuleName.ROLL, amount=90, reason="Appeals", by=admin)
    assert run(purge).state == "stale"
    assert ElectoralRegistration.objects.count() == 3


def silent_person(source: Source, months: int, **fields) -> Contact:
    person = brought_by(source, **fields)
    long_ago = timezone.now() - timedelta(days=31 * months)
    Contact.objects.filter(pk=person.pk).update(created_at=long_ago)
    person.source_links.update(first_seen_at=long_ago)
    return person


def test_people_of_whom_nobody_heard_for_long_go_and_members_stay(form: Source, rental: Source) -> None:
    gone = silent_person(form, 40)
    silent_person(form, 20)
    silent_person(form, 40, relationship=Relationship.MEMBER)
    wrote = silent_person(form, 40)
    Note.objects.create(contact=wrote, body="Came to the stall")
    purge = begun(rule="last_sign")
    assert first_people(purge, 5) == [gone.pk]
    run(purge)
    assert Contact.objects.count() == 3
    assert not Contact.objects.filter(pk=gone.pk).exists()


def test_whoever_gives_a_sign_after_the_announcement_stays(form: Source) -> None:
    person = silent_person(form, 40)
    purge = begun(rule="last_sign")
    person.consents.create(channel="email", purpose="messages", given=True, source=form)
    assert run(purge).gone == {}
    assert Contact.objects.filter(pk=person.pk).exists()


def test_an_exception_by_kind_and_relationship_is_the_narrowest(admin: User, form: Source) -> None:
    silent_person(form, 40)
    written = change_rule(
        rule=RetentionRuleName.LAST_SIGN, kind="form", amount=None, reason="Petition of ours", by=admin
    )
    look()
    assert not Purge.objects.exists()
    entry = AuditEntry.objects.get(action="retention.change_rule")
    assert (entry.reason, entry.detail["kind"], entry.detail["after"]) == ("Petition of ours", "form", None)
    remove_exception(exception=written, reason="Ended", by=admin)
    look()
    assert Purge.objects.get().counted == {"people": 1}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"rule": "roll", "amount": 40, "reason": " "}, "Say why"),
        ({"rule": "roll", "amount": 4000, "reason": "x"}, "At most 400"),
        ({"rule": "rental", "amount": 30, "reason": "x"}, "end of its licence"),
        ({"rule": "last_sign", "amount": 0, "reason": "x"}, "at least one month"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(admin: User, asked: dict, message: str) -> None:
    with pytest.raises(RuleRefused, match=message):
        change_rule(**asked | {"rule": RetentionRuleName(asked["rule"])}, by=admin)


def test_a_purge_that_was_killed_goes_on_and_its_certificate_counts_all(
    roll: Source, electors: Electors, monkeypatch: pytest.MonkeyPatch
) -> None:
    electors(12)
    purge = begun(rule="roll")
    monkeypatch.setattr(purging, "ELECTORS_AT_A_TIME", 5)
    remove, calls = purging._remove_electors, []

    def killed_at_the_second(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return remove(*arguments)

    monkeypatch.setattr(purging, "_remove_electors", killed_at_the_second)
    run(purge)
    assert ElectoralRegistration.objects.count() == 7
    Job.objects.filter(pk=purge.job_id).update(run_after=Now())
    assert run(purge).certificate.content["gone"]["electors"] == 12
    assert StationAggregate.objects.get().electors == 12


def test_a_certificate_cannot_be_changed_and_shows_when_it_was(rental: Source) -> None:
    brought_by(rental, "a@example.org")
    certificate = run(begun(rule="rental")).certificate
    assert as_json(certificate)["gone"]["people"] == 1
    for act in (
        lambda: PurgeCertificate.objects.update(source_name="Another"),
        lambda: PurgeCertificate.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    certificate.content["gone"]["people"] = 100
    assert not is_intact(certificate)


def test_the_working_list_of_a_purge_goes_with_it(rental: Source) -> None:
    brought_by(rental, "a@example.org")
    run(begun(rule="rental"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'purge\\_%%'")
        assert cursor.fetchone()[0] == 0
