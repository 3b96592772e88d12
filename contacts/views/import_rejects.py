"""The rows that were refused, as a file with the reasons beside: to correct, and to import again."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import PurePath
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.asking_again import ask_again, is_fresh
from campaign_crm.platform.rights import Right
from campaign_crm.platform.spreadsheets import neutralised
from campaign_crm.platform.staff import refusal
from contacts.imports.reasons import sentence
from contacts.imports.rejects import REJECT_COLUMNS
from contacts.models import Import, ImportReject
from contacts.views.import_steps import ImportView

ROWS_AT_A_TIME = 1_000
CONTENT_TYPE = "text/csv; charset=utf-8"


class RejectedRows(ImportView):
    """Written whole before it is sent: the database role of a request ends before a stream begins."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if self.run.created_by_id != request.user.pk and not request.user.has_right(Right.EXPORT_PEOPLE):
            return refusal(request, Right.EXPORT_PEOPLE) or self.http_method_not_allowed(request)
        if not is_fresh(request):  # one's own file too: it is people's data that leaves
            return ask_again(request)
        audit.record(
            action="import.download_rejects",
            on=self.run,
            by=request.user,
            detail={"rows": self.run.counts.get("rejected", 0)},
        )
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")  # Excel reads UTF-8 by its mark
        write_rejects(self.run, text)
        text.detach()
        file.seek(0)
        name = f"{PurePath(self.run.file_name).stem} – {_('rejected rows')}.csv"
        return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def write_rejects(run: Import, file: IO[str]) -> None:
    """Write the columns and rows as they came, then the line in the first file and every reason."""
    header: list[str] = run.layout.get("header", [])
    writer = csv.writer(file, delimiter=";")
    writer.writerow([*map(neutralised, header), *map(str, REJECT_COLUMNS)])
    rejects = ImportReject.objects.filter(import_run=run).order_by("line")
    for reject in rejects.iterator(chunk_size=ROWS_AT_A_TIME):
        values = [neutralised(value) for value in reject.values]
        values += [""] * (len(header) - len(values))
        reasons = "; ".join(sentence(kept) for kept in reject.reasons)
        writer.writerow([*values, reject.line, neutralised(reasons)])
