"""Recurring imports: the list, one of them with what it took, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.imports.errors import ImportProblem
from contacts.imports.recurring import service, sftp
from contacts.imports.recurring.errors import UnknownHostKey
from contacts.imports.recurring.watching import questions_of, waiting_words
from contacts.models import Import, RecurringImport
from contacts.views.import_recurring import offered_places
from contacts.views.recurring_forms import FORM_OF, RecurringForm

Place = RecurringImport.Place
IMPORTS_SHOWN = 20
REFUSED_SHOWN = 10


@dataclass(frozen=True)
class ShownState:
    """A recurring import in one word; `mood` is the badge's: ok, info, accent, bad or empty."""

    words: str
    mood: str


def shown_state(recurring: RecurringImport) -> ShownState:
    if recurring.open_import is not None and recurring.questions:
        return ShownState(_("Waits for you"), "accent")
    if recurring.error:
        return ShownState(_("Failed"), "bad")
    if recurring.open_import is not None or (recurring.job and recurring.job.finished_at is None):
        return ShownState(_("At work"), "info")
    return ShownState(_("Paused"), "") if recurring.is_paused else ShownState(_("In use"), "ok")


class RecurringList(StaffView, TemplateView):
    right_required = Right.IMPORT_PEOPLE
    title = gettext_lazy("Recurring imports")
    subtitle = gettext_lazy("Folders and address books that are looked at again: what is new comes in.")
    template_name = "contacts/recurring/list.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        last = Import.objects.filter(recurring=OuterRef("pk")).order_by("-pk")
        found = RecurringImport.objects.select_related("source", "open_import", "job").order_by("name")
        shown = [
            (one, shown_state(one))
            for one in found.annotate(
                last_at=Subquery(last.values("created_at")[:1]), last_state=Subquery(last.values("state")[:1])
            )
        ]
        return super().get_context_data(recurring=shown, places=offered_places(), **kwargs)


class RecurringView(StaffView, TemplateView):
    """Base of the pages of one recurring import."""

    right_required = Right.IMPORT_PEOPLE

    @cached_property
    def recurring(self) -> RecurringImport:
        found = RecurringImport.objects.select_related("source", "open_import", "job", "created_by")
        one: RecurringImport = get_object_or_404(found, pk=self.kwargs["pk"])
        return one

    def get_title(self) -> str:
        return self.recurring.name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [
            (_("Imports"), reverse("contacts:imports")),
            (_("Recurring imports"), reverse("contacts:recurring_imports")),
        ]


class RecurringPage(RecurringView):
    """Where it is read, when it is next, why it waits or failed, and the imports it made."""

    template_name = "contacts/recurring/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one = self.recurring
        return super().get_context_data(
            one=one,
            state=shown_state(one),
            waiting=waiting_words(questions_of(one.open_import)) if one.open_import is not None else "",
            address=_address(one),
            fingerprint=sftp.fingerprint(one.host_key) if one.host_key else "",
            needs_key=one.place == Place.SFTP and not one.host_key,
            imports=one.imports.select_related("job").order_by("-pk")[:IMPORTS_SHOWN],
            refused=one.files.exclude(error="").order_by("-pk")[:REFUSED_SHOWN],
            **kwargs,
        )


def _address(recurring: RecurringImport) -> str:
    location = recurring.location
    if recurring.place == Place.FOLDER:
        return location.get("path") or "/"
    if recurring.place == Place.CARDDAV:
        return str(location["url"])
    return f"{location['user']}@{location['host']}:{location['port']} {location.get('path') or ''}".strip()


class EditRecurring(RecurringView):
    """Set one up (`?place=`, `?like=` an import) or change it."""

    template_name = "contacts/recurring/edit.html"

    def get_title(self) -> str:
        return self.recurring.name if "pk" in self.kwargs else _("New recurring import")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "pk" not in self.kwargs and self._place not in dict(offered_places()):
            return redirect("contacts:recurring_imports")
        return self._page(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            one = self._saved(form)
        except ImportProblem as problem:
            form.add_error(None, str(problem))
            return self._page(form, status=422)
        messages.success(request, _("Saved."))
        return redirect("contacts:recurring", pk=one.pk)

    def _saved(self, form: RecurringForm) -> RecurringImport:
        given: dict[str, Any] = {
            "credentials": form.credentials,
            "location": form.location,
            "by": self.request.user,
            **form.values,
        }
        if "pk" in self.kwargs:
            return service.change_recurring(recurring=self.recurring, **given)
        kind = self._like.kind if self._like else form.cleaned_data["kind"]
        return service.create_recurring(place=self._place, kind=kind, like=self._like, **given)

    @property
    def _place(self) -> str:
        return self.recurring.place if "pk" in self.kwargs else self.request.GET.get("place", "")

    @cached_property
    def _like(self) -> Import | None:
        """An import that went well, whose kind, source, columns and options are taken over."""
        chosen = self.request.GET.get("like", "")
        done = Import.objects.filter(state=Import.State.DONE).select_related("source")
        return done.filter(pk=chosen).first() if chosen.isdecimal() else None

    def _form(self, data: Any = None) -> RecurringForm:
        recurring = self.recurring if "pk" in self.kwargs else None
        return FORM_OF[self._place](data, recurring=recurring, like=None if recurring else self._like)

    def _page(self, form: RecurringForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form, place=Place(self._place).label, known="pk" in self.kwargs, like=self._like
        )
        return render(self.request, self.template_name, context, status=status)


class ActOnRecurring(RecurringView):
    """One act by POST: `test`, `look`, `pause`, `resume`, `key` or `delete`; a refusal is a message."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        acts = {
            "test": self._test,
            "look": self._look,
            "pause": self._pause,
            "resume": self._resume,
            "key": self._key,
            "delete": self._delete,
        }
        act = acts.get(self.kwargs["act"])
        if act is None:
            return redirect("contacts:recurring", pk=self.recurring.pk)
        try:
            return act() or redirect("contacts:recurring", pk=self.recurring.pk)
        except UnknownHostKey as unknown:
            context = {"one": self.recurring, "shown": unknown.shown, "words": str(unknown)}
            context["fingerprint"] = sftp.fingerprint(unknown.shown)
            return render(request, "contacts/recurring/key.html", self.get_context_data(**context))
        except ImportProblem as problem:
            messages.error(request, str(problem))
            return redirect("contacts:recurring", pk=self.recurring.pk)

    def _test(self) -> None:
        found = service.test_connection(recurring=self.recurring)
        words = (
            ngettext("It works: %(n)s card is there.", "It works: %(n)s cards are there.", found)
            if self.recurring.place == Place.CARDDAV
            else ngettext("It works: %(n)s file is there.", "It works: %(n)s files are there.", found)
        )
        messages.success(self.request, words % {"n": found})

    def _look(self) -> None:
        service.look_now(recurring=self.recurring, by=self.request.user)
        messages.success(self.request, _("It is being looked at."))

    def _pause(self) -> None:
        service.pause_recurring(recurring=self.recurring, by=self.request.user)

    def _resume(self) -> None:
        service.resume_recurring(recurring=self.recurring, by=self.request.user)

    def _key(self) -> None:
        key = self.request.POST.get("host_key", "")
        service.confirm_host_key(recurring=self.recurring, host_key=key, by=self.request.user)
        messages.success(self.request, _("The server is confirmed."))

    def _delete(self) -> HttpResponse:
        service.delete_recurring(recurring=self.recurring, by=self.request.user)
        messages.success(self.request, _("Deleted. What it imported stays."))
        return redirect("contacts:recurring_imports")
