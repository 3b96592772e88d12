"""The folder of the server: what lies in it, and nothing else."""

import pytest

from contacts.imports import server_folder
from contacts.imports.errors import ImportProblem


@pytest.fixture
def top(tmp_path, settings):
    folder = tmp_path / "drop"
    (folder / "60").mkdir(parents=True)
    (folder / "60" / "roll.csv").write_text("a;b\n")
    (folder / "book.csv").write_text("a;b\n")
    (folder / ".hidden").write_text("x")
    (tmp_path / "secret.csv").write_text("x")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "away").symlink_to(tmp_path)
    settings.IMPORT_FOLDER = str(folder)
    return folder


def test_folders_come_first_and_links_are_not_shown(top) -> None:
    found = server_folder.listing("")
    assert [(entry.path, entry.is_folder) for entry in found.entries] == [("60", True), ("book.csv", False)]
    inner = server_folder.listing("60")
    assert [(entry.path, entry.size) for entry in inner.entries] == [("60/roll.csv", 4)]
    assert inner.ways == [("60", "60")]


def test_a_file_or_a_folder_is_chosen_by_its_name(top) -> None:
    assert server_folder.chosen("60/roll.csv") == top / "60" / "roll.csv"
    assert server_folder.chosen("60") == top / "60"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "60/../../secret.csv",
        "/etc/passwd",
        "link.csv",
        "away/secret.csv",
        ".hidden",
        "60/\0",
    ],
)
def test_nothing_outside_is_reached(top, path) -> None:
    with pytest.raises(ImportProblem, match="leads out"):
        server_folder.chosen(path)


def test_what_is_gone_is_said(top, settings) -> None:
    with pytest.raises(ImportProblem, match="no longer in the folder"):
        server_folder.chosen("60/other.csv")
    with pytest.raises(ImportProblem, match="is not a folder"):
        server_folder.listing("book.csv")
    settings.IMPORT_FOLDER = str(top / "nowhere")
    with pytest.raises(ImportProblem, match="is not there"):
        server_folder.listing("")


def test_a_very_full_folder_is_cut(top, monkeypatch) -> None:
    monkeypatch.setattr(server_folder, "SHOWN", 1)
    found = server_folder.listing("")
    assert (len(found.entries), found.is_cut) == (1, True)
