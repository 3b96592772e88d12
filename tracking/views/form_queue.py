"""Answers that wait for a look: why, what they say, and two buttons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from tracking.enums import SubmissionState, Suspicion
from tracking.models import Form, Submission
from tracking.services.sign_ups import accept_submission, refuse_submission

SHOWN = 50
VALUES_SHOWN = ("first_name", "last_name", "email", "phone", "postcode", "city")


class FormQueue(StaffView, TemplateView):
    """Of all forms, or of one (`?form=`); refused ones by `?state=refused`."""

    right_required = Right.EDIT_FORMS
    title = gettext_lazy("Answers to look at")
    subtitle = gettext_lazy("Nothing here counts or names anybody before somebody accepts it.")
    template_name = "tracking/forms/queue.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Forms"), reverse("tracking:forms"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        refused = asked.get("state") == "refused"
        state = SubmissionState.REFUSED if refused else SubmissionState.WAITING
        found = Submission.objects.filter(state=state).select_related("form")
        form = Form.objects.filter(pk=asked["form"]).first() if asked.get("form", "").isdecimal() else None
        if form is not None:
            found = found.filter(form=form)
        lines = [_line(one) for one in found.order_by("at")[:SHOWN]]
        return super().get_context_data(lines=lines, form=form, refused=refused, most=SHOWN, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """One answer, or all that are ticked."""
        chosen = Submission.objects.filter(pk__in=_ids(request.POST.getlist("answer"))).select_related("form")
        accepts = request.POST.get("act") == "accept"
        decide = accept_submission if accepts else refuse_submission
        for submission in chosen:
            decide(submission=submission, by=request.user)
        count = len(chosen)
        if accepts:
            said = ngettext("%(count)s answer accepted.", "%(count)s answers accepted.", count)
        else:
            said = ngettext("%(count)s answer refused.", "%(count)s answers refused.", count)
        messages.success(request, said % {"count": count})
        return redirect(request.get_full_path())


def _ids(texts: list[str]) -> list[str]:
    found = []
    for text in texts[:SHOWN]:
        try:
            found.append(str(UUID(text)))
        except ValueError:
            continue
    return found


def _line(submission: Submission) -> dict[str, Any]:
    values = submission.data.get("values", {})
    return {
        "submission": submission,
        "values": [values[name] for name in VALUES_SHOWN if values.get(name)],
        "reasons": [Suspicion(reason).label for reason in submission.reasons],
    }
