"""The campaign accounts: totals, unit costs, costs of mailings, invoices and the file for the agent."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.spreadsheets import neutralised
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.workbooks import WORKBOOK_TYPE, workbook
from messaging.costs import files
from messaging.costs.counting import CostRefused, override_cost, set_unit_cost
from messaging.costs.invoices import delete_invoice, save_invoice
from messaging.costs.totals import by_heading, export_rows
from messaging.forms.costs import InvoiceForm, OverrideForm, PeriodForm, UnitCostForm
from messaging.models import BrokerMailing, CampaignCost, Invoice, UnitCost
from messaging.views.campaigns import mailings

SHOWN = 200  # invoices and mailings on one page
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": f"{WORKBOOK_TYPE}.sheet"}


class Accounts(StaffView, TemplateView):
    """Totals by heading, the invoices behind them, and what mailings cost."""

    right_required = Right.MANAGE_ACCOUNTS
    title = gettext_lazy("Campaign accounts")
    subtitle = gettext_lazy("What the campaign spends, by heading, for the financial agent.")
    template_name = "messaging/costs/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = PeriodForm(self.request.GET or None)
        period = form.period()
        headings = by_heading(period)
        costs = CampaignCost.objects.select_related("campaign").prefetch_related("campaign__invoices")
        return super().get_context_data(
            form=form,
            headings=headings,
            total=sum((one.amount for one in headings), Decimal(0)),
            gifts=sum((one.gifts for one in headings), Decimal(0)),
            invoices=period.invoices().select_related("election").order_by("-issued_on", "-pk")[:SHOWN],
            costs=costs.filter(accepted__gt=0).order_by("-campaign__started_at", "-pk")[:SHOWN],
            by_brokers=BrokerMailing.objects.exclude(cost=None)
            .select_related("campaign")
            .order_by("-leaves_at", "-pk")[:SHOWN],
            unit_costs=UnitCost.objects.select_related("account").order_by(
                "account__name", "channel", "-since"
            ),
            **kwargs,
        )


class ExportAccounts(StaffView, View):
    """Every invoice by heading, as CSV or as a spreadsheet; journaled."""

    right_required = Right.MANAGE_ACCOUNTS

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in TYPES:
            raise Http404
        form = PeriodForm(request.GET)
        if not form.is_valid():
            messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
            return redirect("messaging:accounts")
        rows = list(export_rows(form.period()))
        audit.record(
            action="accounts.export",
            on=Organisation.current(),
            by=request.user,
            detail={"rows": len(rows) - 1, "kind": kind},
        )
        content = workbook(title=_("Campaign accounts"), rows=rows) if kind == "xlsx" else _csv(rows)
        answer = HttpResponse(content, content_type=TYPES[kind])
        name = f"accounts-{timezone.localdate().isoformat()}.{kind}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def _csv(rows: list[list[Any]]) -> bytes:
    written = io.StringIO()
    lines = csv.writer(written, delimiter=";")
    for row in rows:
        lines.writerow(f"{value:f}" if isinstance(value, Decimal) else neutralised(value) for value in row)
    return f"\ufeff{written.getvalue()}".encode()


class SetUnitCost(StaffView, TemplateView):
    """What a message costs by a way out."""

    right_required = Right.MANAGE_ACCOUNTS
    title = gettext_lazy("Cost of a message")
    template_name = "messaging/costs/form.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Campaign accounts"), reverse("messaging:accounts"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(UnitCostForm(initial={"since": timezone.localdate()}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UnitCostForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        set_unit_cost(by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved: mailings since then are being counted again."))
        return redirect("messaging:accounts")

    def _page(self, form: Any, status: int = 200) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(form=form), status=status)


class OverrideCost(StaffView, TemplateView):
    """The real cost of one mailing."""

    right_required = Right.MANAGE_ACCOUNTS
    template_name = "messaging/costs/form.html"

    @cached_property
    def campaign(self) -> Any:
        return get_object_or_404(mailings(), pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return _("Cost of “%(mailing)s”") % {"mailing": self.campaign.name}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Campaign accounts"), reverse("messaging:accounts"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kept = CampaignCost.objects.filter(pk=self.campaign.pk).first()
        return self._page(OverrideForm(initial={"amount": kept.override if kept else None}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = OverrideForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            override_cost(campaign=self.campaign, by=request.user, **form.cleaned_data)
        except CostRefused as error:
            form.add_error(None, str(error))
            return self._page(form, status=422)
        messages.success(request, _("Saved."))
        return redirect("messaging:accounts")

    def _page(self, form: OverrideForm, status: int = 200) -> HttpResponse:
        cost = CampaignCost.objects.filter(pk=self.campaign.pk).first()
        return render(
            self.request, self.template_name, self.get_context_data(form=form, cost=cost), status=status
        )


class EditInvoice(StaffView, TemplateView):
    """Write an invoice down, or correct it."""

    right_required = Right.MANAGE_ACCOUNTS
    template_name = "messaging/costs/invoice.html"

    @cached_property
    def invoice(self) -> Invoice | None:
        return get_object_or_404(Invoice, pk=self.kwargs["pk"]) if "pk" in self.kwargs else None

    def get_title(self) -> str:
        return str(self.invoice) if self.invoice else _("New invoice")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Campaign accounts"), reverse("messaging:accounts"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(InvoiceForm(instance=self.invoice))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = InvoiceForm(request.POST, request.FILES, instance=self.invoice)
        if not form.is_valid():
            return self._page(form, status=422)
        values = dict(form.cleaned_data)
        kept = get_object_or_404(Invoice, pk=self.kwargs["pk"]) if self.invoice else None
        try:
            saved = save_invoice(
                invoice=kept,
                content=values.pop("file"),
                file_name=form.file_name,
                campaigns=values.pop("campaigns"),
                by=request.user,
                **values,
            )
        except ValidationError as error:
            for field, texts in getattr(error, "message_dict", {"__all__": error.messages}).items():
                for text in texts:
                    form.add_error(field if field in form.fields else None, text)
            return self._page(form, status=422)
        except CostRefused as error:
            form.add_error("file", str(error))
            return self._page(form, status=422)
        if saved.is_forbidden_gift:
            messages.warning(
                request, _("A company may give nothing to a campaign: have it invoiced (L. 52-8).")
            )
        else:
            messages.success(request, _("Saved."))
        return redirect("messaging:accounts")

    def _page(self, form: InvoiceForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, invoice=self.invoice)
        return render(self.request, self.template_name, context, status=status)


class DeleteInvoice(StaffView, View):
    right_required = Right.MANAGE_ACCOUNTS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            delete_invoice(
                invoice=get_object_or_404(Invoice, pk=pk),
                reason=request.POST.get("reason", "")[:300],
                by=request.user,
            )
        except CostRefused as error:
            messages.error(request, str(error))
            return redirect("messaging:invoice", pk=pk)
        messages.success(request, _("The invoice is out of the accounts."))
        return redirect("messaging:accounts")


class InvoiceFile(StaffView, View):
    """The file of an invoice, to save; never shown by the browser."""

    right_required = Right.MANAGE_ACCOUNTS

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        invoice = get_object_or_404(Invoice.objects.exclude(file_name=""), pk=pk)
        try:
            content = files.read(invoice.key)
        except FileNotFoundError:
            raise Http404 from None
        return FileResponse(
            io.BytesIO(content),
            as_attachment=True,
            filename=invoice.file_name,
            content_type=invoice.file_type,
        )
