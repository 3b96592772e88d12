"""People and electors who may be the same person: the queue to review, and links undone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.errors import ContactsError
from contacts.models import Contact, ElectoralRegistration, RegistrationMatch
from contacts.services.registration_links import confirm_link, refuse_link, undo_link
from contacts.views.link_facts import compare

COUNTED_AT_MOST = 10_000
OTHERS_SHOWN = 10


class LinkReview(StaffView, TemplateView):
    """One pair at a time: `?at=<id>` is the pair itself, `?after=<id>` and `?before=<id>` its neighbours."""

    right_required = Right.EDIT_PEOPLE
    title = gettext_lazy("Links to check")
    subtitle = gettext_lazy(
        "Somebody of the base and an elector who may be one person. Only a human eye can tell."
    )
    template_name = "contacts/links/review.html"

    @cached_property
    def pending(self) -> QuerySet[RegistrationMatch]:
        return RegistrationMatch.objects.filter(state=RegistrationMatch.State.PENDING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pair = self._pair()
        context: dict[str, Any] = {"pair": pair, "left": self._left(), "counted_at_most": COUNTED_AT_MOST}
        if pair is not None:
            context |= {
                "facts": compare(pair),
                "others": self._others(pair),
                "has_next": self.pending.filter(pk__gt=pair.pk).exists(),
                "has_previous": self.pending.filter(pk__lt=pair.pk).exists(),
            }
        return super().get_context_data(**(context | kwargs))

    def _pair(self) -> RegistrationMatch | None:
        pairs = self.pending.select_related(
            "contact__commune",
            "registration__commune",
            "registration__polling_station",
            "registration__source",
        )
        before, after, at = (_number(self.request, name) for name in ("before", "after", "at"))
        if before is not None:
            return pairs.filter(pk__lt=before).order_by("-pk").first() or pairs.order_by("pk").first()
        if after is not None:
            return pairs.filter(pk__gt=after).order_by("pk").first() or pairs.order_by("pk").first()
        wanted = pairs.filter(pk=at).first() if at is not None else None
        return wanted or pairs.order_by("pk").first()

    def _left(self) -> int:
        return len(self.pending.values_list("pk", flat=True)[: COUNTED_AT_MOST + 1])

    def _others(self, pair: RegistrationMatch) -> list[RegistrationMatch]:
        """Other electors who may be the same person, or other people who may be this elector."""
        same = self.pending.filter(contact=pair.contact_id) | self.pending.filter(
            registration=pair.registration_id
        )
        related = same.exclude(pk=pair.pk).select_related("contact", "registration__commune")
        return list(related.order_by("pk")[:OTHERS_SHOWN])


class DecideLink(StaffView, View):
    """The answer to one pair: the same person, or not."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        pair = get_object_or_404(RegistrationMatch.objects.select_related("contact", "registration"), pk=pk)
        try:
            if request.POST.get("answer") == "same":
                confirm_link(match=pair, by=request.user)
                words = _("%(person)s is linked to the electoral roll.") % {"person": pair.contact}
                messages.success(request, words)
            else:
                refuse_link(match=pair, by=request.user)
                messages.success(request, _("Kept apart. This pair will not be proposed again."))
        except ContactsError as error:
            messages.error(request, str(error))
        return redirect(f"{reverse('contacts:link_review')}?after={pk}")


class UndoLink(StaffView, View):
    """From the page of a person: this elector is somebody else."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        registration = get_object_or_404(ElectoralRegistration, pk=pk, contact__isnull=False)
        person = registration.contact_id
        try:
            undo_link(registration=registration, by=request.user)
            messages.success(request, _("The link is undone, and this pair will not be proposed again."))
        except ContactsError as error:
            messages.error(request, str(error))
        if Contact.objects.filter(pk=person).exists():
            return redirect("contacts:person", pk=person)
        return redirect("contacts:people")


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
