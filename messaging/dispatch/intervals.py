"""How sure a share is."""

from __future__ import annotations

from math import sqrt

CONFIDENT = 1.96  # normal quantile of a 95 % interval


def wilson_lower(hits: int, total: int) -> float:
    """Lower bound of the 95 % Wilson score interval of `hits` of `total`, from 0 to 1 (Wilson, 1927)."""
    if total <= 0:
        return 0.0
    share, z2 = hits / total, CONFIDENT**2
    middle = share + z2 / (2 * total)
    half = CONFIDENT * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return max(0.0, (middle - half) / (1 + z2 / total))
