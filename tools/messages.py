"""Translations: every English text a person reads, and its French, in one catalogue.

``extract`` rewrites ``locale/fr/LC_MESSAGES/django.po`` from the code and the templates (existing French
is kept), ``merge FILE…`` fills it from JSON files ``{"English": "French"}``, ``check`` fails on what is
missing, ``compile`` writes the ``.mo`` that Django reads. No gettext program is needed. The file is sorted
and carries no line numbers, so that two branches rarely touch the same lines.
"""

import argparse
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import polib
import unfold
from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

from tools.typography import faults

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
PYTHON_FOLDERS = ("campaign_crm", "contacts", "messaging", "tracking")
TEMPLATE_FOLDER = ROOT / "templates"
UNFOLD = Path(unfold.__file__).parent
DJANGO = Path(django.__file__).parent
CONTEXT_MARK = "\x04"

HEADER = {
    "Project-Id-Version": "Campaign CRM",
    "Language": "fr",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n > 1);",
}

# What follows each name: which arguments are the context ("c"), the singular and the plural.
_SHAPES = {
    "gettext": ("id",),
    "gettext_lazy": ("id",),
    "gettext_noop": ("id",),
    "_": ("id",),
    "ngettext": ("id", "plural"),
    "ngettext_lazy": ("id", "plural"),
    "pgettext": ("context", "id"),
    "pgettext_lazy": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
    "npgettext_lazy": ("context", "id", "plural"),
}

Key = tuple[str | None, str]
Found = dict[Key, str | None]


def calls(source: str) -> Iterator[tuple[Key, str | None]]:
    """Yield ``((context, msgid), plural)`` for each translation call of a piece of Python."""
    stream = io.BytesIO(source.encode())
    for _line, name, message, _comments in extract_python(stream, list(_SHAPES), (), {"encoding": "utf-8"}):
        arguments = message if isinstance(message, tuple) else (message,)
        parts = dict(zip(_SHAPES[name], arguments, strict=False))
        if parts.get("id"):
            yield (parts.get("context"), parts["id"]), parts.get("plural")


def template_calls(source: str, origin: str) -> Iterator[tuple[Key, str | None]]:
    """Yield what ``calls`` yields, for a Django template."""
    code = templatize(source, origin=origin)
    # Indentation means nothing in a template but would stop Python's tokenizer.
    return calls("\n".join(line.lstrip() for line in code.splitlines()))


def messages_of(folder: Path, *, templates: bool) -> Found:
    """Return every message of the Python files, or of the templates, below a folder."""
    found: Found = {}
    suffixes = {".html", ".txt"} if templates else {".py"}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in suffixes or "migrations" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        for key, plural in template_calls(source, str(path)) if templates else calls(source):
            found[key] = found.get(key) or plural
    return found


def translated_by_django() -> set[Key]:
    """Return the messages whose French ships with Django itself."""
    keys: set[Key] = set()
    for path in DJANGO.rglob("locale/fr/LC_MESSAGES/django.po"):
        keys |= {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path)) if entry.translated()}
    return keys


def wanted() -> Found:
    """Return every message that needs French: our own, and Unfold's that Django does not translate.

    Unfold ships no French; only its base templates count, not the optional packages below ``contrib``.
    """
    found: Found = {}
    for name in PYTHON_FOLDERS:
        found |= messages_of(ROOT / name, templates=False)
    found |= messages_of(TEMPLATE_FOLDER, templates=True)
    theirs = messages_of(UNFOLD / "templates" / "admin", templates=True)
    theirs |= messages_of(UNFOLD / "templates" / "unfold", templates=True)
    known = translated_by_django()
    return found | {key: plural for key, plural in theirs.items() if key not in known and key not in found}


def read_catalogue() -> polib.POFile:
    """Return the French catalogue, empty when there is none yet."""
    return polib.pofile(str(CATALOGUE)) if CATALOGUE.is_file() else polib.POFile(wrapwidth=100)


def as_text(catalogue: polib.POFile) -> str:
    """Return the catalogue exactly as the file holds it."""
    return str(catalogue).removeprefix("#\n").rstrip("\n") + "\n"


def write_catalogue(catalogue: polib.POFile) -> None:
    """Write the catalogue; the folder is made if it is not there."""
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_text(as_text(catalogue), encoding="utf-8")


def updated(old: polib.POFile, found: Found) -> polib.POFile:
    """Return a sorted catalogue of the found messages, with the French that the old one had.

    A message that left the code stays at the end as obsolete, so that its French comes back with it.
    """
    before = {(entry.msgctxt, entry.msgid): entry for entry in old}
    new = polib.POFile(wrapwidth=100)
    new.metadata = HEADER
    for key in sorted(found.keys() | before.keys(), key=lambda key: (key not in found, key[1], key[0] or "")):
        entry, plural = before.get(key), found.get(key)
        if key not in found and entry is not None:
            if entry.translated() or entry.obsolete and (entry.msgstr or entry.msgstr_plural):
                entry.obsolete = True
                new.append(entry)
            continue
        new.append(fresh_entry(key, plural, entry))
    return new


def fresh_entry(key: Key, plural: str | None, old: polib.POEntry | None) -> polib.POEntry:
    """Return an entry for one message, filled from the old one where the shape is the same."""
    entry = polib.POEntry(msgctxt=key[0], msgid=key[1], msgid_plural=plural or "")
    if plural:
        texts = old.msgstr_plural if old is not None and old.msgstr_plural else {}
        entry.msgstr_plural = {0: texts.get(0, ""), 1: texts.get(1, "")}
    elif old is not None and not old.msgid_plural:
        entry.msgstr = old.msgstr
    if old is not None and old.fuzzy:
        entry.flags = ["fuzzy"]
    if "%(" in key[1] or "%s" in key[1] or "%d" in key[1]:
        entry.flags = sorted({*entry.flags, "python-format"})
    return entry


def extract() -> int:
    """Rewrite the catalogue from the code; print how much French is missing."""
    new = updated(read_catalogue(), wanted())
    write_catalogue(new)
    missing = sum(not entry.translated() for entry in new if not entry.obsolete)
    print(f"{len([entry for entry in new if not entry.obsolete])} messages, {missing} without French.")
    return 0


def merge(paths: list[Path]) -> int:
    """Fill the catalogue from JSON files; name the messages that the code does not have."""
    catalogue = updated(read_catalogue(), wanted())
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    unknown = 0
    for path in paths:
        for name, text in json.loads(path.read_text(encoding="utf-8")).items():
            context, mark, msgid = name.rpartition(CONTEXT_MARK)
            entry = entries.get((context if mark else None, msgid))
            if entry is None:
                unknown += 1
                print(f"{path.name}: not in the code: {msgid!r}", file=sys.stderr)
            elif entry.msgid_plural:
                forms = text if isinstance(text, list) else [text, text]
                entry.msgstr_plural = dict(enumerate(forms))
            else:
                entry.msgstr = text
    write_catalogue(catalogue)
    return 1 if unknown else 0


def problems() -> Iterator[str]:
    """Yield one sentence for each thing that keeps the French from being complete and well set."""
    catalogue = read_catalogue()
    found = wanted()
    present = {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}
    for context, msgid in sorted(found.keys() - present, key=str):
        yield f"not in the catalogue (run extract): {msgid!r}" + (f" [{context}]" if context else "")
    for context, msgid in sorted(present - found.keys(), key=str):
        yield f"no longer in the code (run extract): {msgid!r}" + (f" [{context}]" if context else "")
    written = CATALOGUE.read_text(encoding="utf-8") if CATALOGUE.is_file() else ""
    if found.keys() == present and as_text(updated(read_catalogue(), found)) != written:
        yield "the file is not as extract writes it (run extract)"
    for entry in catalogue:
        if entry.obsolete:
            continue
        if not entry.translated():
            yield f"{'fuzzy' if entry.fuzzy else 'no French'}: {entry.msgid!r}"
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            yield from (f"{fault}: {text!r}" for fault in faults(text))


def check() -> int:
    """Print every problem; return the exit status."""
    found = list(problems())
    for problem in found:
        print(f"locale/fr: {problem}", file=sys.stderr)
    return 1 if found else 0


def compile_catalogue() -> int:
    """Write the binary catalogue that Django reads."""
    read_catalogue().save_as_mofile(str(CATALOGUE.with_suffix(".mo")))
    return 0


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("extract", help="rewrite the catalogue from the code")
    commands.add_parser("check", help="fail on missing or badly set French")
    commands.add_parser("compile", help="write the .mo file")
    commands.add_parser("merge", help="fill the catalogue from JSON files").add_argument(
        "files", nargs="+", type=Path
    )
    options = parser.parse_args()
    if options.command == "merge":
        return merge(options.files)
    return {"extract": extract, "check": check, "compile": compile_catalogue}[options.command]()


if __name__ == "__main__":
    sys.exit(main())
