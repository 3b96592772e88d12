"""Matching measured on invented people whom the truth is known of: a base, a file, what was made of it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import analyze, lend_hash_key
from contacts.imports.fields import CUSTOM_PREFIX
from contacts.imports.layouts import Mapping
from contacts.imports.people import engine
from contacts.imports.people.write import Terms
from contacts.imports.progress import Progress
from contacts.imports.service import start_import
from contacts.imports.sketch import Layout
from contacts.imports.staging import Staging, copy_rows
from contacts.invented.lookalikes import SETS as LOOKALIKES
from contacts.invented.pairs import HARD_SETS, HEADER, Labelled
from contacts.models import CustomField, DuplicatePair, Source, Territory

CONTACT = (
    "id civility first_name last_name birth_name gender birth_date birthplace_hash language relationship"
    " is_stub commune_id custom search_text"
).split()
MEMBER = "member_number"  # the extra field of the number of a member
TEXTS = "civility first_name last_name birth_name gender search_text".split()


@dataclass
class Base:
    """The people of the base: human → contact."""

    contacts: dict[int, int] = field(default_factory=dict)


def load_base(people: Iterable[Labelled], source: Source) -> Base:
    """Write people straight into the tables, with the territories that are there."""
    base = Base()
    communes = dict(Territory.objects.filter(kind="commune").values_list("code", "pk"))
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("CREATE TEMP TABLE point (id bigint, kind text, value text) ON COMMIT DROP")
        cursor.execute("SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id'))")
        first = cursor.fetchone()[0]
        points: list[tuple[object, ...]] = []
        rows = _contacts(people, first, communes, base, points)
        columns = ", ".join(CONTACT)  # by way of a table without row security, which COPY refuses
        cursor.execute(
            f"CREATE TEMP TABLE person ON COMMIT DROP AS SELECT {columns} FROM contacts_contact LIMIT 0"
        )
        copy_rows("pg_temp.person", CONTACT, rows, texts=TEXTS)
        cursor.execute(f"INSERT INTO contacts_contact ({columns}) SELECT {columns} FROM person")
        copy_rows("pg_temp.point", ["id", "kind", "value"], points, texts=["value"])
        lend_hash_key()
        for statement in _POINTS:
            cursor.execute(statement, {"source": source.pk, "first": first})
    analyze("contacts_contact", "contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress")
    return base


def _contacts(
    people: Iterable[Labelled],
    first: int,
    communes: dict[str, int],
    base: Base,
    points: list[tuple[object, ...]],
) -> Any:
    born: dict[str, str] = {}
    for number, one in enumerate(people, first):
        entry = one.entry
        base.contacts[one.human] = number
        code = entry.birth_place_code
        if code and code not in born:
            born[code] = "\\x" + keyed_hash("birthplace", f"FR/{code}").hex()
        if entry.email:
            points.append((number, "email", entry.email))
        for kind, value in (("mobile", entry.mobile), ("fixed", entry.landline)):
            if value:
                points.append((number, kind, f"+33{value[1:]}"))
        if entry.postcode:
            home = "|".join((entry.street, entry.postcode, entry.city, str(communes.get(entry.code, ""))))
            points.append((number, "home", home))
        yield (
            number, entry.civility, entry.first_name, entry.last_name, entry.birth_name, entry.gender,
            entry.birth_date, born.get(code), "fr", "occasional", False, communes.get(entry.code), "{}", "",
        )  # fmt: skip


_POINTS = (
    """INSERT INTO contacts_emailaddress
           (contact_id, status, is_primary, source_id, address, normalised, address_hash)
       SELECT id, 'active', true, %(source)s, value, value, crm_keyed_hash('email', value)
       FROM point WHERE kind = 'email' ORDER BY id""",
    """INSERT INTO contacts_phonenumber (contact_id, status, is_primary, source_id, e164, line, address_hash)
       SELECT id, 'active', row_number() OVER (PARTITION BY id ORDER BY kind DESC) = 1, %(source)s, value,
              kind, crm_keyed_hash('phone', value)
       FROM point WHERE kind IN ('mobile', 'fixed') ORDER BY id""",
    """INSERT INTO contacts_postaladdress
           (contact_id, status, is_primary, source_id, line1, line2, locality, postcode, city, country,
            commune_id)
       SELECT id, 'active', true, %(source)s, split_part(value, '|', 1), '', '', split_part(value, '|', 2),
              split_part(value, '|', 3), '', nullif(split_part(value, '|', 4), '')::bigint
       FROM point WHERE kind = 'home' ORDER BY id""",
    """INSERT INTO contacts_contactsource (contact_id, source_id)
       SELECT id, %(source)s FROM contacts_contact WHERE id >= %(first)s ORDER BY id""",
    "SELECT count(nextval(pg_get_serial_sequence('contacts_contact', 'id'))) FROM contacts_contact"
    " WHERE id > %(first)s",
)


class _NoJob:
    """Takes progress and keeps none."""

    def progress(self, *_values: Any, **_named: Any) -> None:
        pass

    got_on = progress


@dataclass
class Imported:
    """Which contact each line of the file became, whether it is new, and the seconds of the parts."""

    contacts: dict[int, int]
    new: dict[int, bool]
    counts: dict[str, int]
    seconds: dict[str, float]
    import_id: int


def import_labelled(path: Path, source: Source) -> Imported:
    """Preview and write a file as its job does, and look at the working tables before they go."""
    CustomField.objects.get_or_create(key=MEMBER, defaults={"label": "N° adhérent"})
    run = start_import(file=path, file_name=path.name, kind="address-book", source=source, by=None)
    staging, told = Staging(run.pk), Progress(_NoJob())  # type: ignore[arg-type]
    terms = Terms(import_id=run.pk, source=source, by_id=None)
    mapping: Mapping = {int(index): key for index, key in run.mapping.items()}
    mapping[HEADER.index("N° adhérent")] = f"{CUSTOM_PREFIX}{MEMBER}"
    started = time.perf_counter()
    counts = engine.stage(staging, path, Layout.from_json(run.layout), mapping, terms=terms, told=told)
    staged = time.perf_counter()
    engine.write(staging, terms=terms, told=told)
    written = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql(
                "SELECT persons.line, target.contact_id, target.is_new"
                " FROM {persons} AS persons JOIN {targets} AS target ON target.person = persons.person"
            )
        )
        found = cursor.fetchall()
    staging.drop()
    return Imported(
        contacts={line: contact for line, contact, _is_new in found},
        new={line: is_new for line, _contact, is_new in found},
        counts=counts,
        seconds={"stage": round(staged - started, 2), "write": round(written - staged, 2)},
        import_id=run.pk,
    )


@dataclass
class Quality:
    """What matching did with the ordinary rows, and with each hard set."""

    merges: int = 0
    wrong_merges: int = 0
    true_pairs: int = 0
    merged: int = 0
    queued: int = 0
    pairs_in_queue: int = 0
    true_in_queue: int = 0
    missed: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)  # lines, those of hard sets too
    hard: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in (*HARD_SETS, *LOOKALIKES)}
    )

    @property
    def precision(self) -> float:
        return 1 - self.wrong_merges / self.merges if self.merges else 1.0

    @property
    def recall(self) -> float:
        return (self.merged + self.queued) / self.true_pairs

    @property
    def queued_a_true_pair(self) -> float:
        return self.pairs_in_queue / self.true_pairs

    def as_dict(self) -> dict[str, Any]:
        return {
            "automatic_merges": self.merges,
            "wrong_merges": self.wrong_merges,
            "precision_of_merges": round(self.precision, 5),
            "true_pairs": self.true_pairs,
            "merged": round(self.merged / self.true_pairs, 4),
            "queued": round(self.queued / self.true_pairs, 4),
            "recall": round(self.recall, 4),
            "queued_pairs": self.pairs_in_queue,
            "queued_pairs_a_true_pair": round(self.queued_a_true_pair, 3),
            "queue_that_is_right": round(self.true_in_queue / max(self.pairs_in_queue, 1), 3),
            "hard_sets": {name: dict(counts) for name, counts in self.hard.items()},
        }


def measure(labelled: list[Labelled], imported: Imported, base: Base) -> Quality:
    """Compare what became of each row with the truth; line 2 of the file is the first row."""
    found = Quality()
    queued: defaultdict[int, set[int]] = defaultdict(set)
    for first, second in DuplicatePair.objects.filter(state="pending").values_list("first_id", "second_id"):
        queued[first].add(second)
        queued[second].add(first)
    people_of: dict[int, int] = {contact: human for human, contact in base.contacts.items()}
    first_of: dict[int, int] = {}  # human → contact of their first row, when they were not in the base
    humans_of: defaultdict[int, set[int]] = defaultdict(set)
    for line, one in enumerate(labelled, 2):
        contact = imported.contacts.get(line)
        if contact is None:
            continue  # rejected: names nobody
        merged_into = people_of.get(contact)
        joins = contact in people_of
        known = base.contacts.get(one.human, first_of.get(one.human))
        if one.hard:
            counts = found.hard[one.hard]
            counts["rows"] += 1
            if joins and merged_into != one.human:
                counts["merged"] += 1
                found.wrong.append(line)
            counts["queued"] += bool(queued[contact]) and not joins
        else:
            if joins:
                found.merges += 1
                if merged_into != one.human:
                    found.wrong_merges += 1
                    found.wrong.append(line)
            if known is not None:
                found.true_pairs += 1
                if contact == known:
                    found.merged += 1
                elif known in queued[contact]:
                    found.queued += 1
                else:
                    found.missed.append(line)
        humans_of[contact].add(one.human)
        people_of.setdefault(contact, one.human)
        if one.human not in base.contacts:
            first_of.setdefault(one.human, contact)
    for contact, human in people_of.items():
        humans_of[contact].add(human)
    for first, others in queued.items():
        for second in others:
            if first < second:
                found.pairs_in_queue += 1
                found.true_in_queue += not humans_of[first].isdisjoint(humans_of[second])
    return found
