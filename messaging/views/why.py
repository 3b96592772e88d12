"""“Why did you write to me?”: one look-up, and the answer to copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import number_of
from contacts.models import Contact
from contacts.services.openings import note_person_opened
from messaging.models import Delivery
from messaging.why.answers import LANGUAGES, answer_text
from messaging.why.finding import Found, NotFound, find_messages, messages_of
from messaging.why.reasons import Reason, reasons_of


class WhyForm(forms.Form):
    """Whatever the person who asks has in hand."""

    typed = forms.CharField(
        label=gettext_lazy("Address, number or Message-ID"),
        max_length=1000,
        help_text=gettext_lazy(
            "The person’s e-mail address or phone number; or, from the message that they received, its"
            " Message-ID header or the provider’s number."
        ),
    )


@dataclass(frozen=True)
class Explained:
    """One message, why it left, and what to answer in each language."""

    reason: Reason
    answers: list[tuple[str, str]]


class Why(StaffView, TemplateView):
    """A POST looks up, so that no address stands in a URL or a log."""

    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("Why did you write to me?")
    subtitle = gettext_lazy("What allowed each message when it left, and the answer to copy.")
    template_name = "messaging/why.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = number_of(request.GET.get("person", ""))
        if person is None:
            return self._page(WhyForm())
        contact = get_object_or_404(Contact.objects.visible(), pk=person)
        note_person_opened(contact.pk, by=request.user)
        return self._page(WhyForm(), contact=contact, found=Found(messages_of(contact)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = WhyForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            found = find_messages(form.cleaned_data["typed"])
        except NotFound as error:
            form.add_error("typed", str(error))
            return self._page(form, status=422)
        for number in {delivery.contact_id for delivery in found.deliveries}:
            note_person_opened(number, by=request.user)
        return self._page(form, found=found)

    def _page(
        self, form: WhyForm, *, found: Found | None = None, contact: Contact | None = None, status: int = 200
    ) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            found=found,
            contact=contact,
            messages_found=_explained(found.deliveries) if found else [],
            may_see_people=self.request.user.has_right(Right.VIEW_PEOPLE),
        )
        return render(self.request, self.template_name, context, status=status)


def _explained(deliveries: list[Delivery]) -> list[Explained]:
    return [
        Explained(reason, [(language, answer_text(reason, language)) for language in LANGUAGES])
        for reason in reasons_of(deliveries)
    ]
