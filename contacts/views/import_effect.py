"""What an import would do, or did, as tiles and shares: the same for the preview and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.merging.fields import FIELDS as LABELS
from contacts.models import Import

Text = str | Promise
# Fields that a file of people may fill, in the order of the record.
FIELDS: dict[str, Text] = {
    **{name: label for name, label in LABELS.items() if name != "relationship"},
    "birthplace_hash": gettext_lazy("Place of birth"),
    "custom": gettext_lazy("Extra fields"),
}
LARGEST_DEPARTED_SHARE = 0.2  # of the electors of some communes, between two of their rolls
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Tile:
    label: Text
    number: int
    note: Text = ""


@dataclass(frozen=True)
class Share:
    """One part of the rows of the file; `width` in per cent."""

    colour: str
    label: Text
    number: int
    width: float


_ROWS: tuple[tuple[str, str, Text], ...] = (
    ("new", "ok", gettext_lazy("New")),
    ("updated", "info", gettext_lazy("Updated")),
    ("unmatched", "rest", gettext_lazy("Not known here")),
    ("outside", "rest", gettext_lazy("Outside the territory")),
    ("unchanged", "rest", gettext_lazy("Unchanged")),
    ("duplicate", "warn", gettext_lazy("Twice in the file")),
    ("rejected", "bad", gettext_lazy("Rejected")),
)


def tiles(run: Import, counts: Counts) -> list[Tile]:
    """Figures of the file and of the base; those that do not apply are left out."""
    if "rows" not in counts:  # it ended partway
        return []
    if run.kind == Import.Kind.SUPPRESSION:
        return _opt_out_tiles(counts)
    if run.kind == Import.Kind.ENRICHMENT:
        return _enrichment_tiles(run, counts)
    is_roll = run.kind == Import.Kind.ROLL
    shown = [
        Tile(_("Rows in the file"), counts.get("rows", 0), _places(counts)),
        Tile(_("New electors") if is_roll else _("New people"), counts.get("new", 0)),
        Tile(_("Updated"), counts.get("updated", 0), _("they say something new")),
        Tile(_("Unchanged"), counts.get("unchanged", 0), _("known already")),
        Tile(_("Twice in the file"), counts.get("duplicate", 0), _("taken once")),
        Tile(_("Rejected"), counts.get("rejected", 0), _("with the reason for each")),
    ]
    if counts.get("pairs"):
        shown.append(Tile(_("Possible duplicates"), counts["pairs"], _pairs_mean(counts)))
    if counts.get("misspelt"):
        shown.append(Tile(_("E-mails that look misspelt"), counts["misspelt"], _("taken as they are")))
    if counts.get("outside"):
        shown.append(Tile(_("Outside the territory"), counts["outside"], _("left out, as you chose")))
    if counts.get("stopped"):
        note = _("unsubscribed, returned or complained: on the do-not-contact list")
        shown.append(Tile(_("Addresses stopped"), counts["stopped"], note))
    if counts.get("refused"):
        note = _("a no in the file counts, whatever they had said before")
        shown.append(Tile(_("People who refuse"), counts["refused"], note))
    if counts.get("left_out"):
        shown.append(Tile(_("Values left out"), counts["left_out"], _("the rest of their rows is taken")))
    if counts.get("without_agreement"):
        note = _("an empty cell or a no: no consent is recorded")
        shown.append(Tile(_("Without an agreement"), counts["without_agreement"], note))
    shown += _undated(counts)
    if is_roll and any(counts.get(name) for name in ("arrived", "departed", "moved")):
        shown += _roll_movements(counts)
    if "linked" in counts:
        shown.append(Tile(_("Linked"), counts["linked"], _("people who are electors")))
    if "to_review" in counts:
        shown.append(Tile(_("To check"), counts["to_review"], _("perhaps the same person")))
    return shown


def _pairs_mean(counts: Counts) -> str:
    if "pairs_of" in counts:
        return _("about: to review, merged by nobody but you")
    return _("to review, merged by nobody but you")


def _roll_movements(counts: Counts) -> list[Tile]:
    """What a newer roll of known communes says of their electors."""
    return [
        Tile(_("Arrived"), counts.get("arrived", 0), _("on a roll that is known")),
        Tile(_("Moved station"), counts.get("moved", 0)),
        Tile(_("No longer in it"), counts.get("departed", 0), _("of the same communes and lists")),
    ]


def departures_look_real(counts: Counts) -> bool:
    """True when those who are missing are few enough for the file to be a whole roll, not a part of one."""
    stayed = counts.get("updated", 0) + counts.get("unchanged", 0)
    departed = counts.get("departed", 0)
    return 0 < departed <= (stayed + departed) * LARGEST_DEPARTED_SHARE


def _enrichment_tiles(run: Import, counts: Counts) -> list[Tile]:
    matched, unmatched = counts.get("matched", 0), counts.get("unmatched", 0)
    asked = matched + unmatched
    rate = _("%(rate)s %% of the people of the file") % {"rate": round(100 * matched / asked) if asked else 0}
    points = sum(counts.get(f"points_{what}", 0) for what in ("emails", "phones", "addresses"))
    shown = [
        Tile(_("Rows in the file"), counts.get("rows", 0)),
        Tile(_("People recognised"), matched, rate),
        Tile(_("Not known here"), unmatched, _("nobody is created")),
        Tile(_("New e-mails"), counts.get("points_emails", 0)),
        Tile(_("New phones"), counts.get("points_phones", 0)),
        Tile(_("New addresses"), counts.get("points_addresses", 0)),
        Tile(_("Contact points gained"), points, _price_of_each(run, points)),
        Tile(_("Fields filled"), sum(number for _label, number in _fields_gained(counts)), _by_field(counts)),
        Tile(_("Conflicts"), counts.get("conflicts", 0), _("people of whom the file says something else")),
        Tile(_("Rejected"), counts.get("rejected", 0), _("with the reason for each")),
    ]
    if counts.get("outside"):
        shown.append(Tile(_("Outside the territory"), counts["outside"], _("left out, as you chose")))
    return shown + _undated(counts)


def _undated(counts: Counts) -> list[Tile]:
    """Agreements of which neither the file nor its source says the day."""
    if not counts.get("undated"):
        return []
    note = _("the day of the import stands in its place, marked as such")
    return [Tile(_("Agreements without a day"), counts["undated"], note)]


def _fields_gained(counts: Counts) -> list[tuple[Text, int]]:
    """Values of fields that were gained, by the name of the field, in the order of the record."""
    return [(label, counts[f"field_{name}"]) for name, label in FIELDS.items() if counts.get(f"field_{name}")]


def _by_field(counts: Counts) -> str:
    parts = [
        _("%(field)s: %(number)s") % {"field": label, "number": number_format(number)}
        for label, number in _fields_gained(counts)
    ]
    return " · ".join(parts)


def _price_of_each(run: Import, points: int) -> str:
    price = run.options.get("price")
    if not price or not points:
        return ""
    each = number_format(Decimal(price) / points, decimal_pos=2)
    return _("%(price)s € for each") % {"price": each}


def _opt_out_tiles(counts: Counts) -> list[Tile]:
    shown = [
        Tile(_("Rows in the file"), counts.get("rows", 0)),
        Tile(_("New on the list"), counts.get("new", 0), _("not to be written to from now on")),
        Tile(_("People stopped"), counts.get("stopped", 0), _("known here, who could be written to")),
        Tile(_("On the list already"), counts.get("unchanged", 0)),
        Tile(_("Twice in the file"), counts.get("duplicate", 0), _("taken once")),
        Tile(_("Rejected"), counts.get("rejected", 0), _("with the reason for each")),
    ]
    if counts.get("updated"):
        shown.append(Tile(_("Graver than before"), counts["updated"], _("a return became an objection")))
    if counts.get("waiting"):
        note = _("hashes, compared with every address that comes in")
        shown.append(Tile(_("Waiting for their address"), counts["waiting"], note))
    return shown


def _places(counts: Counts) -> str:
    communes, stations = counts.get("communes", 0), counts.get("stations", 0)
    if not communes:
        return ""
    return _("communes: %(communes)s, polling stations: %(stations)s") % {
        "communes": communes,
        "stations": stations,
    }


def shares(counts: Counts) -> list[Share]:
    """The rows of the file by what becomes of them; parts without a row are left out."""
    rows = counts.get("rows", 0)
    return [
        Share(colour, label, counts[key], round(100 * counts[key] / rows, 2))
        for key, colour, label in _ROWS
        if rows and counts.get(key)
    ]


def written(counts: Counts) -> int:
    """Rows that the import writes something of."""
    return counts.get("new", 0) + counts.get("updated", 0)


def writes_anything(counts: Counts) -> bool:
    """True when the import does something, be it on people or electors who are in no row that it writes."""
    return any(counts.get(name) for name in ("new", "updated", "departed", "stopped_anew"))
