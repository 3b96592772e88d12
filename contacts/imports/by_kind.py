"""Reading, writing and counting the file of an import, by its kind: a roll, people, opt-outs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.enums import SuppressionReason
from contacts.imports.at_rest import is_there
from contacts.imports.counting import opt_out_counts, people_counts, roll_counts
from contacts.imports.encodings import detect_whole
from contacts.imports.errors import ImportProblem
from contacts.imports.fields import MEMBERSHIP_FIELDS
from contacts.imports.formats.opening import make_whole, table_of
from contacts.imports.linking import Links
from contacts.imports.opt_outs import engine as opt_outs
from contacts.imports.opt_outs.rows import NUMBER_CHANNELS
from contacts.imports.people import engine as people
from contacts.imports.people.policy import GROUPS, Policy
from contacts.imports.people.write import Terms
from contacts.imports.progress import OPENING, Progress
from contacts.imports.reading import ShortRows, WrongEncoding
from contacts.imports.rolls import engine as rolls
from contacts.imports.rolls.abroad import Abroad
from contacts.imports.sketch import Layout
from contacts.imports.staging import Staging
from contacts.imports.turns import in_turn
from contacts.models import Import, Source


def stage_file(run: Import, told: Progress) -> dict[str, int]:
    """Fill the staging tables; a file that goes on in another encoding than it began is read again."""
    _open(run, told)
    try:
        return _stage_as(run, Layout.from_json(run.layout), told)
    except ShortRows as short:  # the page offers to take their missing cells as empty
        run.options = {**run.options, "short_rows": short.count}
        Import.objects.filter(pk=run.pk).update(options=run.options)
        raise
    except WrongEncoding:
        layout = Layout.from_json(run.layout)
        found = detect_whole(table_of(Path(run.file_path), layout))
        if layout.is_damaged or (layout.chosen_encoding and found.encoding != layout.encoding):
            raise
        layout = layout.with_encoding(*found)
        run.layout = layout.as_json()
        return _stage_as(run, layout, told)


def _open(run: Import, told: Progress) -> None:
    """Have every row of a file of another form in a table of ours, noted at once: it goes with the file."""
    path, layout = Path(run.file_path), Layout.from_json(run.layout)
    if not is_there(path):
        raise ImportProblem(_("The file is no longer there. Send it again."))
    if layout.form:
        told.step(OPENING, run.file_bytes)
        layout = make_whole(path, layout, on_progress=lambda done, total: told.of(done, total))
        run.layout = layout.as_json()
        Import.objects.filter(pk=run.pk).update(layout=run.layout)


def _stage_as(run: Import, layout: Layout, told: Progress) -> dict[str, int]:
    staging, path = Staging(run.pk), table_of(Path(run.file_path), layout)
    mapping = {int(index): key for index, key in run.mapping.items()}
    if run.kind == Import.Kind.ROLL:
        counts = rolls.stage(
            staging,
            path,
            layout,
            mapping,
            source_id=source_of(run).pk,
            commune_code=run.options.get("commune_code", ""),
            roll_kind=run.options.get("roll_kind", 0),
            told=told,
            abroad=Abroad.of(run.options),
        )
        if day := rolls.day_of(staging):
            run.options = {**run.options, "roll_day": day.isoformat()}
            Import.objects.filter(pk=run.pk).update(options=run.options)
        return counts
    if run.kind == Import.Kind.SUPPRESSION:
        source_of(run)
        return opt_outs.stage(staging, path, layout, mapping, said=_said(run), told=told)
    return people.stage(staging, path, layout, mapping, terms=_terms(run), told=told)


def counts_of(run: Import, staging: Staging, links: Links) -> dict[str, int]:
    if run.kind == Import.Kind.SUPPRESSION:
        return opt_out_counts(run)
    count = roll_counts if run.kind == Import.Kind.ROLL else people_counts
    return count(run, staging, links)


def write_file(run: Import, staging: Staging, told: Progress) -> Links:
    if run.kind == Import.Kind.SUPPRESSION:
        opt_outs.write(staging, import_id=run.pk, told=told)
        return Links(linked=0, to_review=0)
    if run.kind != Import.Kind.ROLL:
        return people.write(staging, terms=_terms(run), told=told)
    with in_turn(rolls.turns_of(staging), told):
        return _write_roll(run, staging, told)


def _write_roll(run: Import, staging: Staging, told: Progress) -> Links:
    begun = "communes" in run.options
    run.options |= {"communes": rolls.communes_of(staging), "turns": rolls.turns_of(staging)}
    Import.objects.filter(pk=run.pk).update(options=run.options)  # an undo of a half-done import needs them
    return rolls.write(
        staging,
        import_id=run.pk,
        source_id=source_of(run).pk,
        said=rolls.said_by(Layout.from_json(run.layout), run.mapping.values()),
        told=told,
        base_changed=_rolls_changed_since(run),
        begun=begun,
        departed_on=_departed_on(run),
    )


def _departed_on(run: Import) -> date | None:
    """The day on which electors who are not in the file left: that of the list, when it is a whole roll."""
    if not run.options.get("whole_roll"):
        return None
    said = run.options.get("roll_day", "")
    return date.fromisoformat(said) if said else timezone.localdate()


def _rolls_changed_since(run: Import) -> bool:
    """True when another roll was written or undone since this one's preview."""
    since = run.preview.get("previewed_at")
    others = Import.objects.filter(kind=Import.Kind.ROLL).exclude(pk=run.pk)
    recent = others.filter(state__in=[Import.State.RUNNING, Import.State.UNDOING])
    if since is None:
        return True
    return (recent | others.filter(finished_at__gte=since) | others.filter(undone_at__gte=since)).exists()


def source_of(run: Import) -> Source:
    """The source of the file; raises ImportProblem: nothing is imported without one."""
    if run.source is None:
        raise ImportProblem(_("Say where this file comes from first."))
    return run.source


def _terms(run: Import) -> Terms:
    return Terms(
        import_id=run.pk,
        source=source_of(run),
        by_id=run.created_by_id,
        tags=tuple(run.options.get("tags", ())),
        list_id=run.options.get("list"),
        policies=run.options.get("policies", _usual_policies(run)),
        match_only=run.kind == Import.Kind.ENRICHMENT,
        memberships=tells_memberships(run),
        scope_id=run.options.get("scope"),
        list_state=run.options.get("list_state", ""),
    )


def tells_memberships(run: Import) -> bool:
    """Whether the days on which people joined and left are taken: nobody who sells a file knows them."""
    is_told = not MEMBERSHIP_FIELDS.isdisjoint(run.mapping.values())
    return is_told and run.kind != Import.Kind.ENRICHMENT and not source_of(run).is_broker


def _usual_policies(run: Import) -> dict[str, str]:
    """What was bought to fill gaps replaces nothing unless somebody asks for it."""
    return dict.fromkeys(GROUPS, Policy.BLANKS.value) if run.kind == Import.Kind.ENRICHMENT else {}


def _said(run: Import) -> opt_outs.Said:
    reason = run.options.get("reason") or SuppressionReason.IMPORTED
    numbers = run.options.get("numbers") or NUMBER_CHANNELS
    return opt_outs.Said(SuppressionReason(reason), numbers)
