"""The builder of forms: blocks on one side, the page as people see it on the other."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.models import CustomField, Tag
from messaging.content.errors import ContentError, Problem
from messaging.errors import EditedMeanwhile
from tracking.errors import TrackingError
from tracking.forms.block_types import BLOCK_TYPES, BlockType, FieldKind, FieldSpec
from tracking.forms.builder_words import builder_words, text_fields
from tracking.forms.checking import faults_of, remarks_of
from tracking.forms.content import read_content, stored
from tracking.forms.public import PublicForm
from tracking.models import Form
from tracking.services.forms import publish_form, save_draft
from tracking.views.sign_up import page_context

# The page shows itself: no script, nothing is sent.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
TAGS_OFFERED = 300


class OfForm(StaffView):
    """A page about one form, `pk` of the address."""

    right_required = Right.EDIT_FORMS

    @property
    def form_shown(self) -> Form:
        if not hasattr(self, "_found"):
            forms = Form.objects.select_related("published", "source", "tag")
            self._found: Form = get_object_or_404(forms, pk=self.kwargs["pk"])
        return self._found

    def get_title(self) -> str:
        return self.form_shown.title

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Forms"), reverse("tracking:forms"))]


class FormBuilder(OfForm, TemplateView):
    template_name = "tracking/forms/builder.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        form = self.form_shown
        return [*super().get_breadcrumbs(), (form.title, reverse("tracking:form", args=[form.pk]))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form_shown
        data = {
            "content": form.draft,
            "revision": form.revision,
            "check": check_of(form),
            "types": [_type(kind) for kind in BLOCK_TYPES.values()],
            "texts": text_fields(),
            "choices": {"fields": _extra_fields(), "tags": _tags()},
            "words": builder_words(),
            "urls": {
                **{
                    page: reverse(f"tracking:form_{page}", args=[form.pk])
                    for page in ("save", "check", "preview")
                },
                "images": reverse("messaging:images"),
                "upload": reverse("messaging:image_upload"),
            },
        }
        hosts = settings.FORM_REDIRECT_HOSTS
        return super().get_context_data(form=form, step="builder", data=data, redirect_hosts=hosts, **kwargs)


class SaveForm(OfForm, View):
    """Take what the builder sends: {"revision": n, "content": {…}}.

    Answers 200 with the new revision, 409 with what somebody else saved meanwhile, 400 with what is wrong.
    """

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_shown
        try:
            sent = json.loads(request.body)
            revision = int(sent["revision"])
            form = save_draft(form=form, content=sent["content"], revision=revision, by=request.user)
        except EditedMeanwhile:
            return self._conflict(Form.objects.get(pk=form.pk))
        except TrackingError as error:
            return JsonResponse({"message": str(error)}, status=400)
        except (ValueError, TypeError, KeyError, UnicodeDecodeError):
            return JsonResponse({"message": _("The form could not be read: reload the page.")}, status=400)
        return JsonResponse({"revision": form.revision, "name": form.title})

    def _conflict(self, theirs: Form) -> JsonResponse:
        message = _("Somebody else saved this form while you were writing. Nothing is lost: choose.")
        answer = {"message": message, "revision": theirs.revision, "content": theirs.draft}
        return JsonResponse(answer, status=409)


class CheckForm(OfForm, View):
    """What is still wrong with the draft."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return JsonResponse(check_of(self.form_shown))


class PreviewForm(OfForm, View):
    """The draft as people would see it, all its pages one below the other; `reader` is a language."""

    @method_decorator([xframe_options_sameorigin, never_cache])
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_shown
        content = stored(form.draft)
        asked = request.GET.get("reader", "")
        language = asked if asked in content.languages else content.languages[0]
        with translation.override(language):
            answers = PublicForm(form, content=content, language=language)
            context = page_context(request, form, answers) | {"is_open": True, "is_preview": True}
            response = render(request, "public/sign_up.html", context)
        response["Content-Security-Policy"] = PREVIEW_POLICY
        response["Referrer-Policy"] = "no-referrer"
        return response


class PublishForm(OfForm, View):
    """Show the draft to the public from now on."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            publish_form(form=self.form_shown, by=request.user)
        except ContentError as error:
            messages.error(request, " ".join(problem.said for problem in error.problems))
            return redirect("tracking:form_edit", pk=kwargs["pk"])
        except TrackingError as error:
            messages.error(request, str(error))
            return redirect("tracking:form_edit", pk=kwargs["pk"])
        messages.success(request, _("Published: the page shows this version from now on."))
        return redirect("tracking:form_share", pk=kwargs["pk"])


def check_of(form: Form) -> dict[str, Any]:
    """The answer of `CheckForm`."""
    content, problems = read_content(form.draft)
    problems += faults_of(content, kind=form.kind)
    remarks = remarks_of(content, newsletters=form.newsletters.count())
    return {
        "problems": [_problem(problem) for problem in problems],
        "remarks": [{**_problem(remark), "level": "warning"} for remark in remarks],
        "changed": form.is_changed,
    }


def _problem(problem: Problem) -> dict[str, str]:
    whole = problem.said if problem.position else problem.message
    return {"block": problem.block_id, "field": problem.field, "message": problem.message, "whole": whole}


def _type(kind: BlockType) -> dict[str, Any]:
    return {
        "name": kind.name,
        "label": str(kind.label),
        "icon": kind.icon,
        "once": kind.once,
        "fields": [_field(spec) for spec in kind.fields],
    }


def _field(spec: FieldSpec) -> dict[str, Any]:
    default: Any = spec.default
    if spec.kind in (FieldKind.TEXT, FieldKind.LONG):
        default = {}
    elif spec.kind is FieldKind.OPTIONS:
        default = [{"id": f"o{number}", "label": {}, "tag": None} for number in (1, 2)]
    return {
        "name": spec.name,
        "kind": spec.kind.value,
        "label": str(spec.label),
        "required": spec.required,
        "default": default,
        "choices": [(value, str(label)) for value, label in spec.choices],
        "least": spec.least,
        "most": spec.most,
        "help": str(spec.help),
    }


def _extra_fields() -> list[tuple[str, str]]:
    return list(CustomField.objects.order_by("label").values_list("key", "label"))


def _tags() -> list[tuple[int, str]]:
    return list(Tag.objects.order_by("name").values_list("pk", "name")[:TAGS_OFFERED])
