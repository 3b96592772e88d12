"""A worker of the import fault tests: Celery as in production, ticked by its own beat, with small pieces.

`python -m tests.support.import_worker ROLL_ROWS PEOPLE_LINES BEAT_FILE`: the sizes of the pieces that a roll
and a file of people are written in.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

import django

django.setup()

from campaign_crm.celery import app  # noqa: E402
from contacts.imports.people import engine as people_engine  # noqa: E402
from contacts.imports.rolls import engine as roll_engine  # noqa: E402


def main(roll_rows: int, people_lines: int, beat_file: str) -> None:
    roll_engine.ROWS_A_CHUNK, people_engine.LINES_A_CHUNK = roll_rows, people_lines
    arguments = ["--quiet", "worker", "--beat", "--schedule", beat_file, "--loglevel", "WARNING"]
    app.start([*arguments, "--concurrency", "2", "--without-gossip", "--without-mingle", "--pidfile", ""])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
