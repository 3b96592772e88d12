"""What the composer asks the server while somebody writes: save, check, preview, find a reader."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.selectors import search_contacts
from messaging.content.errors import ContentError, Problem
from messaging.content.preview import Check
from messaging.errors import EditedMeanwhile, MessagingError
from messaging.services.campaigns import create_campaign
from messaging.services.previewing import EXAMPLE, DraftPreview, preview_draft
from messaging.views.documents import Document, find_document, read_content, said

# A message shows itself and nothing else: no script, no form, no request but for pictures.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
READERS_SHOWN = 8


class DraftView(StaffView, View):
    """One thing asked of a document that is being written; `kind` of the address says which."""

    in_territory = True

    def find(self) -> Document:
        """The document as it is now; raises Http404."""
        return find_document(self.kwargs["kind"], self.kwargs["pk"])

    def find_again(self) -> Document:
        """The document after somebody else saved it."""
        return self.find()


class SaveDraft(DraftView):
    """Take what the composer sends: {"revision": n, "content": {…}}.

    Answers 200 with the new revision, 409 with what somebody else saved meanwhile, 400 with what is wrong.
    """

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        document = self.find()
        try:
            sent = json.loads(request.body)
            revision = int(sent["revision"])
            document.save(sent["content"], revision=revision, by=request.user)
        except EditedMeanwhile:
            return self._conflict(self.find_again())
        except (MessagingError, ValidationError) as error:
            return JsonResponse({"message": said(error)}, status=400)
        except (ValueError, TypeError, KeyError, UnicodeDecodeError):
            return JsonResponse({"message": _("The message could not be read: reload the page.")}, status=400)
        return JsonResponse({"revision": document.revision, "name": document.name})

    def _conflict(self, theirs: Document) -> JsonResponse:
        message = _("Somebody else saved this text while you were writing. Nothing is lost: choose.")
        answer = {"message": message, "revision": theirs.revision, "content": theirs.content()}
        return JsonResponse(answer, status=409)


class CopyDraft(StaffView, View):
    """Keep what the composer holds as a mailing of its own: one way out of a conflict."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            values = read_content(json.loads(request.body)["content"])
            name = (_("Copy of %(name)s") % {"name": values.pop("name", _("Mailing"))})[:150]
            campaign = create_campaign(by=request.user, name=name, **values)
        except MessagingError as error:
            return JsonResponse({"message": said(error)}, status=400)
        except (ValueError, TypeError, KeyError, UnicodeDecodeError):
            return JsonResponse({"message": _("The message could not be read: reload the page.")}, status=400)
        return JsonResponse({"url": find_document("campaign", campaign.pk).url("compose")})


class CheckDraft(DraftView):
    """What is still wrong with a draft, and how a mailbox lists it."""

    right_required = Right.VIEW_CAMPAIGNS

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return JsonResponse(check_of(self.find(), reader=asked_reader(request)))


class PreviewDraft(DraftView):
    """The message as one reader gets it, for a frame without scripts."""

    right_required = Right.VIEW_CAMPAIGNS

    @method_decorator([xframe_options_sameorigin, never_cache])
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        document = self.find()
        try:
            shown = document.preview(asked_reader(request))
        except ContentError as error:
            shown_html = "".join(f"<p>{escape(problem)}</p>" for problem in error.problems)
            response = HttpResponse(shown_html, status=422)
        else:
            as_text = request.GET.get("part") == "text"
            kind_of = "text/plain; charset=utf-8" if as_text else "text/html; charset=utf-8"
            response = HttpResponse(shown.text if as_text else shown.html, content_type=kind_of)
        response["Content-Security-Policy"] = PREVIEW_POLICY
        response["Referrer-Policy"] = "no-referrer"
        return response


class FindReader(StaffView, View):
    """People whose message the author may look at."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True

    def get(self, request: HttpRequest) -> HttpResponse:
        found = search_contacts(request.GET.get("q", "")[:100], limit=READERS_SHOWN)
        people = [
            {
                "id": person.pk,
                "name": str(person),
                "about": " · ".join(filter(None, [str(person.commune or ""), person.get_gender_display()])),
            }
            for person in found
        ]
        return JsonResponse({"people": people})


def asked_reader(request: HttpRequest) -> str:
    """The reader named in the address; a person's data asks for the right to see people."""
    reader = request.GET.get("reader", EXAMPLE)
    if reader.isdecimal() and not request.user.has_right(Right.VIEW_PEOPLE):
        raise PermissionDenied
    return reader


def check_of(document: Document, *, reader: str = EXAMPLE) -> dict[str, Any]:
    """The answer of `CheckDraft`."""
    draft = document.draft()
    try:
        shown = preview_draft(draft, reader=reader)
    except ContentError as error:
        shown = DraftPreview("", "", "", "", error.problems, [], 0)
    return {
        "problems": [_problem(problem) for problem in shown.problems],
        "remarks": [_remark(check) for check in shown.checks],
        "hidden": shown.hidden,
        "inbox": {
            "sender": draft.sender.from_name if draft.sender else "",
            "subject": shown.subject,
            "preview_text": shown.preheader,
        },
    }


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "block": problem.block_id,
        "field": problem.field,
        "message": problem.message,
        "whole": problem.said,
    }


def _remark(check: Check) -> dict[str, str]:
    return {"level": check.level.value, "message": check.message, "block": check.block_id}
