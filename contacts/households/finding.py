"""Computing households: people who share something, and those who share something with these."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from django.db import connection, transaction

from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job, User
from contacts.households.sharing import Link, links_of
from contacts.models import Contact, Household, HouseholdMember

PEOPLE_AT_A_TIME = 2_000
MEMBERS_AT_MOST = 12
"""More people who are chained together are no household: neighbours, colleagues, a shared house."""
ROUNDS = 6  # of looking at those who share something with those found
LOCK = "contacts.households"
REFRESH_JOB = "contacts.refresh_households"


def refresh_households(ids: Sequence[int]) -> None:
    """Write the households of these people (some thousands at most) and of those who live with them again."""
    if not ids:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        wanted = sorted({*ids, *housemates_of(ids)})
        groups, everyone = _groups(wanted)
        _write(groups, everyone)


def refresh_all_households(on_people: Callable[[int], None] = lambda done: None) -> None:
    """The same for everyone, some thousands a transaction, oldest first."""
    done = 0
    for ids in _batches(Contact.objects.visible().order_by("pk").values_list("pk", flat=True).iterator()):
        refresh_households(ids)
        done += len(ids)
        on_people(done)


def enqueue_refresh(*, import_id: int | None, by: User | None) -> Job:
    """Compute the households of whom an import touched, or of everyone, in the background."""
    return enqueue(kind=REFRESH_JOB, payload={"import": import_id}, by=by)


@handler(REFRESH_JOB)
def run_refresh(job: RunningJob) -> None:
    """Do it; a repetition finds the same."""
    import_id = job.payload.get("import")
    if import_id is None:
        refresh_all_households(on_people=lambda done: job.progress(done))
        return
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, {"import": import_id})
        touched = [row[0] for row in cursor.fetchall()]
    done = 0
    for ids in _batches(touched):
        refresh_households(ids)
        done += len(ids)
        job.progress(done, len(touched))


def housemates_of(ids: Collection[int]) -> list[int]:
    """Whoever is in a household with them now: it may come apart."""
    mine = HouseholdMember.objects.filter(contact__in=ids).values("household")
    others = HouseholdMember.objects.filter(household__in=mine, by_hand=False)
    return list(others.values_list("contact_id", flat=True))


def _groups(ids: Sequence[int]) -> tuple[list[set[int]], set[int]]:
    """(groups of people who are chained together, everyone who was looked at)."""
    links: set[Link] = set()
    seen: set[int] = set()
    frontier = set(ids)
    for _round in range(ROUNDS):
        if not frontier:
            break
        found: set[Link] = set()
        for batch in _batches(sorted(frontier)):
            found |= links_of(batch)
        links |= found
        seen |= frontier
        frontier = {other for _one, other in found} - seen
    return _connected(links), seen | frontier


def _connected(links: Iterable[Link]) -> list[set[int]]:
    neighbours: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in links:
        neighbours[one].add(other)
        neighbours[other].add(one)
    groups: list[set[int]] = []
    left = set(neighbours)
    while left:
        group, waiting = set(), {left.pop()}
        while waiting:
            person = waiting.pop()
            group.add(person)
            waiting |= neighbours[person] - group
        left -= group
        groups.append(group)
    return groups


def _write(groups: list[set[int]], everyone: set[int]) -> None:
    """Each group keeps the household that most of it is in.

    Whoever is in no group is in no household, unless somebody was put into theirs by hand.
    """
    held = {
        link.contact_id: link
        for link in HouseholdMember.objects.filter(contact__in=everyone).select_for_update()
    }
    taken: set[int] = set()
    wanted: dict[int, int] = {}
    for group in sorted(groups, key=min):
        if len(group) > MEMBERS_AT_MOST:
            continue
        counts = Counter(held[pk].household_id for pk in group if pk in held and not held[pk].by_hand)
        kept = next((one for one, _number in counts.most_common() if one not in taken), None)
        household = kept if kept is not None else Household.objects.create().pk
        taken.add(household)
        wanted |= dict.fromkeys(group, household)
    computed = {pk: link.household_id for pk, link in held.items() if not link.by_hand}
    joined = set(
        HouseholdMember.objects.filter(household__in=computed.values(), by_hand=True).values_list(
            "household_id", flat=True
        )
    )
    gone = [pk for pk, household in computed.items() if pk not in wanted and household not in joined]
    HouseholdMember.objects.filter(contact__in=gone, by_hand=False).delete()
    HouseholdMember.objects.bulk_create(
        [
            HouseholdMember(contact_id=pk, household_id=household)
            for pk, household in sorted(wanted.items())
            if computed.get(pk) != household and not (pk in held and held[pk].by_hand)
        ],
        update_conflicts=True,
        update_fields=["household"],
        unique_fields=["contact"],
    )
    left = set(computed.values()) - taken
    Household.objects.filter(pk__in=left, members=None).delete()


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for pk in ids:
        batch.append(pk)
        if len(batch) == PEOPLE_AT_A_TIME:
            yield batch
            batch = []
    if batch:
        yield batch


_TOUCHED = """
SELECT id FROM contacts_contact WHERE created_by_import_id = %(import)s
UNION SELECT contact_id FROM contacts_emailaddress WHERE created_by_import_id = %(import)s
UNION SELECT contact_id FROM contacts_phonenumber WHERE created_by_import_id = %(import)s
UNION SELECT contact_id FROM contacts_postaladdress WHERE created_by_import_id = %(import)s
UNION SELECT row_id FROM contacts_importchange WHERE import_run_id = %(import)s AND "table" = 'contact'
ORDER BY 1
"""
