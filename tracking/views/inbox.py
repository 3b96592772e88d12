"""The inbox: conversations, one conversation, what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import line_of, number_of
from contacts.models import Reach, Tag
from contacts.registry import registry
from contacts.services.openings import note_opened_with_person
from messaging.models import Reply
from messaging.services.personal_mail import MayNotBeWrittenTo, why_not_written_to
from messaging.services.reply_requests import request_of
from tracking.errors import TrackingError
from tracking.inbox import selectors, service
from tracking.inbox.forms import SnoozeForm, WriteForm
from tracking.inbox.ready import filled
from tracking.inbox.sending import states_of
from tracking.inbox.sources import find_source
from tracking.inbox.threads import answer_subject, thread_of
from tracking.models import CannedAnswer, Conversation, ConversationMessage
from tracking.whose import members_with

READY_SHOWN = 60
LATELY = 5  # lines of the person's timeline beside a conversation


class Inbox(StaffView, TemplateView):
    """What waits for an answer; quick filters say whose it is."""

    right_required = Right.USE_INBOX
    in_territory = True
    title = gettext_lazy("Inbox")
    template_name = "tracking/inbox/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, asked = self.request.user, self.request.GET
        show = asked.get("show", "open")
        show = show if show in selectors.FILTERS else "open"
        words = line_of(asked.get("q", ""), at_most=100)
        found = selectors.conversations(show, user=user, words=words)
        rows, following = selectors.page_of(found, show=show, before=asked.get("before", ""))
        query = {"show": show, "q": words, "before": following}
        return super().get_context_data(
            rows=rows,
            next_url=f"?{urlencode(query)}" if following else "",
            show=show,
            q=words,
            chips=selectors.chips(show, user=user),
            **kwargs,
        )


class _OfConversation(StaffView):
    right_required = Right.USE_INBOX
    in_territory = True

    @cached_property
    def conversation(self) -> Conversation:
        found = Conversation.objects.all().shown().select_related("contact__commune", "assignee")
        return get_object_or_404(found, pk=self.kwargs["pk"])


class ConversationPage(_OfConversation, TemplateView):
    """Everything that was said, a place to answer, and who the person is."""

    template_name = "tracking/inbox/conversation.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_opened_with_person(self.conversation, self.conversation.contact_id, by=request.user)
        return self.page(WriteForm(initial=self._initial()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = WriteForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            service.answer(
                conversation=self.conversation,
                by=request.user,
                done="done" in request.POST,
                **form.cleaned_data,
            )
        except (TrackingError, MayNotBeWrittenTo) as error:
            form.add_error(None, str(error))
            return self.page(form, status=422)
        messages.success(request, _("Your answer is on its way."))
        return redirect("tracking:inbox" if "done" in request.POST else request.path)

    def page(self, form: WriteForm, status: int = 200) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(form=form), status=status)

    def get_title(self) -> str:
        return self.conversation.subject or _("no subject")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Inbox"), reverse("tracking:inbox"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one, user = self.conversation, self.request.user
        said = list(one.messages.select_related("author").order_by("at", "pk"))
        states = states_of(said)
        theirs = [message for message in said if message.direction == ConversationMessage.Direction.IN]
        return super().get_context_data(
            conversation=one,
            said=[
                (
                    message,
                    find_source(message.source),
                    states.get(message.pk),
                    thread_of(message.subject) != one.thread,
                )
                for message in said
            ],
            refusal=self._refusal(theirs),
            members=members_with(Right.USE_INBOX),
            snooze_form=SnoozeForm(auto_id="snooze_%s"),
            ready=[
                (answer, filled(answer.text, contact=one.contact, by=user))
                for answer in CannedAnswer.objects.all()[:READY_SHOWN]
            ],
            about_data=self._about_data(theirs),
            **self._person(),
            **kwargs,
        )

    def _initial(self) -> dict[str, str]:
        ready = number_of(self.request.GET.get("ready", ""))
        chosen = CannedAnswer.objects.filter(pk=ready).first() if ready is not None else None
        text = filled(chosen.text, contact=self.conversation.contact, by=self.request.user) if chosen else ""
        return {"subject": answer_subject(self.conversation.subject), "text": text}

    def _refusal(self, theirs: list[ConversationMessage]) -> str:
        """Why nothing can be written here; empty when something can."""
        contact = self.conversation.contact
        if contact is not None:
            return why_not_written_to(contact, answers=bool(theirs))
        return "" if any(message.address for message in theirs) else _("No address is known.")

    def _person(self) -> dict[str, Any]:
        contact = self.conversation.contact
        if contact is None or not self.request.user.has_right(Right.VIEW_PEOPLE):
            return {}
        return {
            "person": contact,
            "reach": Reach.objects.filter(contact=contact).order_by("channel"),
            "lately": registry.timeline_entries(contact.pk, before=None, limit=LATELY),
            "tags": Tag.objects.filter(contact_links__contact=contact).order_by("name"),
        }

    def _about_data(self, theirs: list[ConversationMessage]) -> dict[str, Any] | None:
        """The last answer by e-mail, which may ask something of their data."""
        last = next((message for message in reversed(theirs) if message.source == "reply"), None)
        reply = Reply.objects.filter(pk=number_of(last.source_key)).first() if last is not None else None
        if reply is None or not self.request.user.has_right(Right.EDIT_COMPLIANCE):
            return None
        return {"reply": reply, "opened": request_of(reply)}


Act = Callable[[HttpRequest, Conversation], None]


class ConversationAct(_OfConversation, View):
    """Small acts, each a POST that returns to the conversation, or to the list once it is done with."""

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        if act not in ACTS:
            raise Http404
        try:
            ACTS[act](request, self.conversation)
        except TrackingError as error:
            messages.error(request, str(error))
            return redirect("tracking:conversation", pk)
        return redirect("tracking:inbox") if act in LEAVES else redirect("tracking:conversation", pk)


def _take(request: HttpRequest, conversation: Conversation) -> None:
    service.assign(conversation=conversation, to=request.user, by=request.user)


def _assign(request: HttpRequest, conversation: Conversation) -> None:
    chosen = number_of(request.POST.get("to", ""))
    to = User.objects.filter(pk=chosen, is_active=True).first() if chosen is not None else None
    service.assign(conversation=conversation, to=to, by=request.user)
    messages.success(request, _("Given to %(who)s.") % {"who": to} if to else _("Given back to everybody."))


def _snooze(request: HttpRequest, conversation: Conversation) -> None:
    form = SnoozeForm(request.POST)
    until = form.moment() if form.is_valid() else None
    if until is None:
        raise TrackingError(_("Choose a day."))
    service.snooze(conversation=conversation, until=until, by=request.user)
    messages.success(request, _("Put off. It comes back by itself, or when the person writes."))


def _done(request: HttpRequest, conversation: Conversation) -> None:
    service.finish(conversation=conversation, by=request.user)
    messages.success(request, _("Done with."))


def _reopen(request: HttpRequest, conversation: Conversation) -> None:
    service.reopen(conversation=conversation, by=request.user)


ACTS: dict[str, Act] = {
    "take": _take,
    "assign": _assign,
    "snooze": _snooze,
    "done": _done,
    "reopen": _reopen,
}
LEAVES = frozenset({"snooze", "done"})
