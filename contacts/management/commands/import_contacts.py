"""Import a file from the command line: read, preview, write, report, in this process."""

from __future__ import annotations

import json
import sys
import threading
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils.translation import gettext as _

from campaign_crm.platform.jobs import claimed_here, run_claimed
from campaign_crm.platform.models import Job, User
from contacts.enums import Channel, LawfulBasis, SourceKind, TerritoryKind
from contacts.errors import ContactsError
from contacts.imports.choices import set_mapping, set_padding
from contacts.imports.encodings import CHOICES
from contacts.imports.many_files import doubted_files, words_of_files
from contacts.imports.partway import partway_words
from contacts.imports.people.policy import GROUPS
from contacts.imports.profiles import unlike_kept
from contacts.imports.service import discard_import, enqueue_preview, enqueue_run, start_import, stop_import
from contacts.imports.sketch import DELIMITERS, Layout
from contacts.models import Import, Source, Territory
from contacts.services.sources import create_source

LOOK_EVERY = 1.0  # seconds between two lines of progress
FAILED, REFUSED = 1, 2
SOURCE_KIND_OF = {
    Import.Kind.ROLL: SourceKind.ROLL,
    Import.Kind.ADDRESS_BOOK: SourceKind.ADDRESS_BOOK,
    Import.Kind.BROKER: SourceKind.BROKER_PURCHASE,
    Import.Kind.ENRICHMENT: SourceKind.BROKER_PURCHASE,
    Import.Kind.SUPPRESSION: SourceKind.OPT_OUT,
}


class Command(BaseCommand):
    help = "Import an electoral roll, an address book, a broker's file or an opt-out file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV, spreadsheet, vCard, XML, .gz, .zip, or a folder of them"
        )
        parser.add_argument("--kind", required=True, choices=Import.Kind.values)
        parser.add_argument("--source", required=True, help="where the data comes from; created if it is new")
        parser.add_argument("--basis", choices=[_dashed(basis) for basis in LawfulBasis])
        parser.add_argument("--channels", default="", help="email,sms,call,post: what people were told about")
        parser.add_argument("--supplier", default="")
        parser.add_argument(
            "--licence-end", type=date.fromisoformat, help="2027-06-30: makes it a rented file"
        )
        parser.add_argument("--wording", default="", help="the words that people agreed to")
        parser.add_argument("--proof", default="", help="where the evidence is kept")
        parser.add_argument(
            "--balance", default="", help="legitimate interest: why you write, why it is expected"
        )
        parser.add_argument("--tags", default="", help="words for everyone of the file, separated by commas")
        parser.add_argument(
            "--scope", default="", help="code of the only territory to take, such as 60 or 60057"
        )
        parser.add_argument(
            "--policy", default="", help="newer, or by field: names=replace,commune=newer (blanks, better)"
        )
        parser.add_argument("--price", default="", help="enrichment: what the file cost, in euros")
        parser.add_argument(
            "--reason",
            default="",
            choices=["", "imported", "hard_bounce", "complaint"],
            help="suppression: why the entries are there, if the file does not say it",
        )
        parser.add_argument("--by", default="", help="e-mail address of the member of the team who imports")
        parser.add_argument(
            "--encoding",
            default="",
            choices=["", *CHOICES],
            help="of a text whose accents would be odd; without it, the one that is found",
        )
        parser.add_argument("--delimiter", default="", help="what separates columns: ; , | or tab")
        parser.add_argument(
            "--fill-short-rows",
            action="store_true",
            help="cells that rows lack at their end are empty ones: a spreadsheet left them out",
        )
        parser.add_argument("--sheet", default="", help="the sheet of a workbook; without it, the first one")
        parser.add_argument(
            "--whole-roll",
            action="store_true",
            help="the file is the whole roll of its communes: whoever is not in it has left",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.exists():
            raise CommandError(_("There is no file %(path)s.") % {"path": path}, returncode=REFUSED)
        by = _member(options["by"])
        try:
            source = _source(options, by)
            run = start_import(
                file=path,
                file_name=path.name,
                kind=options["kind"],
                source=source,
                by=by,
                sheet=options["sheet"],
                encoding=options["encoding"],
                delimiter=_delimiter(options["delimiter"]),
            )
            _refuse_a_doubt(run)
            self._tell_of_sheets(run)
            if options["fill_short_rows"]:
                set_padding(run=run, by=by)
            layout = Layout.from_json(run.layout)
            told = [*words_of_files(layout), doubted_files(layout), *unlike_kept(run)]
            self.stderr.write("\n".join(filter(None, told)))
            mapping = {int(index): field for index, field in run.mapping.items()}
            set_mapping(run=run, mapping=mapping, options=_chosen(options), by=by)
            job = claimed_here(partial(enqueue_preview, run=run, by=by))
        except (ContactsError, ValidationError) as error:
            raise CommandError(_words(error), returncode=REFUSED) from error
        run = self._wait(run, job)
        if not options["dry_run"]:
            write = partial(enqueue_run, run=run, by=by, whole_roll=options["whole_roll"])
            run = self._wait(run, claimed_here(write))
        counts = run.preview if options["dry_run"] else run.counts
        self._report(run, counts, as_json=options["json"])

    def _tell_of_sheets(self, run: Import) -> None:
        """Say which sheets of a workbook are not read, unless one was chosen."""
        layout = Layout.from_json(run.layout)
        others = [name for name in layout.sheets if name != layout.sheet]
        if others and not layout.chosen_sheet:
            text = _("Only the sheet “%(sheet)s” is read, not %(others)s: choose one with --sheet.")
            self.stderr.write(text % {"sheet": layout.sheet, "others": ", ".join(others)})

    def _wait(self, run: Import, job: Job) -> Import:
        """Run the job here, saying how far it is; its failure is the command's."""
        done = threading.Event()
        watcher = threading.Thread(target=_say_progress, args=(job.pk, done), daemon=True)
        watcher.start()
        try:
            job = run_claimed(job)
        finally:
            done.set()
            watcher.join()
        run.refresh_from_db()
        if job.state == Job.State.FAILED:
            raise CommandError(job.error, returncode=REFUSED)
        if (
            job.state != Job.State.SUCCEEDED
        ):  # an accident: no worker is to try again behind the person's back
            if job.state == Job.State.QUEUED:
                stop_import(run=run, by=None)
            run.refresh_from_db()
            words = [job.error or _("The import was stopped."), partway_words(run)]
            raise CommandError(" ".join(filter(None, words)), returncode=FAILED)
        return run

    def _report(self, run: Import, counts: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"import": run.pk, "state": run.state, **counts}, sort_keys=True))
            return
        for name, number in counts.items():
            if isinstance(number, int):
                self.stdout.write(f"{name.replace('_', ' '):>16} {number:>12,}")


def _delimiter(text: str) -> str:
    found = "\t" if text.lower() in ("tab", "\\t") else text
    if found and found not in DELIMITERS:
        raise CommandError(
            _("A separator is one of ; , | or tab, not “%(text)s”.") % {"text": text}, returncode=REFUSED
        )
    return found


def _refuse_a_doubt(run: Import) -> None:
    """Nobody looks at the accents here: an encoding that is only guessed is not taken."""
    doubted = Layout.from_json(run.layout).doubted
    if not doubted:
        return
    discard_import(run=run, by=None)
    raise CommandError(
        _(
            "The accents of this file are doubtful: it may be in %(name)s. Say which encoding it has: "
            "--encoding %(doubted)s, or --encoding cp1252 for that of Windows."
        )
        % {"name": CHOICES.get(doubted, doubted), "doubted": doubted},
        returncode=REFUSED,
    )


def _source(options: dict[str, Any], by: User | None) -> Source:
    """The source of that name, or a new one made of the options."""
    found = Source.objects.filter(name=options["source"]).first()
    if found is not None:
        return found
    kind = SOURCE_KIND_OF[Import.Kind(options["kind"])]
    if kind == SourceKind.OPT_OUT:  # it allows nothing, whatever is asked
        options["basis"] = options["basis"] or LawfulBasis.NONE.value
    if not options["basis"]:
        raise CommandError(
            _("The source “%(name)s” is new: say with --basis what allows you to use this file.")
            % {"name": options["source"]},
            returncode=REFUSED,
        )
    basis = LawfulBasis(options["basis"].replace("-", "_"))
    if kind == SourceKind.BROKER_PURCHASE and options["licence_end"]:
        kind = SourceKind.BROKER_RENTAL
    return create_source(
        by=by,
        name=options["source"],
        kind=kind,
        lawful_basis=basis,
        channels=_channels(options["channels"], basis),
        supplier=options["supplier"],
        licence_ends_on=options["licence_end"],
        consent_wording=options["wording"],
        proof=options["proof"],
        balance=options["balance"],
    )


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    """Options of the import that were given; what was not keeps its usual value."""
    chosen: dict[str, Any] = {name: options[name] for name in ("price", "reason") if options[name]}
    if options["tags"]:
        chosen["tags"] = [tag.strip() for tag in options["tags"].split(",") if tag.strip()]
    if options["scope"]:
        chosen["scope"] = _territory(options["scope"]).pk
    if options["policy"]:
        pairs = [part.partition("=") for part in options["policy"].split(",")]
        chosen["policies"] = (
            {field.strip(): policy.strip() for field, _sign, policy in pairs}
            if "=" in options["policy"]
            else dict.fromkeys(GROUPS, options["policy"])
        )
    return chosen


def _territory(code: str) -> Territory:
    """The widest place that has the code: "60" is the department."""
    found = {place.kind: place for place in Territory.objects.filter(code=code.upper())}
    kinds = [kind for kind in TerritoryKind if kind in found]
    if not kinds:
        raise CommandError(_("No territory has the code %(code)s.") % {"code": code}, returncode=REFUSED)
    return found[TerritoryKind.DEPARTMENT] if TerritoryKind.DEPARTMENT in found else found[kinds[0]]


def _channels(text: str, basis: LawfulBasis) -> list[str]:
    """The channels asked for; a roll opens post without asking."""
    if not text:
        return [Channel.POST.value] if basis == LawfulBasis.PUBLIC_ROLL else []
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in Channel.values]
    if unknown:
        raise CommandError(
            _("Unknown channels: %(names)s. Known are email, sms, call and post.")
            % {"names": ", ".join(unknown)},
            returncode=REFUSED,
        )
    return names


def _member(email: str) -> User | None:
    if not email:
        return None
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        raise CommandError(
            _("Nobody of the team has the address %(email)s.") % {"email": email}, returncode=REFUSED
        )
    return found


def _say_progress(job_id: int, done: threading.Event) -> None:
    """Write a line a second on standard error, from a connection of its own."""
    try:
        while not done.wait(LOOK_EVERY):
            job = Job.objects.filter(pk=job_id).first()
            if job is not None and job.progress_total:
                share = 100 * job.progress_done // max(1, job.progress_total)
                sys.stderr.write(
                    f"{job.progress_note}: {job.progress_done:,} / {job.progress_total:,} ({share} %)\n"
                )
    finally:
        connections.close_all()


def _words(error: Exception) -> str:
    return "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def _dashed(basis: LawfulBasis) -> str:
    return str(basis.value).replace("_", "-")
