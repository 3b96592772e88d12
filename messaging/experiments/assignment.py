"""Who gets which version of a test: drawn once, at the freeze, and the same again if the freeze is repeated.

Recipients are put in an order that nobody can foresee and nobody's data decides: by a hash of their address'
own hash under a key of this mailing. The first `sample_percent` of them are dealt to the versions in turn, so
that no version has two recipients more than another; the others wait for the result.
"""

from __future__ import annotations

from campaign_crm.platform.crypto import keyed_hash
from messaging.experiments.figures import numbers_of
from messaging.models import Campaign, Experiment
from messaging.models.experiment import UNDECIDED

# Read from the rows of the freeze, one a recipient (`chosen`). At least one recipient a version.
_DRAWN = """CASE
    WHEN row_number() OVER drawn <= greatest(ceil(count(*) OVER () * {percent} / 100.0), {versions})
    THEN (ARRAY[{numbers}])[1 + (row_number() OVER drawn - 1) % {versions}]
    ELSE {undecided} END"""
_ORDER = "WINDOW drawn AS (ORDER BY sha256(address_hash || '\\x{key}'::bytea))"


def version_of_recipient(campaign: Campaign) -> tuple[str, str]:
    """SQL of the version that a recipient gets, and of the window that it is read through.

    Without a test: their territory's (`own_variant`).
    """
    test = Experiment.objects.filter(campaign=campaign).first()
    if test is None:
        return "own_variant", ""
    numbers = numbers_of(campaign)
    drawn = _DRAWN.format(
        percent=int(test.sample_percent),
        versions=len(numbers),
        numbers=", ".join(map(str, numbers)),
        undecided=UNDECIDED,
    )
    return drawn.replace("%", "%%"), _ORDER.format(key=keyed_hash("experiment", str(campaign.pk)).hex())
