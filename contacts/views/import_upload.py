"""Taking in a large file: streamed to disk, never above the limit, and only for those who may import."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from contacts.imports.errors import UnreadableFile


class AtMost(FileUploadHandler):
    """Stops an upload at `UPLOAD_MAX_BYTES`; what was written by then is removed by the handler after it."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.received = 0

    @property
    def is_exceeded(self) -> bool:
        return self.received > settings.UPLOAD_MAX_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.is_exceeded:
            raise StopUpload(connection_reset=False)  # a reset would hide the answer from the browser
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def stream_to_disk(request: HttpRequest) -> AtMost:
    """Set how the file of this request is received; must come before anything reads `request.POST`."""
    limit = AtMost(request)
    request.upload_handlers = [limit, TemporaryFileUploadHandler(request)]
    return limit


def uploaded_file(request: HttpRequest, limit: AtMost) -> UploadedFile:
    """The file that was sent; raises UnreadableFile when there is none or it is too big."""
    if limit.is_exceeded:
        raise UnreadableFile(
            _("The file is larger than %(limit)s. Cut it into several files, or raise UPLOAD_MAX_MEGABYTES.")
            % {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        )
    found = request.FILES.get("file")
    if found is None:
        raise UnreadableFile(_("Choose a file first."))
    return found
