"""A file read in stretches by several lanes gives what it gives read at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.imports.rolls import load, stretches
from contacts.invented.rolls import write_roll
from contacts.models import ElectoralRegistration, ImportReject
from tests.support.imports import counted, import_file

written = st.lists(st.sampled_from([b"a", b";", b"\n", b"\r\n", b'"']), max_size=40).map(b"".join)


@pytest.fixture
def cut_small(monkeypatch) -> None:
    """Cut in two whatever is longer than a few bytes, as a long file is on two processors."""
    monkeypatch.setattr(stretches, "WORTH_CUTTING", 10)
    monkeypatch.setattr(load, "lanes_here", lambda: 2)


@given(content=written, most=st.integers(1, 4))
def test_stretches_hold_every_line_once(content: bytes, most: int, tmp_path_factory) -> None:
    path: Path = tmp_path_factory.mktemp("cut") / "file"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "WORTH_CUTTING", 4)
        found = stretches.cut(path, most=most)
    assert b"".join(content[one.first_byte : one.last_byte] for one in found) == content
    for one in found:
        before, inside = content[: one.first_byte], content[one.first_byte : one.last_byte]
        assert before == b"" or before.endswith(b"\n")
        assert (one.first_line, one.lines) == (before.count(b"\n") + 1, len(inside.splitlines()))


@pytest.mark.django_db
@pytest.mark.usefixtures("cut_small", "places")
def test_a_roll_cut_in_two_comes_in_whole_with_the_lines_of_the_file(tmp_path, roll_source) -> None:
    path = tmp_path / "roll.csv"
    write_roll(path, rows=2_000, seed=3, departments=["60"])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[1_799] = lines[1_799].replace(lines[1_799].split(";")[3], '""', 1)
    path.write_text("".join(lines), encoding="utf-8")
    run = import_file(path, kind="roll", source=roll_source)
    assert run.counts["rejected"] == 1
    assert run.counts["new"] + run.counts["duplicate"] == 1_999
    assert ElectoralRegistration.objects.count() == run.counts["new"]
    assert ImportReject.objects.get().line == 1_800


@pytest.mark.django_db
@pytest.mark.usefixtures("cut_small", "places")
def test_a_cut_inside_quotes_is_seen_and_nothing_is_lost(elector, roll_file, roll_source) -> None:
    broken = "\n".join(["Bâtiment B"] * 200)  # the middle of the file is a line break inside these quotes
    path = roll_file([elector(), elector(prénoms="Jean", complément_1=broken), elector(prénoms="Anne")])
    run = import_file(path, kind="roll", source=roll_source)
    assert counted(run, "rows", "new", "rejected") == {"rows": 3, "new": 3, "rejected": 0}


@pytest.mark.parametrize(
    "tail",
    [
        b"x" * (stretches.LINE_LIMIT + 2 * stretches.BLOCK),
        b'1;"x\n' + b"2;y\n" * stretches.BLOCK,
        b'"xab\n";' + b'"ab\n";' * stretches.BLOCK,
    ],
    ids=["line", "value in quotes", "row of closed quotes"],
)
def test_what_has_no_end_is_told_before_postgresql_holds_it(tmp_path, tail) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a;b\n" + tail)
    with pytest.raises(stretches.Endless):
        stretches.cut(path, most=1)


def test_long_values_in_quotes_are_no_sign_of_harm(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'"a";"b"\n' * stretches.BLOCK)
    assert stretches.cut(path, most=2)[-1].lines > 0
