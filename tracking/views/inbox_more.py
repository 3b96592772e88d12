"""Beside the inbox: writing to one person, ready answers, the member's address for copies."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from contacts.models import Contact
from contacts.services.openings import note_person_opened
from messaging.services.personal_mail import MayNotBeWrittenTo, why_not_written_to
from tracking.errors import TrackingError
from tracking.inbox import drops, ready, service
from tracking.inbox.forms import ReadyAnswerForm, WriteForm
from tracking.models import CannedAnswer, ConversationMessage

UNFILED_SHOWN = 50


class WriteTo(StaffView, TemplateView):
    """One plain e-mail to one person, who must have agreed to be written to."""

    right_required = Right.USE_INBOX
    in_territory = True
    template_name = "tracking/inbox/write.html"

    @cached_property
    def contact(self) -> Contact:
        people = Contact.objects.visible().select_related("commune")
        return get_object_or_404(people, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return _("Write to %(who)s") % {"who": self.contact}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [
            (_("People"), reverse("contacts:people")),
            (str(self.contact), reverse("contacts:person", args=[self.contact.pk])),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_person_opened(self.contact.pk, by=request.user)
        return self.page(WriteForm(initial={"text": ready.filled("{greeting}\n\n", **self._for_them())}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = WriteForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            begun = service.write_to(contact=self.contact, by=request.user, **form.cleaned_data)
        except (TrackingError, MayNotBeWrittenTo) as error:
            form.add_error(None, str(error))
            return self.page(form, status=422)
        messages.success(request, _("Your message is on its way."))
        return redirect("tracking:conversation", begun.pk)

    def page(self, form: WriteForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            person=self.contact,
            refusal=why_not_written_to(self.contact, answers=False),
            ready=[(one, ready.filled(one.text, **self._for_them())) for one in CannedAnswer.objects.all()],
        )
        return render(self.request, self.template_name, context, status=status)

    def _for_them(self) -> dict[str, Any]:
        return {"contact": self.contact, "by": self.request.user}


class ReadyAnswers(StaffView, TemplateView):
    """Texts that the whole team answers with."""

    right_required = Right.USE_INBOX
    in_territory = True
    title = gettext_lazy("Ready answers")
    subtitle = gettext_lazy("Texts that come again and again: written once, filled in for each person.")
    template_name = "tracking/inbox/ready.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Inbox"), reverse("tracking:inbox"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(ReadyAnswerForm(instance=self._chosen()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = self._chosen()
        if "remove" in request.POST and chosen is not None:
            ready.remove_ready_answer(answer=chosen, by=request.user)
            messages.success(request, _("Removed."))
            return redirect("tracking:ready_answers")
        form = ReadyAnswerForm(request.POST, instance=CannedAnswer())
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            ready.save_ready_answer(answer=chosen, by=request.user, **form.cleaned_data)
        except TrackingError as error:
            form.add_error(None, str(error))
            return self.page(form, status=422)
        messages.success(request, _("Saved."))
        return redirect("tracking:ready_answers")

    def page(self, form: ReadyAnswerForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            chosen=self._chosen(),
            answers=CannedAnswer.objects.all(),
            variables=[f"{{{name}}}" for name in ready.VARIABLES],
        )
        return render(self.request, self.template_name, context, status=status)

    def _chosen(self) -> CannedAnswer | None:
        asked = number_of(self.request.GET.get("answer", ""))
        return CannedAnswer.objects.filter(pk=asked).first() if asked is not None else None


class DropAddressPage(StaffView, TemplateView):
    """The member's own address for copies, and copies of theirs that were not filed."""

    right_required = Right.USE_INBOX
    in_territory = True
    title = gettext_lazy("My address for copies")
    subtitle = gettext_lazy("Put it in Bcc: what you write from your own mail program is filed here.")
    template_name = "tracking/inbox/copies.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Inbox"), reverse("tracking:inbox"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        unfiled = ConversationMessage.objects.filter(author=user, conversation=None, contact=None)
        return super().get_context_data(
            address=drops.address_of(user),
            has_mailbox=bool(drops.answers_mailbox()),
            own_address=user.email,
            unfiled=unfiled.order_by("-at")[:UNFILED_SHOWN],
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        drops.renew_address(user=request.user)
        messages.success(request, _("This is your address from now on. Nobody else has it."))
        return redirect("tracking:drop_address")


class FileCopy(StaffView, View):
    """A copy that named nobody known: put on the timeline of a person that its author chooses."""

    right_required = Right.USE_INBOX

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        own = ConversationMessage.objects.filter(author=request.user, conversation=None, contact=None)
        message = get_object_or_404(own, pk=pk)
        number = number_of(request.POST.get("person", ""))
        contact = Contact.objects.visible().filter(pk=number).first() if number is not None else None
        if contact is None:
            messages.error(request, _("There is no person with this number."))
        else:
            drops.file_to(message=message, contact=contact, by=request.user)
            messages.success(request, _("Filed with %(who)s.") % {"who": contact})
        return redirect("tracking:drop_address")
