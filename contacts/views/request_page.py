"""One request: who asks, how that is known, what is to be done, and the acts that do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.asking_again import ask_again, is_fresh
from campaign_crm.platform.models import AuditEntry, Job
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from contacts.errors import ContactsError
from contacts.models import Contact, PersonRequest
from contacts.models.contact import Fold
from contacts.requests import identity, service
from contacts.requests.answering import (
    ANSWER_JOB,
    MEDIA_TYPES,
    WITH_FILES,
    ask_for_files,
    files_of,
    read_file,
)
from contacts.requests.erasing import erase_for
from contacts.requests.rows import RequestRefused
from contacts.selectors import search_contacts
from contacts.services.openings import note_opened_with_person
from contacts.views import request_electors
from contacts.views.person_forms import PersonForm
from contacts.views.request_electors import electors_context
from contacts.views.request_forms import AnswerForm, ChannelsForm, IdentityForm, KindForm, ReasonForm

SUGGESTED = 8
STEPS_SHOWN = 50


class RequestPage(StaffView, TemplateView):
    right_required = Right.HANDLE_REQUESTS
    template_name = "contacts/requests/page.html"

    @cached_property
    def asked(self) -> PersonRequest:
        found = PersonRequest.objects.select_related("contact", "handled_by", "created_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_opened_with_person(self.asked, self.asked.contact_id, by=request.user)
        return super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return _("%(kind)s – %(who)s") % {"kind": self.asked.get_kind_display(), "who": self.asked.who}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Requests"), reverse("contacts:requests"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, typed = self.asked, self.request.GET.get("find", "").strip()
        electors = electors_context(self.request, asked)
        words = "" if electors["electors_found"] else _answer_words(asked)
        steps = AuditEntry.objects.filter(object_type="contacts.personrequest", object_id=str(asked.pk))
        return super().get_context_data(
            asked=asked,
            typed=typed,
            people=_suggested(asked, typed) if asked.is_open else [],
            with_files=asked.kind in WITH_FILES,
            files=files_of(asked),
            making=Job.objects.unfinished().filter(kind=ANSWER_JOB, payload__request=asked.pk).exists(),
            steps=steps.select_related("actor").order_by("-pk")[:STEPS_SHOWN],
            kind_form=KindForm(initial={"kind": asked.kind, "channels": asked.channels}),
            channels_form=ChannelsForm(initial={"channels": asked.channels}, auto_id="end_%s"),
            identity_form=IdentityForm(auto_id="identity_%s"),
            extend_form=ReasonForm(auto_id="extend_%s"),
            refuse_form=ReasonForm(auto_id="refuse_%s"),
            answer_form=AnswerForm(initial={"answer": words}, auto_id="answer_%s"),
            address_stopped=asked.contact is None and service.address_is_stopped(asked),
            is_mine=asked.handled_by_id == self.request.user.pk,
            has_somebody=asked.contact is not None or bool(asked.electors),
            **electors,
            **kwargs,
        )


class RequestFile(StaffView, View):
    """One file of an answer, for whoever signed in just now; each reading stands in the journal."""

    right_required = Right.HANDLE_REQUESTS

    def get(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        asked = get_object_or_404(PersonRequest, pk=pk)
        if form not in MEDIA_TYPES:
            raise Http404
        if not is_fresh(request):
            return ask_again(request)
        content = read_file(request=asked, form=form, by=request.user)
        if content is None:
            raise Http404
        return as_download(content, asked, form)


def as_download(content: bytes, asked: PersonRequest, form: str) -> HttpResponse:
    """A file that no cache keeps; its name says nothing of the person."""
    answer = HttpResponse(content, content_type=MEDIA_TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="request-{asked.pk}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


class Rectify(StaffView, TemplateView):
    """Correct what is wrong; each field that changes stands in the journal, and in that of the request."""

    right_required = Right.HANDLE_REQUESTS
    template_name = "contacts/requests/rectify.html"
    title = gettext_lazy("Correct their data")

    @cached_property
    def asked(self) -> PersonRequest:
        open_ones = PersonRequest.objects.unanswered().filter(contact__erased_at=None, contact__isnull=False)
        return get_object_or_404(open_ones.select_related("contact__commune"), pk=self.kwargs["pk"])

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        above = reverse("contacts:request", args=[self.asked.pk])
        return [(_("Requests"), reverse("contacts:requests")), (self.asked.who, above)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_opened_with_person(self.asked, self.asked.contact_id, by=request.user)
        return self._page(PersonForm(instance=self.asked.contact, known=self.asked.contact))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PersonForm(request.POST, instance=Contact(), known=self.asked.contact)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            changed = service.rectify(request=self.asked, by=request.user, **form.person())
        except RequestRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Corrected.") if changed else _("Nothing was different."))
        return redirect("contacts:request", self.asked.pk)

    def _page(self, form: PersonForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, asked=self.asked)
        return render(self.request, self.template_name, context, status=status)


class RequestAct(StaffView, View):
    """One act on a request; back to its page, whatever came of it."""

    right_required = Right.HANDLE_REQUESTS

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        asked = get_object_or_404(PersonRequest, pk=pk)
        if act not in ACTS:
            raise Http404
        if act in ONLY_FRESH and not is_fresh(request):
            return ask_again(request)
        try:
            said = ACTS[act](request, asked)
        except ContactsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, said)
        return redirect("contacts:request", pk)


def _answer_words(asked: PersonRequest) -> str:
    """What may be said to begin with; in the person's language."""
    with override(asked.language[:2] or settings.LANGUAGE_CODE):
        match asked.kind:
            case PersonRequest.Kind.ACCESS | PersonRequest.Kind.PORTABILITY if (
                asked.contact is None and not asked.electors
            ):
                return _("We keep nothing of you: no address, no message, no list.")
            case PersonRequest.Kind.ACCESS:
                return _("Here is all that we keep of you, where we have it from, and each message with why.")
            case PersonRequest.Kind.PORTABILITY:
                return _("Here is what you gave us, in files that other programs read.")
            case PersonRequest.Kind.RECTIFICATION:
                return _("We have corrected your data as you asked.")
    return ""


def _suggested(asked: PersonRequest, typed: str) -> list[Contact]:
    """Who may be meant: by what was typed, else by the address and the name of the request."""
    if typed:
        return search_contacts(typed, limit=SUGGESTED)
    if asked.contact is not None:
        return []
    found = list(_at_the_address(asked))
    if asked.name:
        found += [one for one in search_contacts(asked.name, limit=SUGGESTED) if one not in found]
    return found[:SUGGESTED]


def _at_the_address(asked: PersonRequest) -> Any:
    if not asked.address_hash:
        return Contact.objects.none()
    people = Contact.objects.visible().filter(emailaddress_set__address_hash=asked.address_hash)
    return people.select_related("commune").distinct().order_by(Fold("last_name"), "pk")[:SUGGESTED]


def _take(request: HttpRequest, asked: PersonRequest) -> str:
    service.take_request(request=asked, by=request.user)
    return _("It is yours: you are reminded of it.")


def _kind(request: HttpRequest, asked: PersonRequest) -> str:
    said = _said(KindForm(request.POST))
    service.set_kind(request=asked, kind=said["kind"], channels=said["channels"], by=request.user)
    return _("Saved.")


def _person(request: HttpRequest, asked: PersonRequest) -> str:
    chosen = Contact.objects.visible().filter(pk=number_of(request.POST.get("person", ""))).first()
    if chosen is None:
        raise RequestRefused(_("This person is no longer in the base."))
    service.choose_person(request=asked, contact=chosen, by=request.user)
    return _("It is about %(person)s.") % {"person": chosen}


def _ask_identity(request: HttpRequest, asked: PersonRequest) -> str:
    identity.ask_identity(request=asked, by=request.user)
    return _("The link is on its way.")


def _note_identity(request: HttpRequest, asked: PersonRequest) -> str:
    identity.note_identity(request=asked, how=_said(IdentityForm(request.POST))["how"], by=request.user)
    return _("Written down.")


def _extend(request: HttpRequest, asked: PersonRequest) -> str:
    service.extend_request(request=asked, reason=_said(ReasonForm(request.POST))["reason"], by=request.user)
    return _("Two months more; the person is told why.")


def _object(request: HttpRequest, asked: PersonRequest) -> str:
    channels = _said(ChannelsForm(request.POST))["channels"]
    service.object_for(request=asked, channels=channels, by=request.user)
    return _("They will receive no more political messages this way.")


def _make_files(request: HttpRequest, asked: PersonRequest) -> str:
    ask_for_files(request=asked, by=request.user)
    return _("The files are being made; they stand here in a moment.")


def _erase(request: HttpRequest, asked: PersonRequest) -> str:
    erase_for(request=asked, by=request.user)
    return _("Erased: nobody sees this person any more, and their data is being removed.")


def _answer(request: HttpRequest, asked: PersonRequest) -> str:
    service.answer_request(request=asked, answer=_said(AnswerForm(request.POST))["answer"], by=request.user)
    return _("Answered.")


def _refuse(request: HttpRequest, asked: PersonRequest) -> str:
    service.refuse_request(request=asked, reason=_said(ReasonForm(request.POST))["reason"], by=request.user)
    return _("Refused, and the person is told why.")


def _said(form: forms.Form) -> dict[str, Any]:
    """The checked values; raises RequestRefused with what is wrong."""
    if form.is_valid():
        return form.cleaned_data
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    raise RequestRefused(f"{label} – {errors[0]}" if label else str(errors[0]))


Act = Callable[[HttpRequest, PersonRequest], str]
ACTS: dict[str, Act] = {
    "take": _take,
    "kind": _kind,
    "person": _person,
    "elector": request_electors.name_elector,
    "not-elector": request_electors.unname_elector,
    "code": request_electors.enter_code,
    "correction": request_electors.note_correction,
    "ask-identity": _ask_identity,
    "note-identity": _note_identity,
    "extend": _extend,
    "object": _object,
    "make-files": _make_files,
    "erase": _erase,
    "answer": _answer,
    "refuse": _refuse,
}
ONLY_FRESH = {"erase"}
"""Acts that cannot be undone: asked again of whoever signed in some time ago."""
