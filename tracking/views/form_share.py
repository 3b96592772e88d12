"""How a form goes round: its address, a code for websites, a QR code, a poster."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from contacts.models import Segment
from contacts.selectors import search_contacts
from contacts.services.segments import create_segment
from tracking.forms.poster import poster_of, qr_svg
from tracking.forms.prefill import prefilled_url
from tracking.models import Form
from tracking.views.form_builder import OfForm

PEOPLE_FOUND = 5
LONGEST_CREDIT = 60


def public_url(form: Form) -> str:
    return f"{settings.PUBLIC_URL}{reverse('tracking:sign_up', args=[form.slug])}"


class ShareForm(OfForm, TemplateView):
    template_name = "tracking/forms/share.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, address = self.form_shown, public_url(self.form_shown)
        frame = f'<iframe src="{address}?embed=1" title="{form.slug}" width="100%" height="700"></iframe>'
        script = (
            f'<script src="{settings.PUBLIC_URL}{reverse("tracking:form_embed", args=[form.slug])}"></script>'
        )
        return super().get_context_data(
            form=form,
            step="share",
            address=address,
            frame_code=frame,
            script_code=script,
            credit=_credit(self.request),
            people=self._people(form),
            **kwargs,
        )

    def _people(self, form: Form) -> list[tuple[Any, str]]:
        """People found by name, each with a link that fills the form in for them."""
        typed = self.request.GET.get("person", "")[:100]
        if not typed or not self.request.user.has_right(Right.VIEW_PEOPLE):
            return []
        return [(one, prefilled_url(form, one)) for one in search_contacts(typed, limit=PEOPLE_FOUND)]


class FormCode(OfForm, View):
    """The QR code as SVG; `?from=leaflet` counts whoever comes by it as "leaflet"."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer = HttpResponse(qr_svg(_counted(request, self.form_shown)), content_type="image/svg+xml")
        answer["Content-Disposition"] = f'inline; filename="{self.form_shown.slug}.svg"'
        return answer


class FormPoster(OfForm, View):
    """A4, to print."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_shown
        made = poster_of(form, address=_counted(request, form), language=form.language)
        answer = HttpResponse(made, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{form.slug}.pdf"'
        return answer


class ExportAnswers(OfForm, View):
    """The people who answered, by the way that every export takes: its purpose, and who agrees."""

    right_required = Right.EXPORT_PEOPLE

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_shown
        tree = {"all": [{"condition": "signed_up", "operator": "any", "value": [form.pk]}]}
        segment = Segment.objects.visible_to(request.user).filter(tree=tree).first()
        if segment is None:
            name = _("Answered “%(form)s”") % {"form": form.title[:80]}
            taken = Segment.objects.filter(name__iexact=name).exists()
            segment = create_segment(
                name=f"{name} ({form.slug})"[:150] if taken else name, tree=tree, by=request.user
            )
            messages.info(request, _("A segment of these people was made: it stays up to date."))
        return redirect(f"{reverse('contacts:export_new')}?segment={segment.pk}")


def _credit(request: HttpRequest) -> str:
    return request.GET.get("from", "").strip()[:LONGEST_CREDIT]


def _counted(request: HttpRequest, form: Form) -> str:
    """The address of the page, with where people come from."""
    hidden = next(iter(form.content.of_type("hidden")), None)
    credit = _credit(request)
    if not credit or hidden is None:
        return public_url(form)
    return f"{public_url(form)}?{hidden.values['parameter']}={quote(credit)}"
