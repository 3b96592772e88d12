"""What reading a file had to guess or to mend, in words for its pages."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.imports.by_kind import tells_memberships
from contacts.imports.encodings import CHOICES
from contacts.imports.fields import MEMBERSHIP_FIELDS, label_of
from contacts.imports.rolls.said import Said
from contacts.imports.sketch import Layout
from contacts.models import Import

# Fields of a file that give the columns of an elector, where these are called otherwise.
_FIELD_OF = {"polling_station_id": "station_code"}
_NO_LOSS = frozenset({"country", "complement", "locality"})  # most rolls have none; nobody misses them


def doubted_words(layout: Layout) -> str:
    """Why the encoding of a file should be looked at; "" without a doubt."""
    doubted = layout.doubted
    if not doubted:
        return ""
    name = CHOICES.get(doubted, doubted)
    if doubted == layout.encoding:
        return _("The encoding was guessed: %(name)s. Look at the accents.") % {"name": name}
    return _("The accents look better in %(name)s.") % {"name": name}


def mended_words(run: Import) -> list[str]:
    """What was made of rows that are not as the rest of the file."""
    found = run.preview
    words = []
    if padded := found.get("padded"):
        text = ngettext(
            "%(n)s row had fewer cells than the header: those missing at its end were taken as empty.",
            "%(n)s rows had fewer cells than the header: those missing at their end were taken as empty.",
            padded,
        )
        words.append(_with_line(text % _number(padded), found.get("padded_line")))
    if unsure := found.get("unsure"):
        text = ngettext(
            "%(n)s row has letters in another encoding than the rest of the file: it is among the rejected "
            "ones, to be checked.",
            "%(n)s rows have letters in another encoding than the rest of the file: they are among the "
            "rejected ones, to be checked.",
            unsure,
        )
        words.append(_with_line(text % _number(unsure), found.get("unsure_line")))
    return [*words, *_state_words(run), *_untold_memberships(run), *_unsaid_words(run)]


def _state_words(run: Import) -> list[str]:
    """What the name of a file says of everybody in it."""
    state = run.options.get("list_state", "")
    if run.kind in (Import.Kind.ROLL, Import.Kind.SUPPRESSION) or state in ("", "subscribed"):
        return []
    text = _("By its name, the file holds only people who are “%(state)s”: none of them counts as agreeing.")
    return [text % {"state": state}]


def _untold_memberships(run: Import) -> list[str]:
    """Days of joining in a file of people that takes none."""
    if MEMBERSHIP_FIELDS.isdisjoint(run.mapping.values()) or tells_memberships(run):
        return []
    return [_("When people joined or left is not taken from a file that was bought, rented or only adds.")]


def _unsaid_words(run: Import) -> list[str]:
    """What a newer roll has no column for."""
    is_newer = run.preview.get("updated", 0) + run.preview.get("unchanged", 0) > 0
    if run.kind != Import.Kind.ROLL or run.state != Import.State.PREVIEWED or not is_newer:
        return []
    told = [_FIELD_OF.get(column, column) for column in Said(run.mapping.values()).left_out]
    names = [str(label_of(field, is_roll=True)) for field in told if field not in _NO_LOSS]
    if not names:
        return []
    text = _("The file has no column for this, which stays as it is known: %(names)s.")
    return [text % {"names": ", ".join(names)}]


def _number(number: int) -> dict[str, str]:
    return {"n": number_format(number, force_grouping=True)}


def _with_line(text: str, line: int | None) -> str:
    return _("%(text)s The first is on line %(line)s.") % {"text": text, "line": line} if line else text
