"""Translations: every English text a person reads, and its French, in one catalogue.

``extract`` rewrites ``locale/fr/LC_MESSAGES/django.po`` from the code and the templates (existing French
is kept), ``merge FILE…`` fills it from JSON files ``{"English": "French"}``, ``check`` fails on what is
missing, ``compile`` writes the ``.mo`` that Django reads. No gettext program is needed. The file is sorted
and carries no line numbers, so that two branches rarely touch the same lines.
"""

import argparse
import gettext
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import unfold
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tools.typography import faults

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
PYTHON_FOLDERS = ("campaign_crm", "contacts", "messaging", "tracking")
TEMPLATE_FOLDER = ROOT / "templates"
UNFOLD = Path(unfold.__file__).parent
DJANGO = Path(django.__file__).parent
CONTEXT_MARK = "\x04"

HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: Campaign CRM\\n"
"Language: fr\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sd]|\{\w*\}")

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
    for path in DJANGO.rglob("locale/fr/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            compiled = gettext.GNUTranslations(file)._catalog  # its only list of messages
        for name in compiled:
            context, mark, msgid = (name[0] if isinstance(name, tuple) else name).rpartition(CONTEXT_MARK)
            keys.add((context if mark else None, msgid))
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


def read_catalogue() -> Catalog:
    """Return the French catalogue, empty when there is none yet."""
    if not CATALOGUE.is_file():
        return Catalog(locale="fr")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr")


def key_of(message: Message) -> Key:
    """Return ``(context, msgid)``; the singular where the message has a plural."""
    return message.context, message.id[0] if message.pluralizable else message.id


def is_translated(message: Message) -> bool:
    """Tell whether every form has its French and a person has confirmed it."""
    forms = message.string if message.pluralizable else (message.string,)
    return bool(forms) and all(forms) and not message.fuzzy


def messages_in(catalogue: Catalog) -> list[Message]:
    """Return the messages in use, without the header."""
    return [message for message in catalogue if message.id]


def as_text(catalogue: Catalog) -> str:
    """Return the catalogue exactly as the file holds it."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=100, no_location=True, omit_header=True, sort_output=True)
    return HEADER + stream.getvalue().decode().strip("\n") + "\n"


def write_catalogue(catalogue: Catalog) -> None:
    """Write the catalogue; the folder is made if it is not there."""
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_text(as_text(catalogue), encoding="utf-8")


def updated(old: Catalog, found: Found) -> Catalog:
    """Return a catalogue of the found messages, with the French that the old one had.

    A message that left the code stays as obsolete, so that its French comes back with it.
    """
    before = {key_of(message): message for message in [*old.obsolete.values(), *messages_in(old)]}
    new = Catalog(locale="fr")
    for (context, msgid), plural in found.items():
        kept = before.get((context, msgid))
        same_shape = kept is not None and kept.pluralizable == bool(plural)
        new.add(
            (msgid, plural) if plural else msgid,
            kept.string if same_shape else None,
            flags={"fuzzy"} if kept is not None and kept.fuzzy else (),
            context=context,
        )
    for key, message in before.items():
        if key not in found and is_translated(message):
            new.obsolete[new._key_for(key[1], key[0])] = Message(
                message.id, message.string, context=message.context
            )
    return new


def extract() -> int:
    """Rewrite the catalogue from the code; print how much French is missing."""
    new = updated(read_catalogue(), wanted())
    write_catalogue(new)
    missing = sum(not is_translated(message) for message in messages_in(new))
    print(f"{len(messages_in(new))} messages, {missing} without French.")
    return 0


def merge(paths: list[Path]) -> int:
    """Fill the catalogue from JSON files; name the messages that the code does not have."""
    catalogue = updated(read_catalogue(), wanted())
    messages = {key_of(message): message for message in messages_in(catalogue)}
    unknown = 0
    for path in paths:
        for name, text in json.loads(path.read_text(encoding="utf-8")).items():
            context, mark, msgid = name.rpartition(CONTEXT_MARK)
            message = messages.get((context if mark else None, msgid))
            if message is None:
                unknown += 1
                print(f"{path.name}: not in the code: {msgid!r}", file=sys.stderr)
                continue
            forms = tuple(text) if isinstance(text, list) else (text, text)
            message.string = forms if message.pluralizable else text
            message.flags.discard("fuzzy")
    write_catalogue(catalogue)
    return 1 if unknown else 0


def problems() -> Iterator[str]:
    """Yield one sentence for each thing that keeps the French from being complete and well set."""
    catalogue = read_catalogue()
    found = wanted()
    present = {key_of(message) for message in messages_in(catalogue)}
    for context, msgid in sorted(found.keys() - present, key=str):
        yield f"not in the catalogue (run extract): {msgid!r}" + (f" [{context}]" if context else "")
    for context, msgid in sorted(present - found.keys(), key=str):
        yield f"no longer in the code (run extract): {msgid!r}" + (f" [{context}]" if context else "")
    written = CATALOGUE.read_text(encoding="utf-8") if CATALOGUE.is_file() else ""
    if found.keys() == present and as_text(updated(read_catalogue(), found)) != written:
        yield "the file is not as extract writes it (run extract)"
    for message in messages_in(catalogue):
        msgid = key_of(message)[1]
        if not is_translated(message):
            yield f"{'fuzzy' if message.fuzzy else 'no French'}: {msgid!r}"
            continue
        for text in message.string if message.pluralizable else (message.string,):
            yield from (f"{fault}: {text!r}" for fault in faults(text))
            yield from (f"{fault}: {msgid!r}" for fault in placeholder_faults(message, text))


def placeholder_faults(message: Message, text: str) -> Iterator[str]:
    """Yield a sentence when the French names a value that the English does not have, or lacks one."""
    english = message.id if message.pluralizable else (message.id,)
    allowed = set().union(*(PLACEHOLDER.findall(form) for form in english))
    used = set(PLACEHOLDER.findall(text))
    if used - allowed:
        yield f"unknown value {', '.join(sorted(used - allowed))}"
    if not message.pluralizable and allowed - used:
        yield f"missing value {', '.join(sorted(allowed - used))}"


def check() -> int:
    """Print every problem; return the exit status."""
    found = list(problems())
    for problem in found:
        print(f"locale/fr: {problem}", file=sys.stderr)
    return 1 if found else 0


def compile_catalogue() -> int:
    """Write the binary catalogue that Django reads."""
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, read_catalogue())
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
