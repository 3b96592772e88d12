"""A file of donations: read, shown as it would be kept, then kept. Between the two it waits, sealed."""

from __future__ import annotations

import csv
import io
import secrets
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import SealBroken, seal, unseal
from campaign_crm.platform.models import User
from campaign_crm.platform.spreadsheets import plain
from contacts.folding import fold
from tracking.donations.money import cents_of
from tracking.donations.service import DonationRefused, Gift, fault_of, people_at, record_donations
from tracking.models import Donation

LARGEST = 5 * 1024 * 1024  # bytes
MOST_ROWS = 20_000
KEPT_SECONDS = 3600
COLUMNS: dict[str, tuple[str, ...]] = {
    "receipt": (
        "recu",
        "numero de recu",
        "no recu",
        "n de recu",
        "n recu",
        "receipt",
        "receipt number",
        "reference du recu",
    ),
    "amount": ("montant", "amount", "somme", "montant eur", "montant en euros"),
    "given_on": ("date", "date du don", "jour", "given on", "date of donation"),
    "method": ("moyen", "moyen de paiement", "mode", "mode de paiement", "mode de reglement", "method"),
    "address": ("email", "e mail", "mail", "courriel", "adresse e mail", "adresse mail"),
    "name": ("nom", "nom complet", "donateur", "name", "full name"),
    "first_name": ("prenom", "first name"),
    "reference": ("reference", "campagne", "utm campaign", "campaign", "envoi"),
}
NEEDED = ("receipt", "amount", "given_on")
METHODS: dict[str, tuple[str, ...]] = {
    "card": ("carte", "cb", "carte bancaire", "card", "stripe", "paypal"),
    "transfer": ("virement", "transfer", "vir", "bank transfer"),
    "cheque": ("cheque", "check", "chq"),
    "cash": ("especes", "liquide", "cash", "esp"),
    "debit": ("prelevement", "direct debit", "debit", "sepa"),
}
_DATES = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y")


@dataclass
class Row:
    """One line of a file. `fault`: why it is not kept; `known`: its giver is somebody of the base."""

    line: int
    gift: Gift | None
    fault: str = ""
    known: bool = False


@dataclass
class Preview:
    """What would be kept."""

    rows: list[Row] = field(default_factory=list)

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.fault]

    @property
    def bad(self) -> list[Row]:
        return [row for row in self.rows if row.fault]

    @property
    def amount(self) -> int:
        return sum(row.gift.amount for row in self.good if row.gift is not None)

    @property
    def unknown(self) -> int:
        return sum(not row.known for row in self.good)


def read_file(raw: bytes) -> Preview:
    """Read a CSV file; raises DonationRefused when it cannot be one of donations."""
    if len(raw) > LARGEST:
        raise DonationRefused(_("The file is too large: 5 MB at most."))
    lines = list(csv.reader(io.StringIO(_text(raw)), delimiter=_delimiter(raw)))
    places = _places(lines[0] if lines else [])
    if missing := [name for name in NEEDED if name not in places]:
        wanted = ", ".join(COLUMNS[name][0] for name in missing)
        raise DonationRefused(_("Columns that the file lacks: %(names)s.") % {"names": wanted})
    if len(lines) > MOST_ROWS + 1:
        raise DonationRefused(_("The file has too many lines: %(most)d at most.") % {"most": MOST_ROWS})
    rows = [
        _row(number, [plain(cell.strip()) for cell in cells], places)
        for number, cells in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]
    _say_duplicates(rows)
    people = people_at(row.gift.address for row in rows if row.gift is not None)
    for row in rows:
        row.known = row.gift is not None and row.gift.address.strip().lower() in people
    return Preview(rows)


def put_aside(preview: Preview, *, user: User) -> str:
    """Keep what was read until it is confirmed; returns its key."""
    key = secrets.token_urlsafe(16)
    gifts = [
        asdict(row.gift) | {"given_on": row.gift.given_on.isoformat()} for row in preview.good if row.gift
    ]
    cache.set(_name(key, user), seal({"gifts": gifts}), timeout=KEPT_SECONDS)
    return key


def keep_aside(key: str, *, by: User) -> list[Donation]:
    """Keep what was put aside; raises DonationRefused when it is there no more."""
    sealed = cache.get(_name(key, by))
    try:
        held: list[dict[str, Any]] = unseal(sealed)["gifts"] if sealed else []
    except SealBroken:
        held = []
    if not held:
        raise DonationRefused(_("The file is not here any more: choose it again."))
    gifts = [Gift(**(one | {"given_on": date.fromisoformat(one["given_on"])})) for one in held]
    made = record_donations(gifts=gifts, came_by=Donation.CameBy.FILE, by=by)
    cache.delete(_name(key, by))
    return made


def method_of(text: str) -> str:
    """The way of paying that a text means; another one where it says nothing known."""
    said = fold(text)
    if said in Donation.Method.values:
        return said
    return next((key for key, words in METHODS.items() if said in words), Donation.Method.OTHER.value)


def day_of(text: str) -> date | None:
    for form in _DATES:
        try:
            return datetime.strptime(text.strip()[:10], form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _row(number: int, cells: list[str], places: dict[str, int]) -> Row:
    def cell(name: str) -> str:
        place = places.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    amount, given_on = cents_of(cell("amount")), day_of(cell("given_on"))
    if amount is None:
        return Row(number, None, _("The amount “%(text)s” is not one.") % {"text": cell("amount")[:40]})
    if given_on is None:
        return Row(number, None, _("The day “%(text)s” is not one.") % {"text": cell("given_on")[:40]})
    gift = Gift(
        receipt=cell("receipt"),
        amount=amount,
        given_on=given_on,
        method=method_of(cell("method")),
        address=cell("address")[:254],
        name=f"{cell('first_name')} {cell('name')}".strip()[:200],
        reference=cell("reference")[:80],
    )
    return Row(number, gift, fault_of(gift))


def _say_duplicates(rows: list[Row]) -> None:
    receipts = [row.gift.receipt for row in rows if row.gift is not None]
    known = set(Donation.objects.filter(receipt__in=receipts).values_list("receipt", flat=True))
    seen: set[str] = set()
    for row in rows:
        if row.gift is None or row.fault:
            continue
        if row.gift.receipt in known:
            row.fault = _("A donation with this receipt number is known already.")
        elif row.gift.receipt in seen:
            row.fault = _("This receipt number stands in the file twice.")
        seen.add(row.gift.receipt)


def _places(header: list[str]) -> dict[str, int]:
    folded = [fold(cell) for cell in header]
    found: dict[str, int] = {}
    for name, words in COLUMNS.items():
        place = next(
            (at for at, cell in enumerate(folded) if cell in words and at not in found.values()), None
        )
        if place is not None:
            found[name] = place
    return found


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _delimiter(raw: bytes) -> str:
    first = _text(raw[:4000]).partition("\n")[0]
    return max(";\t,", key=first.count)


def _name(key: str, user: User) -> str:
    return f"donations:{user.pk}:{key[:64]}"
