"""Exports: asked for from a list of people, approved, taken by who asked; and whose a leaked address was."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import line_of, number_of, numbers_of
from contacts.enums import Channel
from contacts.errors import ContactsError
from contacts.exports.columns import COLUMNS, USUAL
from contacts.exports.concerned import (
    approvers_beside,
    may_decide,
    may_see,
    may_stop,
    needs_approval,
    taken_unseen,
)
from contacts.exports.errors import ExportRefused
from contacts.exports.marking import export_of
from contacts.exports.scopes import SELECTED_AT_MOST, Scope, ScopeGone, people_in, scope_words
from contacts.models import Export, Incident, Segment
from contacts.registry import registry
from contacts.selectors import lists_here
from contacts.services.export_files import take, token_of
from contacts.services.exports import approve, ask_people, decline, stop


class NewExport(StaffView, TemplateView):
    """What leaves, how many people, and what for: a button a purpose, so that small ones take two clicks."""

    right_required = Right.EXPORT_PEOPLE
    in_territory = True
    title = gettext_lazy("Export people")
    template_name = "contacts/exports/new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Exports"), reverse("contacts:exports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = self.scope
        try:
            rows = people_in(scope).count()
        except ScopeGone as error:
            raise Http404(str(error)) from error
        above = needs_approval(rows, self.request.user)
        territories = self.request.user.scope_of(Right.EXPORT_PEOPLE)
        approvers = approvers_beside(self.request.user, None if territories is None else sorted(territories))
        return super().get_context_data(
            scope=scope_words(scope),
            rows=rows,
            words=_("To tell those whom an incident concerns") if "incident" in scope else "",
            needs_approval=above,
            before=taken_unseen(self.request.user) if above else 0,
            approvers=approvers if above else [],
            columns=[(key, label, key in USUAL) for key, label in COLUMNS.items()],
            purposes=[one for one in Export.Purpose.choices if one[0] != Export.Purpose.OTHER],
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            export = ask_people(
                scope=self.scope,
                columns=request.POST.getlist("column"),
                purpose=request.POST.get("purpose", ""),
                words=line_of(request.POST.get("words", ""), at_most=500),
                by=request.user,
            )
        except ContactsError as error:
            return self.render_to_response(self.get_context_data(error=str(error)), status=422)
        return redirect("contacts:export", pk=export.pk)

    @cached_property
    def scope(self) -> Scope:
        """From the address: ?segment=, ?list=, ?person=…, or the filters of the list of people."""
        asked = self.request.GET
        if (segment := number_of(asked.get("segment", ""))) is not None:
            get_object_or_404(Segment.objects.visible_to(self.request.user), pk=segment)
            return {"segment": segment}
        if (chosen := number_of(asked.get("list", ""))) is not None:
            get_object_or_404(lists_here(self.request.user), pk=chosen)
            return {"list": chosen}
        if (incident := number_of(asked.get("incident", ""))) is not None:
            if self.request.user.scope_of(Right.CHANGE_RULES) is not None:
                raise Http404
            get_object_or_404(Incident, pk=incident)
            return {"incident": incident}
        for name in registry.export_scopes:
            if (number := number_of(asked.get(name, ""))) is not None:
                return {name: number}  # `people_in` says when it is not there
        if people := numbers_of(asked.getlist("person")):
            return {"selected": people[:SELECTED_AT_MOST]}
        can = asked.get("can", "")
        department = number_of(asked.get("department", ""))
        return {
            **({"can": can} if can in (*Channel.values, "none") else {}),
            **({"department": department} if department is not None else {}),
        }


class ExportList(StaffView, TemplateView):
    """One's own; those that wait for one's approval; whose file an address was found in."""

    right_required = None
    title = gettext_lazy("Exports")
    subtitle = gettext_lazy("Every file of people that left the product: who asked, what for, who agreed.")
    template_name = "contacts/exports/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        waiting = Export.objects.filter(state__in=[Export.State.WAITING, Export.State.COOLING])
        seen = Export.objects.seen_by(user).select_related("requested_by")
        leaked = line_of(self.request.GET.get("leaked", ""), at_most=254)
        may_trace = user.scope_of(Right.APPROVE_EXPORT) is None
        return super().get_context_data(
            page=newest_first(self.request, seen),
            waiting=[one for one in waiting.select_related("requested_by") if may_decide(one, user)],
            everybody=may_trace,
            leaked=leaked if may_trace else "",
            leaked_from=export_of(leaked) if leaked and may_trace else None,
            **kwargs,
        )


class ExportPageMixin(StaffView):
    """Pages of one export: of who asked, and of whoever watches over exports."""

    right_required: str | None = None

    def export(self) -> Export:
        if not hasattr(self, "_export"):
            exports = Export.objects.select_related("requested_by", "decided_by")
            self._export: Export = get_object_or_404(exports, pk=self.kwargs["pk"])
            if not may_see(self._export, self.request.user):
                raise Http404
        return self._export


class ExportPage(ExportPageMixin, TemplateView):
    template_name = "contacts/exports/page.html"

    def get_title(self) -> str:
        return _("Export %(number)s") % {"number": self.export().pk}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Exports"), reverse("contacts:exports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        export, user = self.export(), self.request.user
        is_theirs = export.requested_by_id == user.pk
        return super().get_context_data(
            export=export,
            scope=scope_words(export.scope),
            columns=[COLUMNS[column] for column in export.columns],
            may_decide=export.state == Export.State.WAITING and may_decide(export, user),
            may_stop=may_stop(export, user),
            token=token_of(export) if is_theirs and export.can_be_taken else "",
            **kwargs,
        )


class DecideExport(ExportPageMixin, View):
    """Approve, decline or stop. To approve asks the second step and a fresh sign-in."""

    in_territory = True
    http_method_names = ["post"]

    def right_for(self, request: HttpRequest) -> str | None:
        return Right.APPROVE_EXPORT if self.kwargs["act"] == "approve" else None

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        export = self.export()
        try:
            if act == "approve":
                approve(export=export, by=request.user)
                messages.success(request, _("Approved: the file is being made."))
            elif act == "decline":
                reason = line_of(request.POST.get("reason", ""), at_most=500)
                decline(export=export, reason=reason, by=request.user)
                messages.success(request, _("Whoever asked is told why."))
            elif act == "stop":
                stop(export=export, by=request.user)
                messages.success(request, _("Stopped. If a file was made, it is deleted."))
            else:
                raise Http404
        except ExportRefused as error:
            messages.error(request, str(error))
        return redirect("contacts:export", pk=pk)


class TakeExport(ExportPageMixin, View):
    """The file itself, by its link: signed, for who asked, for a time, on a fresh sign-in."""

    right_required = Right.EXPORT_PEOPLE
    in_territory = True
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        export = self.export()
        try:
            blocks = take(export=export, token=request.GET.get("link", ""), by=request.user)
        except ExportRefused as error:
            messages.error(request, str(error))
            return redirect("contacts:export", pk=pk)
        answer = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="export-{export.pk}.csv"'
        answer["Cache-Control"] = "no-store"
        return answer
