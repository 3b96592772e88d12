"""What an import makes of a labelled file: hardly a wrong merge, hardly a person missed, a readable queue.

The rates of faults and the seed stand in `contacts.invented.corruption`; the benchmark `match` measures the
same on a million people.
"""

from itertools import chain

import pytest

from contacts.invented.lookalikes import lookalikes
from contacts.invented.pairs import base, rows, write_file
from contacts.models import Source
from tests.support.labelled import import_labelled, load_base, measure
from tests.support.small_reference import load_small_reference

pytestmark = pytest.mark.django_db

OISE = ("60",)
BASE_SIZE, FILE_SIZE = 6_000, 4_000


def test_matching_is_as_good_as_promised(tmp_path) -> None:
    load_small_reference(tmp_path)
    source = Source.objects.create(
        name="Book", kind="address_book", lawful_basis="consent", channels=["email", "sms"]
    )
    known = load_base(base(BASE_SIZE, departments=OISE), source)
    path = tmp_path / "book.csv"
    ordinary = rows(FILE_SIZE, base_size=BASE_SIZE, departments=OISE)
    others = lookalikes(FILE_SIZE, base_size=BASE_SIZE, departments=OISE)
    labelled = write_file(path, chain(ordinary, others))
    quality = measure(labelled, import_labelled(path, source), known)
    told = quality.as_dict()
    assert quality.merges > FILE_SIZE / 4, told
    assert quality.precision >= 0.999, told
    assert quality.recall >= 0.95, told
    assert quality.queued_a_true_pair <= 3, told
    # One row in sixteen is of the sets made to look like somebody: they wait, for nothing tells them apart.
    assert told["queue_that_is_right"] >= 0.65, told
    for name, counts in quality.hard.items():
        assert counts["rows"] > FILE_SIZE / 200, (name, told)
        assert counts["merged"] == 0, (name, told)
    for name in ("twins", "couples"):
        assert quality.hard[name]["queued"] <= quality.hard[name]["rows"] / 10, (name, told)
