"""Results that a broker hands back as a file: one line of totals under the names of the kit."""

from __future__ import annotations

import csv
import io

from django.utils.translation import gettext as _

from messaging.brokers.mailings import RESULTS, BrokerRefused

MOST_BYTES = 1024 * 1024
# What brokers call them, French and English.
ALSO = {
    "envoyes": "sent",
    "envoyés": "sent",
    "delivres": "delivered",
    "délivrés": "delivered",
    "remis": "delivered",
    "ouvertures": "opens",
    "clics": "clicks",
    "desinscriptions": "unsubscribes",
    "désinscriptions": "unsubscribes",
}


def read_results(content: bytes) -> dict[str, int | None]:
    """The totals of a CSV file, several lines added up; raises BrokerRefused."""
    if len(content) > MOST_BYTES:
        raise BrokerRefused(_("This file holds more than totals: ask the broker for one line."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    rows = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=separator)
    names = [_name(cell) for cell in next(rows, [])]
    if "sent" not in names:
        raise BrokerRefused(
            _("The first line must name the columns: %(names)s.") % {"names": ";".join(RESULTS)}
        )
    totals: dict[str, int | None] = dict.fromkeys(RESULTS)
    for row in rows:
        for name, cell in zip(names, row, strict=False):
            if name in totals and cell.strip():
                totals[name] = (totals[name] or 0) + _number(cell)
    return totals


def _name(cell: str) -> str:
    name = cell.strip().lower()
    return ALSO.get(name, name)


def _number(cell: str) -> int:
    digits = "".join(cell.split())
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 9:
        raise BrokerRefused(_("“%(cell)s” is not a whole number.") % {"cell": cell.strip()[:40]})
    return int(digits)
