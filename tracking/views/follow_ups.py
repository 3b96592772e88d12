"""My follow-ups, giving people to somebody, and the follow-ups of one person on their page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.models import Contact
from tracking.errors import TrackingError
from tracking.follow_ups import batches, selectors, service
from tracking.follow_ups.forms import GiveForm, PostponeForm, TaskForm
from tracking.inbox.selectors import waiting_for
from tracking.models import Task

OF_A_PERSON = 20
ON_THE_HOME_PAGE = 5


class FollowUps(StaffView, TemplateView):
    """What the member has to do, the most urgent first."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    title = gettext_lazy("My follow-ups")
    template_name = "tracking/follow_ups/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        show = self.request.GET.get("show", "due")
        show = show if show in selectors.FILTERS else "due"
        user = self.request.user
        return super().get_context_data(
            tasks=selectors.tasks(show, user=user)[: selectors.SHOWN],
            show=show,
            chips=selectors.chips(show, user=user),
            today=timezone.localdate(),
            may_give=user.has_right(Right.EDIT_PEOPLE),
            **kwargs,
        )


class WaitingForYou(StaffView, View):
    """Of the home page: what waits for the member who opened it; nothing at all where nothing does."""

    right_required = None

    def get(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        context = {
            "tasks": selectors.tasks("due", user=user)[:ON_THE_HOME_PAGE],
            "conversations": waiting_for(user) if user.has_right(Right.USE_INBOX) else 0,
            "today": timezone.localdate(),
        }
        return render(request, "tracking/follow_ups/home.html", context)


class GivePeople(StaffView, TemplateView):
    """Share out the people of a segment or list: each is a follow-up of one member."""

    right_required = Right.EDIT_PEOPLE
    in_territory = True
    title = gettext_lazy("Give people to somebody")
    subtitle = gettext_lazy(
        "A follow-up for each of them; people who have one of the same name are left out."
    )
    template_name = "tracking/follow_ups/give.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("My follow-ups"), reverse("tracking:follow_ups"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = {"people": request.GET.get("people", "")}
        return self.page(GiveForm(user=request.user, initial=chosen))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = GiveForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.page(form, status=422)
        given = form.cleaned_data
        try:
            batches.give_people(
                audience=form.audience(),
                most=given["most"],
                title=given["title"],
                due_on=given["due_on"],
                owner=given["owner"],
                by=request.user,
            )
        except TrackingError as error:
            form.add_error(None, str(error))
            return self.page(form, status=422)
        messages.success(request, _("They are being shared out; you are told when it is done."))
        return redirect("tracking:follow_ups")

    def page(self, form: GiveForm, status: int = 200) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(form=form), status=status)


class PersonFollowUps(StaffView, View):
    """The follow-ups of one person, as a part of their page; a POST adds one."""

    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.EDIT_PEOPLE
    in_territory = True

    @cached_property
    def contact(self) -> Contact:
        return get_object_or_404(Contact.objects.visible(), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._part(TaskForm(user=request.user, auto_id="task_%s"))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = self.contact  # first of all: is there such a person, for this member?
        form = TaskForm(request.POST, user=request.user, auto_id="task_%s")
        if form.is_valid():
            try:
                service.create_task(contact=contact, by=request.user, **form.cleaned_data)
            except TrackingError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Follow-up added."))
                return redirect("contacts:person", pk=pk)
        messages.error(request, " ".join(error for found in form.errors.values() for error in found))
        return redirect("contacts:person", pk=pk)

    def _part(self, form: TaskForm) -> HttpResponse:
        found = Task.objects.all().open().filter(contact=self.contact).select_related("owner")
        context = {
            "contact": self.contact,
            "tasks": found.order_by("due_on", "pk")[:OF_A_PERSON],
            "task_form": form,
            "today": timezone.localdate(),
            "may_edit": self.request.user.has_right(Right.EDIT_PEOPLE),
            "back": reverse("contacts:person", args=[self.contact.pk]),
        }
        return render(self.request, "tracking/follow_ups/of_person.html", context)


Act = Callable[[HttpRequest, Task], None]


class TaskAct(StaffView, View):
    """Done, given up, to do again, another day: of one's own; of others' for whoever may edit people."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        if act not in ACTS:
            raise Http404
        found = Task.objects.filter(contact__erased_at=None)
        if not request.user.has_right(Right.EDIT_PEOPLE):
            found = found.filter(owner=request.user)
        task = get_object_or_404(found.select_related("contact"), pk=pk)
        try:
            ACTS[act](request, task)
        except TrackingError as error:
            messages.error(request, str(error))
        back = request.POST.get("back", "")
        safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        to = back if safe and back.startswith("/") else "tracking:follow_ups"
        return redirect(to)  # nosemgrep - a path of ours


def _done(request: HttpRequest, task: Task) -> None:
    service.end_task(task=task, state=Task.State.DONE, by=request.user)
    messages.success(request, _("Done: %(what)s.") % {"what": task.title})


def _drop(request: HttpRequest, task: Task) -> None:
    service.end_task(task=task, state=Task.State.DROPPED, by=request.user)
    messages.success(request, _("Given up: %(what)s.") % {"what": task.title})


def _reopen(request: HttpRequest, task: Task) -> None:
    service.reopen_task(task=task, by=request.user)


def _postpone(request: HttpRequest, task: Task) -> None:
    steps = {"day": timedelta(days=1), "week": timedelta(days=7)}
    step = steps.get(request.POST.get("by", ""))
    if step is not None:
        until = max(task.due_on, timezone.localdate()) + step
    else:
        form = PostponeForm(request.POST)
        if not form.is_valid():
            raise TrackingError(_("Choose a day."))
        until = form.cleaned_data["until"]
    service.postpone_task(task=task, until=until, by=request.user)
    messages.success(request, _("Put off."))


ACTS: dict[str, Act] = {"done": _done, "drop": _drop, "reopen": _reopen, "postpone": _postpone}
