"""Undoing an import whose values were on records that were merged since: nothing of it comes back."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import undo_import
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, Import, ImportChange, Source
from contacts.services.people import update_contact

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 17)


@pytest.fixture
def run(db: None) -> Import:
    """An import that has written; its changes are put on people by `write`."""
    source = Source.objects.create(name="Book", kind="address_book", lawful_basis="consent")
    return written_by(source)


def written_by(source: Source) -> Import:
    return Import.objects.create(
        kind="address-book", source=source, state="done", file_name="a.csv", writing_began_at=timezone.now()
    )


def write(run: Import, person: Contact, **values: object) -> None:
    """Give a person values as the import would, and remember those of before."""
    before = {name: getattr(person, name) for name in values}
    Contact.objects.filter(pk=person.pk).update(**values)
    after = {name: str(value) if isinstance(value, date) else value for name, value in values.items()}
    ImportChange.objects.create(import_run=run, table="contact", row_id=person.pk, before=before, after=after)
    person.refresh_from_db()


def undo(run: Import) -> None:
    job = run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE, job.error


def lea(**values: object) -> Contact:
    return Contact.objects.create(first_name="Léa", last_name="Martin", **values)


def now(*people: Contact) -> list[Contact]:
    return [Contact.objects.get(pk=person.pk) for person in people]


def test_a_value_that_the_merge_took_returns_on_both(run: Import) -> None:
    kept, absorbed = lea(), lea(custom={"shop": "Lens"})
    write(run, absorbed, birth_date=BORN, custom={"shop": "Lens", "job": "Baker"})
    done = merge(kept=kept, absorbed=absorbed, by=None)
    assert [(one.birth_date, one.custom) for one in now(kept)] == [(BORN, {"shop": "Lens", "job": "Baker"})]
    undo(run)
    assert [(one.birth_date, one.custom) for one in now(kept)] == [(None, {"shop": "Lens"})]
    unmerge(merge=done, by=None)
    assert [one.birth_date for one in now(kept, absorbed)] == [None, None]
    assert [one.custom for one in now(kept, absorbed)] == [{}, {"shop": "Lens"}]


def test_a_value_that_the_merge_replaced_does_not_come_back(run: Import) -> None:
    kept, absorbed = lea(language="fr"), lea(language="it")
    write(run, kept, language="de")
    done = merge(kept=kept, absorbed=absorbed, by=None, fields={"language": "absorbed"})
    undo(run)
    assert [one.language for one in now(kept)] == ["it"]
    unmerge(merge=done, by=None)
    assert [one.language for one in now(kept, absorbed)] == ["fr", "it"]


def test_a_value_goes_along_two_merges(run: Import) -> None:
    first, second, third = lea(), lea(), lea()
    write(run, first, birth_date=BORN)
    earlier = merge(kept=second, absorbed=first, by=None)
    later = merge(kept=third, absorbed=second, by=None)
    undo(run)
    assert [one.birth_date for one in now(third)] == [None]
    unmerge(merge=later, by=None)
    earlier.refresh_from_db()
    unmerge(merge=earlier, by=None)
    assert [one.birth_date for one in now(first, second, third)] == [None, None, None]


def test_whoever_was_closer_before_the_import_stays_so(run: Import) -> None:
    kept, absorbed = lea(relationship="regular"), lea(relationship="occasional")
    write(run, absorbed, relationship="member")
    merge(kept=kept, absorbed=absorbed, by=None)
    undo(run)
    assert [one.relationship for one in now(kept)] == ["regular"]


def test_a_value_that_somebody_changed_since_stays(run: Import) -> None:
    kept, absorbed = lea(), lea()
    write(run, absorbed, birth_date=BORN)
    done = merge(kept=kept, absorbed=absorbed, by=None)
    update_contact(contact=now(kept)[0], birth_date=date(1981, 6, 18), by=None)
    undo(run)
    unmerge(merge=done, by=None)
    assert [one.birth_date for one in now(kept, absorbed)] == [date(1981, 6, 18), None]


def test_what_an_undone_import_had_written_before_is_no_value_of_before(run: Import) -> None:
    kept, absorbed = lea(), lea()
    assert run.source is not None
    older = written_by(run.source)
    write(older, absorbed, language="de")
    write(run, absorbed, language="it")
    done = merge(kept=kept, absorbed=absorbed, by=None, fields={"language": "absorbed"})
    undo(older)
    undo(run)
    unmerge(merge=done, by=None)
    assert [one.language for one in now(kept, absorbed)] == ["fr", "fr"]
