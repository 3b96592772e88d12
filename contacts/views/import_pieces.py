"""A file sent in pieces: begin, add, ask how far it is, end. Answers go to `static/contacts/upload.js`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.imports import uploads
from contacts.imports.errors import ImportProblem
from contacts.imports.uploads import NoUpload, StillRead, Upload, WrongOffset
from contacts.views.import_file import take_in

NAME_LIMIT, MARK_LIMIT = 255, 100


class PiecesView(StaffView, View):
    """Base: a problem is an answer with its words, which the page shows."""

    right_required = Right.IMPORT_PEOPLE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except WrongOffset as wrong:
            return JsonResponse({"received": wrong.received}, status=409)
        except NoUpload as gone:
            return JsonResponse({"problem": str(gone)}, status=404)
        except StillRead as busy:
            return JsonResponse({"problem": str(busy)}, status=503)
        except ImportProblem as refused:
            return JsonResponse({"problem": str(refused)}, status=422)

    def upload(self) -> Upload:
        return uploads.find(self.kwargs["upload"], by_id=self.request.user.pk)


class BeginUpload(PiecesView):
    """Say which file is to come; the answer says where to send it, and how much of it has arrived."""

    def post(self, request: HttpRequest) -> HttpResponse:
        size = request.POST.get("size", "")
        upload = uploads.begin(
            name=request.POST.get("name", "")[:NAME_LIMIT],
            size=int(size) if size.isascii() and size.isdecimal() else 0,
            mark=request.POST.get("mark", "")[:MARK_LIMIT],
            by_id=request.user.pk,
        )
        return JsonResponse(
            {
                "url": reverse("contacts:upload", args=[upload.id]),
                "end": reverse("contacts:upload_end", args=[upload.id]),
                "received": upload.received,
                "piece": uploads.PIECE_BYTES,
            }
        )


class UploadPieces(PiecesView):
    """How far a file is, and its next piece."""

    def get(self, request: HttpRequest, upload: str) -> HttpResponse:
        return JsonResponse({"received": self.upload().received})

    def put(self, request: HttpRequest, upload: str) -> HttpResponse:
        offset = request.GET.get("offset", "")
        received = uploads.append(
            self.upload(),
            offset=int(offset) if offset.isascii() and offset.isdecimal() else -1,
            piece=request.body,
            sha256=request.headers.get("X-Piece-SHA256", ""),
        )
        return JsonResponse({"received": received})


class EndUpload(PiecesView):
    """Read the whole file. Asked again after a lost answer, it says what came of it."""

    def post(self, request: HttpRequest, upload: str) -> HttpResponse:
        found = self.upload()
        import_id = found.import_id or self._read(found)
        return JsonResponse({"location": reverse("contacts:import_file", args=[import_id])})

    def _read(self, found: Upload) -> int:
        path = uploads.take(found)
        try:
            run = take_in(path, found.name, by=self.request.user)
        except Exception:
            uploads.forget(found)
            raise
        uploads.note_import(found, run.pk)
        return int(run.pk)


class DiscardUpload(PiecesView):
    """Forget what has arrived of a file; a plain form."""

    def post(self, request: HttpRequest, upload: str) -> HttpResponse:
        uploads.forget(self.upload())
        messages.success(request, _("What had arrived of this file is removed."))
        return redirect("contacts:import_new")
