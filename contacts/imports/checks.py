"""What a file, its source and its columns must be before anything is read in full."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.enums import BROKER_KINDS, SourceKind
from contacts.imports.errors import ImportProblem, WrongColumns
from contacts.imports.fields import CUSTOM_PREFIX, label_of, several_allowed
from contacts.imports.guessing import Guess
from contacts.imports.layouts import Format, Mapping
from contacts.imports.opt_outs.engine import check_mapping as check_opt_outs
from contacts.imports.people.policy import GROUPS, Policy
from contacts.imports.people.stage import check_mapping as check_people
from contacts.imports.rolls.abroad import Abroad
from contacts.imports.rolls.engine import check_mapping as check_roll
from contacts.models import CustomField, Import, List, Source, Territory
from contacts.models.custom_field import PROTECTED
from contacts.rules.forbidden import forbidden_matter
from contacts.services.lists import ListRefused, check_picked
from contacts.services.sources import missing_of

SOON_DAYS = 30  # before its end, a licence is spoken of


def check_kind(kind: str, guessed: Guess) -> None:
    """A roll is a roll: taken for an address book it would make contacts of electors."""
    if kind not in Import.Kind.values:
        raise ImportProblem(_("Say what the file is."))
    if guessed.format == Format.ROLL and kind != Import.Kind.ROLL:
        raise WrongColumns(
            _(
                "This file is an electoral roll: import it as one. Electors do not become people you may "
                "write to."
            )
        )


def check_source(kind: str, source: Source) -> None:
    """A kind of file asks for a kind of source."""
    fits = {
        Import.Kind.ROLL: source.kind == SourceKind.ROLL,
        Import.Kind.BROKER: source.kind in BROKER_KINDS,
        Import.Kind.ENRICHMENT: source.kind in BROKER_KINDS,
        Import.Kind.ADDRESS_BOOK: source.kind not in (SourceKind.ROLL, SourceKind.OPT_OUT, *BROKER_KINDS),
        Import.Kind.SUPPRESSION: source.kind == SourceKind.OPT_OUT,
    }
    if not fits[Import.Kind(kind)]:
        raise ImportProblem(
            _("The source “%(source)s” (%(kind)s) does not fit this kind of file. Choose another.")
            % {"source": source.name, "kind": source.get_kind_display()}
        )
    if source.is_broker:
        _check_proof(source)
    _check_licence(source)


def licence_ends_soon(source: Source | None) -> bool:
    """True when the licence of a file still holds, and for a month at most."""
    end = source.licence_ends_on if source is not None else None
    return end is not None and 0 <= (end - timezone.localdate()).days <= SOON_DAYS


def _check_proof(source: Source) -> None:
    """A supplier's file comes in only with all that shows why it may be used, whichever way it comes."""
    missing = missing_of(kind=source.kind, basis=source.lawful_basis, values=vars(source))
    if missing:
        raise ImportProblem(
            _("The source “%(source)s” lacks what a supplier's file needs. %(missing)s")
            % {"source": source.name, "missing": " ".join(missing.values())}
        )


def _check_licence(source: Source) -> None:
    if source.licence_ends_on is not None and source.licence_ends_on < timezone.localdate():
        raise ImportProblem(
            _(
                "The licence of “%(source)s” ended on %(day)s: its files may not be used any more. If it was "
                "renewed, write the new end on the source; else choose another."
            )
            % {"source": source.name, "day": date_format(source.licence_ends_on)}
        )


def check_options(run: Import) -> None:
    """What was chosen for the whole file exists: its list, its territory, its policies."""
    check_list(run.options.get("list"))
    scope = run.options.get("scope")
    if scope is not None and not Territory.objects.filter(pk=scope).exists():
        raise ImportProblem(_("This territory does not exist."))
    policies = run.options.get("policies") or {}
    unknown = sorted({*policies} - {*GROUPS}) + sorted({*policies.values()} - {*Policy})
    if unknown:
        raise ImportProblem(_("Unknown field or policy: %(names)s.") % {"names": ", ".join(unknown)})


def check_list(list_id: int | None) -> None:
    """A file puts nobody on a list whose people count as having joined it themselves."""
    if list_id is None:
        return
    chosen = List.objects.filter(pk=list_id).first()
    if chosen is None:
        raise ImportProblem(_("This fixed list does not exist any more."))
    try:
        check_picked(chosen)
    except ListRefused as refused:
        raise ImportProblem(str(refused)) from refused


def _check_protected(run: Import, mapping: Mapping) -> None:
    """No extra field, tag or list is made of a column that tells what the law protects."""
    header = run.layout.get("header", [])
    labels = dict(CustomField.objects.values_list("key", "label"))
    for index, key in mapping.items():
        own = key.removeprefix(CUSTOM_PREFIX)
        if own == key and key not in ("tags", "lists"):
            continue
        names = [*header[index : index + 1], *([own, labels.get(own, "")] if own != key else [])]
        if forbidden_matter(*names):
            raise WrongColumns(
                _("“%(column)s” is not imported as an extra field, a tag or a list. %(why)s")
                % {"column": names[0], "why": PROTECTED}
            )


def check_mapping(run: Import, mapping: Mapping) -> None:
    """The columns hold what this kind of file needs, each field once."""
    if run.kind == Import.Kind.ROLL:
        said = run.options.get("place_name") if Abroad.of(run.options) else run.options.get("commune_code")
        check_roll(mapping, commune_code=said or "")
    elif run.kind == Import.Kind.SUPPRESSION:
        check_opt_outs(mapping)
    else:
        check_people(mapping)
        _check_protected(run, mapping)
    keys = list(mapping.values())
    twice = next((key for key in keys if keys.count(key) > 1 and not several_allowed(key)), None)
    if twice is not None:
        raise WrongColumns(
            _("Two columns are said to hold “%(field)s”. Keep one of them.")
            % {"field": label_of(twice, is_roll=run.kind == Import.Kind.ROLL)}
        )
