"""What an import that is undone had written on records that were merged since: snapshots forget it too.

The value returns on the absorbed record as it is remembered, on the record that took it from there, and in
what an undo of the merge would give back. A value that somebody changed since, or that a file which stands
gave too, stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from contacts.merging.fields import closer
from contacts.merging.records import Record, record_of, write_columns
from contacts.models import Import, ImportChange, ImportConfirmation, Merge
from contacts.models.import_confirmation import mark_of

Path = tuple[str, ...]
"""A column, or ("custom", key) for one extra field."""
UNDONE = (Import.State.UNDOING, Import.State.UNDONE)


@dataclass(frozen=True)
class Written:
    """What the import wrote on one record, and what was there before it."""

    record: int
    path: Path
    value: Any
    before: Any


@dataclass
class Line:
    """A record of today, with the merges in force that led to it, oldest first."""

    kept: int
    merges: list[Merge]
    said: set[str]
    record: Record = field(default_factory=dict)
    returned: dict[str, Any] = field(default_factory=dict)

    def give_back(self, written: Written) -> None:
        """Return a value wherever it went: on its record, and along the merges that took it."""
        for merge in self.merges:
            pair = merge.snapshot["fields"].get(written.path[0])
            if pair is not None and merge.snapshot["kept"] == written.record:
                _replace_in(pair, 0, written)
        holder = next((one for one in self.merges if one.absorbed_id == written.record), None)
        if holder is None:
            self._give_back_today(written)
            return
        _replace(holder.snapshot["contact"], written)
        pair = holder.snapshot["fields"].get(written.path[0])
        if pair is None or _get({written.path[0]: pair[1]}, written.path) != written.value:
            return
        own = _get({written.path[0]: pair[0]}, written.path)
        instead = _taken(written, own)
        _replace_in(pair, 1, Written(written.record, written.path, written.value, instead))
        self.give_back(Written(holder.snapshot["kept"], written.path, written.value, instead))

    def _give_back_today(self, written: Written) -> None:
        self.record = self.record or record_of(self.kept)
        if _replace(self.record, written):
            self.returned[written.path[0]] = self.record[written.path[0]]


def return_merged_values(import_id: int, contact_ids: Sequence[int]) -> list[int]:
    """Return what the import had written on records that these people absorbed; gives whose each value is.

    Runs in the caller's transaction, which holds the people; the import is `undoing`.
    """
    merges = Merge.objects.filter(kept__in=contact_ids, undone_at=None).order_by("kept", "pk")
    lines = [
        Line(kept, list(group), set())
        for kept, group in groupby(merges.select_for_update(), key=lambda merge: merge.kept_id)
    ]
    standing = _said([line.kept for line in lines])
    written = _written(import_id, [merge for line in lines for merge in line.merges])
    for line in lines:
        line.said = standing[line.kept]
        found = [one for record in _records(line) for one in written[record] if _name(one) not in line.said]
        for one in found:
            line.give_back(one)
        if found:
            Merge.objects.bulk_update(line.merges, ["snapshot"])
        if line.returned:
            write_columns(line.kept, line.returned)
    return [line.kept for line in lines for _name in line.returned]


def _records(line: Line) -> list[int]:
    return sorted({pk for merge in line.merges for pk in (merge.absorbed_id, merge.snapshot["kept"])})


def _said(contact_ids: list[int]) -> defaultdict[int, set[str]]:
    """What files that stand gave too."""
    said: defaultdict[int, set[str]] = defaultdict(set)
    found = ImportConfirmation.objects.filter(contact__in=contact_ids)
    confirmations = list(found.values_list("contact_id", "what", "runs"))
    runs = Import.objects.filter(pk__in={run for *_rest, by in confirmations for run in by})
    standing = set(runs.exclude(state__in=UNDONE).values_list("pk", flat=True))
    for contact_id, what, by in confirmations:
        if not standing.isdisjoint(by):
            said[contact_id].update(what)
    return said


def _written(import_id: int, merges: list[Merge]) -> defaultdict[int, list[Written]]:
    """What the import wrote, by record; a value before it that an undone import wrote is none."""
    records = {pk for merge in merges for pk in (merge.absorbed_id, merge.snapshot["kept"])}
    every = ImportChange.objects.filter(table="contact", row_id__in=records).select_related("import_run")
    by_record: defaultdict[int, list[ImportChange]] = defaultdict(list)
    for change in every.order_by("-pk"):
        by_record[change.row_id].append(change)
    written: defaultdict[int, list[Written]] = defaultdict(list)
    for record, changes in by_record.items():
        for place, change in enumerate(changes):
            if change.import_run_id == import_id:
                for path in _paths(change):
                    before = _walked_back(_get(change.before, path), path, changes[place + 1 :])
                    written[record].append(Written(record, path, _get(change.after, path), before))
    return written


def _walked_back(value: Any, path: Path, older: Sequence[ImportChange]) -> Any:
    for change in older:
        if path[0] in change.after and _get(change.after, path) == value != _get(change.before, path):
            if change.import_run.state not in UNDONE:
                break
            value = _get(change.before, path)
    return value


def _paths(change: ImportChange) -> Iterator[Path]:
    for name, after in change.after.items():
        if name != "custom":
            yield (name,)
            continue
        before = change.before.get(name) or {}
        yield from ((name, key) for key, value in after.items() if before.get(key) != value)


def _name(written: Written) -> str:
    """As `ImportConfirmation.what` calls it."""
    kind = f"extra:{written.path[1]}" if len(written.path) > 1 else f"field:{written.path[0]}"
    return f"{kind}:{mark_of(written.value)}"


def _taken(written: Written, own: Any) -> Any:
    """What the record that stays takes now, whose own value was there before the merge."""
    if written.path[0] == "relationship":
        return closer(written.before, own)
    return own if written.before in (None, "") else written.before


def _get(record: Record, path: Path) -> Any:
    value = record.get(path[0])
    return (value or {}).get(path[1]) if len(path) > 1 else value


def _replace(record: Record, written: Written) -> bool:
    """Give the record the value of before, where the import's stands; tells whether it did."""
    if _get(record, written.path) != written.value:
        return False
    name, *key = written.path
    if not key:
        record[name] = written.before
        return True
    extra = {one: value for one, value in record[name].items() if one != key[0]}
    record[name] = extra if written.before is None else {**extra, key[0]: written.before}
    return True


def _replace_in(pair: list[Any], side: int, written: Written) -> None:
    """The same on one side of what a merge changed of a column: [before it, after it]."""
    whole = {written.path[0]: pair[side]}
    if _replace(whole, written):
        pair[side] = whole[written.path[0]]
