"""What tests of file formats share: a place for uploads, and a look at a file through the child process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contacts.imports.formats.opening import open_file
from contacts.imports.sketch import Sketch


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> Path:
    """The folder of kept files, empty."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media" / "imports"


@pytest.fixture
def looked_at() -> Callable[[Path], tuple[list[str], list[list[str]]]]:
    """Header and first rows of a file of any form."""

    def look(path: Path, **options: str) -> tuple[list[str], list[list[str]]]:
        sketch: Sketch = open_file(path, **options)
        return sketch.layout.header, sketch.rows

    return look
