"""Domains of senders: what each must publish, and whether it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from messaging.domains.advice import advice_on
from messaging.errors import MessagingError
from messaging.forms.domains import DomainForm, NewDomainForm
from messaging.models import SenderDomain
from messaging.models.domain_record import RecordState
from messaging.services import sender_domains as services
from messaging.services.domain_fields import DomainInvalid
from messaging.services.return_paths import WayBack, senders_of, ways_back, words_of
from messaging.services.sender_domains import ShownRecord

ACTS: dict[str, Callable[..., object]] = {
    "rotate": services.rotate_keys,
    "retire": services.retire_keys,
}


@dataclass(frozen=True)
class Line:
    """A record as the page shows it: what to publish, what was found, what to change."""

    shown: ShownRecord
    level: str
    advice: str
    label: str


@dataclass(frozen=True)
class ReturnsLine:
    """Where returns by one way out come to. `level`: ok, warn, or none where nothing names the message."""

    back: WayBack
    level: str
    text: str


class DomainList(StaffView, TemplateView):
    """Every domain, with how many of its records are right."""

    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Sender domains")
    subtitle = gettext_lazy("What your domains publish, so that mailboxes trust your messages.")
    template_name = "messaging/domains.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        domains = SenderDomain.objects.annotate(
            right=Count("records", filter=Q(records__state=RecordState.RIGHT)),
            bad=Count("records", filter=Q(records__state__in=[RecordState.MISSING, RecordState.WRONG])),
            silent=Count("records", filter=Q(records__state=RecordState.NOT_CHECKED)),
        )
        return super().get_context_data(
            domains=domains, may_manage=self.request.user.has_right(Right.MANAGE_SETTINGS), **kwargs
        )


class NewDomain(StaffView, TemplateView):
    """Begin with a domain: its keys are made at once."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("New domain")
    template_name = "messaging/domain_edit.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Sender domains"), reverse("messaging:domains"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(NewDomainForm(initial={"name": request.GET.get("name", "")[:253]}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewDomainForm(request.POST)
        if form.is_valid():
            try:
                domain = services.create_domain(by=request.user, name=form.cleaned_data["name"])
            except DomainInvalid as error:
                form.add_error("name", str(error))
            else:
                return redirect("messaging:domain", domain.pk)
        return self._page(form, status=422)

    def _page(self, form: NewDomainForm, status: int = 200) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(form=form), status=status)


class OfDomain(StaffView):
    """Base of the pages of one domain."""

    def domain(self) -> SenderDomain:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(SenderDomain, pk=self.kwargs["pk"])
        return self._found

    def get_title(self) -> str:
        return self.domain().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Sender domains"), reverse("messaging:domains"))]


class DomainPage(OfDomain, TemplateView):
    """The records to publish, ready to copy, each with what was last found."""

    right_required = Right.VIEW_CAMPAIGNS
    template_name = "messaging/domain.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **shown_of(self.domain()),
            may_manage=self.request.user.has_right(Right.MANAGE_SETTINGS),
            **kwargs,
        )


class CheckDomain(OfDomain, View):
    """Look at every record now; answers with the records as a fragment."""

    right_required = Right.MANAGE_SETTINGS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.check_domain(domain=self.domain(), by=request.user)
        context = shown_of(self.domain()) | {"may_manage": True}
        return render(request, "messaging/domain_records.html", context)


class EditDomain(OfDomain, TemplateView):
    """Hosts for links and returns, and what a provider asks for."""

    right_required = Right.MANAGE_SETTINGS
    template_name = "messaging/domain_edit.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(DomainForm(domain=self.domain()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = DomainForm(request.POST, domain=self.domain())
        if form.is_valid():
            try:
                services.update_domain(domain=self.domain(), by=request.user, **form.values())
            except DomainInvalid as error:
                form.tell(error.problems)
            else:
                messages.success(request, _("Saved. Publish what has changed, then check."))
                return redirect("messaging:domain", self.domain().pk)
        return self._page(form, status=422)

    def _page(self, form: DomainForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, domain=self.domain())
        return render(self.request, self.template_name, context, status=status)


class DomainAct(OfDomain, View):
    """New keys beside the old ones, or the old ones taken out of use."""

    right_required = Right.MANAGE_SETTINGS

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        try:
            if act in ACTS:
                ACTS[act](domain=self.domain(), by=request.user)
        except MessagingError as error:
            messages.warning(request, str(error))
        return redirect("messaging:domain", self.domain().pk)


def shown_of(domain: SenderDomain) -> dict[str, Any]:
    """What the page of a domain shows of it."""
    generations = set(services.living_keys(domain).values_list("generation", flat=True))
    newest = services.newest_published(domain)
    return {
        "domain": domain,
        "lines": [_line(shown) for shown in services.shown_records(domain)],
        "returns": [_returns(back) for back in ways_back(senders_of(domain))],
        "two_generations": len(generations) > 1,
        "may_retire": newest is not None and newest > min(generations, default=0),
    }


def _returns(back: WayBack) -> ReturnsLine:
    is_known = bool(back.returns.host)
    level = "ok" if is_known and back.agrees and back.is_read else "warn" if is_known else "none"
    return ReturnsLine(back, level, words_of(back))


def _line(shown: ShownRecord) -> Line:
    levels = {
        RecordState.RIGHT: "ok",
        RecordState.MISSING: "bad",
        RecordState.WRONG: "bad",
        RecordState.NOT_CHECKED: "none",
    }
    return Line(shown, levels[shown.state], advice_on(shown.wanted, shown.last), shown.wanted.purpose.label)
