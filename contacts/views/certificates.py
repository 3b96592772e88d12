"""The certificate of a purge: a page to print, a PDF and JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.pdf import facts_pdf
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.models import PurgeCertificate
from contacts.retention.certificates import as_json, is_intact
from contacts.retention.words import certificate_facts


class CertificatePage(StaffView, TemplateView):
    """A page to print; `?format=pdf` and `?format=json` are files."""

    right_required = Right.VIEW_COMPLIANCE
    template_name = "contacts/retention/certificate.html"

    @cached_property
    def certificate(self) -> PurgeCertificate:
        return get_object_or_404(PurgeCertificate.objects.select_related("purge"), pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return _("Certificate of erasure no. %(number)s") % {"number": self.certificate.pk}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("How long data stays"), reverse("contacts:retention"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse
        match request.GET.get("format"):
            case "json":
                answer = JsonResponse(as_json(self.certificate), json_dumps_params={"indent": 2})
            case "pdf":
                answer = HttpResponse(self._pdf(), content_type="application/pdf")
            case _:
                return super().get(request, *args, **kwargs)
        name = f"certificate-{self.certificate.pk}.{request.GET['format']}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            certificate=self.certificate,
            controller=_controller(),
            facts=certificate_facts(self.certificate),
            is_intact=is_intact(self.certificate),
            **kwargs,
        )

    def _pdf(self) -> bytes:
        return facts_pdf(
            title=self.get_title(),
            sentences=[certifies(_controller())],
            facts=certificate_facts(self.certificate),
            author=_controller(),
        )


def certifies(controller: str) -> str:
    return _("%(controller)s certifies that what is counted below was erased from its base.") % {
        "controller": controller
    }


def _controller() -> str:
    organisation = Organisation.current()
    return organisation.legal_name or organisation.name
