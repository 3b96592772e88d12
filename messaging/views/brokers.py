"""Mailings by brokers: planned, handed over as a kit, and what came back."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from campaign_crm.platform import audit
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from messaging.brokers import kit, mailings, opt_outs
from messaging.brokers.results import MOST_BYTES, read_results
from messaging.enums import BrokerState
from messaging.errors import MessagingError
from messaging.forms.brokers import BrokerMailingForm, OptOutsForm, ResultsForm
from messaging.models import BrokerMailing, OptOutHandOver

SHOWN = 200
MOST_OPT_OUT_BYTES = 20 * 1024 * 1024
FROZEN = (BrokerState.HANDED, BrokerState.DONE)


class BrokerMailings(StaffView, TemplateView):
    """All of them, the newest first."""

    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Mailings by brokers")
    subtitle = gettext_lazy("A broker sends your message to its own file: no address comes to you.")
    template_name = "messaging/brokers/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = BrokerMailing.objects.select_related("campaign").order_by("-leaves_at", "-pk")[:SHOWN]
        may_edit = self.request.user.has_right(Right.EDIT_CAMPAIGN)
        return super().get_context_data(mailings=found, may_edit=may_edit, **kwargs)


class OneBrokerMailing(StaffView):
    """What the pages about one have in common."""

    @cached_property
    def mailing(self) -> BrokerMailing:
        found = BrokerMailing.objects.select_related("campaign__sender", "approved_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Mailings by brokers"), reverse("messaging:broker_mailings"))]


class EditBrokerMailing(OneBrokerMailing, TemplateView):
    """Plan one, or change one that the broker does not have yet."""

    right_required = Right.EDIT_CAMPAIGN
    template_name = "messaging/brokers/edit.html"

    def get_title(self) -> str:
        return self.mailing.broker if "pk" in self.kwargs else _("New mailing by a broker")

    def _own(self) -> BrokerMailing | None:
        return self.mailing if "pk" in self.kwargs else None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("campaign", "")
        initial = {"campaign": int(asked)} if asked.isdecimal() and len(asked) < 19 else {}
        return self._page(BrokerMailingForm(instance=self._own(), initial=initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = BrokerMailingForm(request.POST, instance=self._own())
        if not form.is_valid():
            return self._page(form, status=422)
        kept = get_object_or_404(BrokerMailing, pk=self.kwargs["pk"]) if "pk" in self.kwargs else None
        try:
            saved = mailings.save_broker_mailing(mailing=kept, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            for field, texts in getattr(error, "message_dict", {"__all__": error.messages}).items():
                for text in texts:
                    form.add_error(field if field in form.fields else None, text)
            return self._page(form, status=422)
        except MessagingError as error:
            form.add_error(None, str(error))
            return self._page(form, status=422)
        return redirect("messaging:broker_mailing", pk=saved.pk)

    def _page(self, form: BrokerMailingForm, status: int = 200) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(form=form), status=status)


class BrokerMailingPage(OneBrokerMailing, TemplateView):
    """Where it stands, its kit, its opt-outs and its results."""

    right_required = Right.VIEW_CAMPAIGNS
    template_name = "messaging/brokers/page.html"

    def get_title(self) -> str:
        return _("%(mailing)s by %(broker)s") % {
            "mailing": self.mailing.campaign.name,
            "broker": self.mailing.broker,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, mailing = self.request.user, self.mailing
        planned = mailing.state == BrokerState.PLANNED
        values = {
            "mailing": mailing,
            "faults": mailings.faults_of(mailing) if planned else [],
            "warnings": [one for one in mailings.rules_broken_by(mailing) if not one.refuses]
            if planned
            else [],
            "is_frozen": mailing.state in FROZEN,
            "hand_overs": mailing.hand_overs.select_related("made_by").order_by("-pk"),
            "now": timezone.now(),
            "results_form": ResultsForm(initial={name: getattr(mailing, name) for name in mailings.RESULTS}),
            "opt_outs_form": OptOutsForm(auto_id="opt_outs_%s"),
            "may_edit": user.has_right(Right.EDIT_CAMPAIGN),
            "may_approve": user.has_right(Right.APPROVE_CAMPAIGN),
            "may_send": user.has_right(Right.SEND_CAMPAIGN),
            "may_stop": user.has_right(Right.EDIT_COMPLIANCE),
        }
        return super().get_context_data(**(values | kwargs))


class BrokerAct(OneBrokerMailing, View):
    """One POST that does one thing and comes back to the page."""

    right_required = Right.EDIT_CAMPAIGN
    RIGHTS: dict[str, Right] = {
        "approve": Right.APPROVE_CAMPAIGN,
        "hand-over": Right.SEND_CAMPAIGN,
        "opt-outs": Right.SEND_CAMPAIGN,
        "cancel": Right.SEND_CAMPAIGN,
        "take-opt-outs": Right.EDIT_COMPLIANCE,
    }

    def right_for(self, request: HttpRequest) -> str | None:
        return self.RIGHTS.get(self.kwargs["act"], Right.EDIT_CAMPAIGN)

    def is_a_stop(self, request: HttpRequest) -> bool:
        return bool(self.kwargs["act"] == "cancel")

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        reason = request.POST.get("reason", "")[:300]
        try:
            match act:
                case "approve":
                    mailings.approve(mailing=self.mailing, reason=reason, by=request.user)
                case "hand-over":
                    mailings.hand_over(mailing=self.mailing, by=request.user)
                case "cancel":
                    mailings.cancel(mailing=self.mailing, reason=reason, by=request.user)
                case "opt-outs":
                    salted = request.POST.get("salted") == "on"
                    opt_outs.hand_opt_outs(mailing=self.mailing, salted=salted, by=request.user)
                case "results":
                    self._write_results()
                case "take-opt-outs":
                    self._take_opt_outs()
                case _:
                    messages.error(request, _("There is no such act."))
        except MessagingError as error:
            messages.error(request, str(error))
        return redirect("messaging:broker_mailing", pk=pk)

    def _write_results(self) -> None:
        form = ResultsForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            raise mailings.BrokerRefused(
                " ".join(error for errors in form.errors.values() for error in errors)
            )
        upload = form.cleaned_data["file"]
        results = read_results(bytes(upload.read(MOST_BYTES + 1))) if upload else form.results()
        mailings.write_results(mailing=self.mailing, by=self.request.user, **results)
        messages.success(self.request, _("Saved."))

    def _take_opt_outs(self) -> None:
        form = OptOutsForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            raise mailings.BrokerRefused(_("Choose the file that the broker handed back."))
        upload = form.cleaned_data["file"]
        if upload.size > MOST_OPT_OUT_BYTES:
            raise mailings.BrokerRefused(
                _("At most %(most)s lines: cut the file.") % {"most": opt_outs.MOST_LINES}
            )
        lines = io.TextIOWrapper(upload, encoding="utf-8-sig", errors="replace")
        taken = opt_outs.take_opt_outs(mailing=self.mailing, lines=lines, by=self.request.user)
        messages.success(
            self.request,
            _(
                "On the do-not-contact list: %(stopped)s. Kept until their address comes in: %(kept)s. "
                "Salted hashes of nobody we know: %(unknown)s. Lines that are neither: %(wrong)s."
            )
            % vars(taken),
        )


class BrokerKit(OneBrokerMailing, View):
    """The kit as a zip; nobody's address is in it."""

    right_required = Right.SEND_CAMPAIGN

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.mailing.state not in FROZEN:
            raise Http404
        audit.record(action="broker.kit", on=self.mailing, by=request.user)
        answer = HttpResponse(kit.make_kit(self.mailing), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="kit-{pk}.zip"'
        return answer


class BrokerOptOuts(StaffView, View):
    """The hashes for the broker, while they may be fetched."""

    right_required = Right.SEND_CAMPAIGN

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        made = get_object_or_404(OptOutHandOver, pk=pk)
        if made.expires_at <= timezone.now():
            messages.error(request, _("This file has expired: make it again, it will be up to date too."))
            return redirect("messaging:broker_mailing", pk=made.mailing_id)
        audit.record(
            action="broker.opt_outs_fetched", on=made.mailing, by=request.user, detail={"rows": made.count}
        )
        answer = StreamingHttpResponse(self._lines(made), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="opt-outs-{pk}.csv"'
        return answer

    def _lines(self, made: OptOutHandOver) -> Any:
        with acting_as("crm_national"):  # read once the request has ended, in a transaction of its own
            yield from opt_outs.hashes_of(made)
