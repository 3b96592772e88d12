"""A file sent in pieces: begin, add, ask how far it is, end. Answers go to `static/contacts/upload.js`.

A problem that may pass is marked `kept`: the page offers to go on from what has arrived.
"""

from __future__ import annotations

from pathlib import Path
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
from contacts.imports.arrived import become_import, begun_import
from contacts.imports.errors import DiskFull, ImportProblem, NotNow
from contacts.imports.service import start_import
from contacts.imports.uploads import NoUpload, StillRead, Upload, WrongOffset
from contacts.models import Import
from contacts.views.import_file import with_its_kind

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
        except StillRead:
            return JsonResponse({"reading": True}, status=202)
        except DiskFull as full:
            return JsonResponse({"problem": str(full), "kept": True}, status=507)
        except NotNow as later:
            return JsonResponse({"problem": str(later), "kept": True}, status=422)
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
        import_id = _read(self.upload(), by=request.user)
        return JsonResponse({"location": reverse("contacts:import_file", args=[import_id])})


class _Plain(StaffView, View):
    """An act on an upload by a plain form; a problem is a message on the page of new imports."""

    right_required = Right.IMPORT_PEOPLE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, upload: str) -> HttpResponse:
        try:
            return self.act(uploads.find(upload, by_id=request.user.pk))
        except WrongOffset:
            messages.error(request, _("Something of this file is missing. Choose it again."))
        except ImportProblem as problem:
            messages.error(request, str(problem))
        return redirect("contacts:import_new")

    def act(self, found: Upload) -> HttpResponse:
        raise NotImplementedError


class ReadUpload(_Plain):
    """Read a file that has arrived whole, without choosing it again."""

    def act(self, found: Upload) -> HttpResponse:
        return redirect("contacts:import_file", pk=_read(found, by=self.request.user))


class DiscardUpload(_Plain):
    """Forget what has arrived of a file."""

    def act(self, found: Upload) -> HttpResponse:
        uploads.forget(found)
        messages.success(self.request, _("What had arrived of this file is removed."))
        return redirect("contacts:import_new")


def _read(found: Upload, *, by: Any) -> int:
    """Have a whole file become an import and return its id; raises ImportProblem."""

    def start(path: Path) -> Import:
        run = begun_import(path) or start_import(file=path, file_name=found.name, by=by)
        return with_its_kind(run, by=by)

    return become_import(found, start=start)
