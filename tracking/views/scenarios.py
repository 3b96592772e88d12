"""Scenarios: the list, a new one, one with its steps and its people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from tracking.errors import TrackingError
from tracking.models import Scenario, ScenarioPerson, ScenarioStep
from tracking.scenarios import presets, selectors, service
from tracking.scenarios.forms import STEP_FORMS, ScenarioForm, StepForm


class ScenarioList(StaffView, TemplateView):
    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Scenarios")
    subtitle = gettext_lazy("What happens by itself after a sign-up, a tag, a click or on a day.")
    template_name = "tracking/scenarios/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            scenarios=[(one, selectors.trigger_words(one)) for one in selectors.scenarios()],
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
            **kwargs,
        )


class EditScenario(StaffView, TemplateView):
    """A new one from a preset, or the name, beginning and sender of one."""

    right_required = Right.EDIT_CAMPAIGN
    template_name = "tracking/scenarios/edit.html"

    @cached_property
    def scenario(self) -> Scenario | None:
        pk = self.kwargs.get("pk")
        return get_object_or_404(Scenario, pk=pk) if pk is not None else None

    def get_title(self) -> str:
        return str(self.scenario) if self.scenario is not None else _("New scenario")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Scenarios"), reverse("tracking:scenarios"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(ScenarioForm(scenario=self.scenario))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ScenarioForm(request.POST, scenario=self.scenario)
        if not form.is_valid():
            return self.page(form, status=422)
        given = {
            "name": form.cleaned_data["name"],
            "trigger": form.beginning(),
            "sender": form.cleaned_data["sender"],
            "by": request.user,
        }
        try:
            if self.scenario is None:
                made = presets.from_preset(form.cleaned_data["preset"], **given)
            else:
                service.update_scenario(scenario=self.scenario, **given)
                made = self.scenario
        except TrackingError as error:
            form.add_error(None, str(error))
            return self.page(form, status=422)
        return redirect("tracking:scenario", made.pk)

    def page(self, form: ScenarioForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, scenario=self.scenario)
        return render(self.request, self.template_name, context, status=status)


class _OfScenario(StaffView):
    right_required = Right.VIEW_CAMPAIGNS

    @cached_property
    def scenario(self) -> Scenario:
        found = Scenario.objects.select_related("sender", "created_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Scenarios"), reverse("tracking:scenarios"))]


class ScenarioPage(_OfScenario, TemplateView):
    """Its steps in order, how many people stand before each, and what keeps it from running."""

    template_name = "tracking/scenarios/page.html"

    def get_title(self) -> str:
        return str(self.scenario)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one, user = self.scenario, self.request.user
        may_edit = user.has_right(Right.EDIT_CAMPAIGN) and one.state != Scenario.State.ENDED
        may_run = user.has_right(Right.SEND_CAMPAIGN)
        starting = may_run and one.state in (Scenario.State.DRAFT, Scenario.State.PAUSED)
        return super().get_context_data(
            scenario=one,
            trigger=selectors.trigger_words(one),
            steps=selectors.shown_steps(one),
            counts=selectors.counts(one),
            stopped=selectors.why_stopped(one),
            faults=service.faults(one, by=user) if starting else [],
            starting=starting,
            may_edit=may_edit,
            may_run=may_run,
            kinds=[(kind, ScenarioStep.Kind(kind).label, selectors.ICONS[kind]) for kind in STEP_FORMS],
            **kwargs,
        )


class ScenarioPeople(_OfScenario, TemplateView):
    """Who is in it, where they stand, what comes next and when, and why they stopped."""

    right_required = Right.VIEW_PEOPLE
    template_name = "tracking/scenarios/people.html"

    def get_title(self) -> str:
        return _("People in “%(name)s”") % {"name": self.scenario}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        own = (str(self.scenario), reverse("tracking:scenario", args=[self.scenario.pk]))
        return [*super().get_breadcrumbs(), own]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("state", "")
        rows = ScenarioPerson.objects.filter(scenario=self.scenario, contact__erased_at=None)
        if asked in ScenarioPerson.State.values:
            rows = rows.filter(state=asked)
        steps = list(self.scenario.steps.order_by("position", "pk"))
        words = {shown.step.pk: shown for shown in selectors.shown_steps(self.scenario)}
        page = newest_first(self.request, rows.select_related("contact"))
        shown = []
        for row in page.rows:
            following = selectors.next_step_of(steps, row.last_step_id)
            upcoming = words.get(following.pk) if following is not None else None
            shown.append((row, upcoming, selectors.WHY.get(row.reason, row.reason)))
        return super().get_context_data(
            scenario=self.scenario,
            page=page,
            shown=shown,
            state=asked,
            states=[("", _("All")), *ScenarioPerson.State.choices],
            may_run=self.request.user.has_right(Right.SEND_CAMPAIGN),
            **kwargs,
        )


class EditStep(_OfScenario, TemplateView):
    """A new step of a kind, or the content of one."""

    right_required = Right.EDIT_CAMPAIGN
    template_name = "tracking/scenarios/step.html"

    @cached_property
    def step(self) -> ScenarioStep | None:
        pk = self.kwargs.get("step")
        return get_object_or_404(self.scenario.steps.all().standing(), pk=pk) if pk is not None else None

    @property
    def kind(self) -> str:
        kind = self.step.kind if self.step is not None else self.kwargs.get("kind", "")
        if kind not in STEP_FORMS:
            raise Http404
        return kind

    def get_title(self) -> str:
        return str(ScenarioStep.Kind(self.kind).label)

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        own = (str(self.scenario), reverse("tracking:scenario", args=[self.scenario.pk]))
        return [*super().get_breadcrumbs(), own]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            data = form.data_of_step()
            if self.step is not None:
                service.change_step(step=self.step, data=data, by=request.user)
            else:
                after = number_of(request.GET.get("after", ""))
                service.add_step(
                    scenario=self.scenario, kind=self.kind, data=data, after=after, by=request.user
                )
        except TrackingError as error:
            form.add_error(None, str(error))
            return self.page(form, status=422)
        return redirect("tracking:scenario", self.scenario.pk)

    def page(self, form: StepForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, scenario=self.scenario, step=self.step, kind=self.kind)
        return render(self.request, self.template_name, context, status=status)

    def _form(self, data: Any = None) -> StepForm:
        held = self.step.data if self.step is not None else None
        return STEP_FORMS[self.kind](data, user=self.request.user, held=held)


class StepAct(_OfScenario, View):
    """Take a step out, or let it change places."""

    right_required = Right.EDIT_CAMPAIGN

    def post(self, request: HttpRequest, pk: int, step: int, act: str) -> HttpResponse:
        found = get_object_or_404(self.scenario.steps.all().standing(), pk=step)
        try:
            if act == "remove":
                service.remove_step(step=found, by=request.user)
            elif act in ("up", "down"):
                service.move_step(step=found, up=act == "up", by=request.user)
            else:
                raise Http404
        except TrackingError as error:
            messages.error(request, str(error))
        return redirect("tracking:scenario", pk)


class ScenarioAct(_OfScenario, View):
    """Let it run, pause it, end it; take one person out."""

    right_required = Right.SEND_CAMPAIGN

    def is_a_stop(self, request: HttpRequest) -> bool:
        return self.kwargs["act"] != "start"

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        acts = {"start": service.start, "pause": service.pause, "end": service.end}
        if act == "out":
            person = get_object_or_404(
                ScenarioPerson, scenario=self.scenario, pk=number_of(request.POST.get("person", "")) or 0
            )
            service.take_out(person=person, by=request.user)
            messages.success(request, _("Taken out."))
            return redirect("tracking:scenario_people", pk)
        if act == "copy":
            return redirect("tracking:scenario", service.copy(scenario=self.scenario, by=request.user).pk)
        if act not in acts:
            raise Http404
        try:
            acts[act](scenario=self.scenario, by=request.user)
        except TrackingError as error:
            messages.error(request, str(error))
        return redirect("tracking:scenario", pk)
