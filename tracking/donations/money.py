"""Euros as people write and read them; cents everywhere else."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.utils.formats import number_format

_LEFT_OUT = re.compile(r"[\s\u00a0\u202f€]|eur(?:os?)?", re.IGNORECASE)


def euros(cents: int) -> str:
    """ "1 234,50 €" in French, "1,234.50 €" in English; no cents where there are none."""
    whole = cents % 100 == 0
    number = number_format(Decimal(cents) / 100, decimal_pos=0 if whole else 2, force_grouping=True)
    return f"{number}\u00a0€"


def cents_of(text: str) -> int | None:
    """The cents that an amount means, written with a comma or a point; None for anything else."""
    plain = _LEFT_OUT.sub("", text)
    if "," in plain and "." in plain:  # the last of them divides euros from cents
        thousands = "," if plain.rfind(".") > plain.rfind(",") else "."
        plain = plain.replace(thousands, "")
    try:
        amount = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None
    cents = amount * 100
    return int(cents) if amount.is_finite() and cents == cents.to_integral_value() else None
