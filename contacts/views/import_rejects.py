"""The rows that were refused, as a file with the reasons beside: to correct, and to import again."""

from __future__ import annotations

import tempfile
from pathlib import PurePath

from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from contacts.imports.rejects import rejected_csv
from contacts.views.import_steps import ImportView

CONTENT_TYPE = "text/csv; charset=utf-8"


class RejectedRows(ImportView):
    """Written whole before it is sent: the database role of a request ends before a stream begins."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> FileResponse:
        audit.record(
            action="import.download_rejects",
            on=self.run,
            by=request.user,
            detail={"rows": self.run.counts.get("rejected", 0)},
        )
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        file.writelines(line.encode() for line in rejected_csv(self.run))
        file.seek(0)
        name = f"{PurePath(self.run.file_name).stem} – {_('rejected rows')}.csv"
        return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)
