"""Donations: the list, a file of them, the rules, those of one person, and calls of the payment page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from contacts.models import Contact
from tracking.donations import files, hook, selectors, service
from tracking.donations.forms import DonationForm, FileForm, RulesForm
from tracking.errors import TrackingError
from tracking.models import Donation, DonationRule

SAMPLE = 20  # lines of a file that are shown


class DonationList(StaffView, TemplateView):
    """The newest first; those of nobody known, which wait for a person; who is above a ceiling."""

    right_required = Right.SEE_DONATIONS
    title = gettext_lazy("Donations")
    subtitle = gettext_lazy("As the agent tells them. Nothing is paid here.")
    template_name = "tracking/donations/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        unmatched = Donation.objects.filter(contact=None).exclude(name="", address="")
        show = "unknown" if self.request.GET.get("show") == "unknown" else ""
        rows = unmatched if show else Donation.objects.all()
        return super().get_context_data(
            page=newest_first(self.request, rows.select_related("contact", "campaign")),
            show=show,
            unmatched=unmatched.count(),
            raised=selectors.raised(),
            above=selectors.above_ceiling(),
            rule=DonationRule.current(),
            **kwargs,
        )


class _Below(StaffView):
    right_required = Right.SEE_DONATIONS

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Donations"), reverse("tracking:donations"))]


class DonationFile(_Below, TemplateView):
    """A CSV file: shown as it would be kept, then kept."""

    title = gettext_lazy("File of donations")
    template_name = "tracking/donations/file.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(form=FileForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if "key" in request.POST:
                return self._keep(request.POST["key"])
            form = FileForm(request.POST, request.FILES)
            if not form.is_valid():
                return self.page(form=form, status=422)
            preview = files.read_file(form.cleaned_data["file"].read(files.LARGEST + 1))
        except TrackingError as error:
            messages.error(request, str(error))
            return self.page(form=FileForm(), status=422)
        key = files.put_aside(preview, user=request.user) if preview.good else ""
        return self.page(form=FileForm(), preview=preview, sample=preview.good[:SAMPLE], key=key)

    def _keep(self, key: str) -> HttpResponse:
        made = files.keep_aside(key, by=self.request.user)
        messages.success(self.request, _("Donations written down: %(n)d.") % {"n": len(made)})
        return redirect("tracking:donations")

    def page(self, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(**context), status=status)


class DonationRules(_Below, TemplateView):
    """Ceilings, the page where people give, and the secret of its calls, told once."""

    title = gettext_lazy("Rules of donations")
    template_name = "tracking/donations/rules.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(RulesForm(rule=DonationRule.current()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "secret" in request.POST:
            secret = service.renew_secret(by=request.user)
            return self.page(RulesForm(rule=DonationRule.current()), secret=secret)
        form = RulesForm(request.POST, rule=DonationRule.current())
        if not form.is_valid():
            return self.page(form, status=422)
        service.change_rules(by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("tracking:donation_rules")

    def page(self, form: RulesForm, *, status: int = 200, **more: Any) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            has_secret=bool(DonationRule.current().sealed_secret),
            hook_url=self.request.build_absolute_uri(reverse("tracking:donation_hook")),
            **more,
        )
        return render(self.request, self.template_name, context, status=status)


class DonationAct(_Below, View):
    """Say whose one is, or that it was given back."""

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        donation = get_object_or_404(Donation, pk=pk)
        try:
            if act == "cancel":
                service.cancel_donation(donation=donation, by=request.user)
                messages.success(request, _("It counts no more."))
            elif act == "match":
                number = number_of(request.POST.get("person", ""))
                contact = Contact.objects.visible().filter(pk=number).first() if number else None
                if contact is None:
                    raise TrackingError(_("There is no person with this number."))
                service.match_donation(donation=donation, contact=contact, by=request.user)
                messages.success(request, _("It is theirs now: %(who)s.") % {"who": contact})
        except TrackingError as error:
            messages.error(request, str(error))
        if donation.contact_id is not None:
            return redirect("contacts:person", donation.contact_id)
        return redirect("tracking:donations")


class PersonDonations(StaffView, View):
    """Donations of one person, as a part of their page; nothing at all for whoever may not see amounts."""

    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.SEE_DONATIONS
    in_territory = True

    @cached_property
    def contact(self) -> Contact:
        return get_object_or_404(Contact.objects.visible(), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = self.contact
        if not request.user.has_right(Right.SEE_DONATIONS):
            return HttpResponse()
        donations = selectors.donations_of(contact)
        context = {
            "contact": contact,
            "donations": donations,
            "total": sum(one.amount for one in donations if one.cancelled_at is None),
            "warnings": selectors.warnings_for(contact),
            "donation_form": DonationForm(),
        }
        return render(request, "tracking/donations/of_person.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact, form = self.contact, DonationForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(error for found in form.errors.values() for error in found))
            return redirect("contacts:person", pk)
        try:
            service.record_donation(gift=form.gift(contact.pk), came_by=Donation.CameBy.HAND, by=request.user)
        except TrackingError as error:
            messages.error(request, str(error))
            return redirect("contacts:person", pk)
        messages.success(request, _("Donation written down."))
        for warning in selectors.warnings_for(contact):
            messages.warning(request, warning)
        return redirect("contacts:person", pk)


@method_decorator(csrf_exempt, name="dispatch")  # the signature is the proof
class DonationHook(View):
    """See `tracking.donations.hook`."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        if int(request.headers.get("Content-Length") or 0) > hook.LARGEST:
            return JsonResponse({"error": "too large"}, status=413)
        if not hook.is_proven(request.headers.get("X-Donation-Signature", ""), request.body):
            return JsonResponse({"error": "wrong signature"}, status=401)
        try:
            is_new, donation = hook.take(request.body)
        except TrackingError as error:
            return JsonResponse({"error": str(error)}, status=422)
        known = donation is not None and donation.contact_id is not None
        if is_new:
            return JsonResponse({"kept": True, "person_known": known}, status=201)
        return JsonResponse({"kept": True, "known_already": True})
