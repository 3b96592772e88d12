"""Webhooks: which programs are told of what, what they were told, and telling it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView, View

from campaign_crm.platform.models import Webhook, WebhookDelivery
from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from campaign_crm.platform.webhooks import service
from campaign_crm.platform.webhooks.events import TEST, WebhookEvent
from campaign_crm.shell.webhook_forms import WebhookForm
from contacts.models import Territory

TITLE = gettext_lazy("Webhooks")
OVERLAP = timedelta(days=7)
State = WebhookDelivery.State
LABELS = {**dict(WebhookEvent.choices), TEST: gettext_lazy("A try")}


class Webhooks(StaffView, TemplateView):
    """Every webhook, and how it went lately."""

    right_required = Right.MANAGE_SETTINGS
    title = TITLE
    subtitle = gettext_lazy("Programs elsewhere that are told at once of what happens here, signed.")
    template_name = "crm/webhooks.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hooks = Webhook.objects.annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state=State.WAITING)),
            failed=Count("deliveries", filter=Q(deliveries__state=State.FAILED)),
            last=Max("deliveries__ended_at", filter=Q(deliveries__state=State.DELIVERED)),
        )
        return super().get_context_data(hooks=hooks.order_by("-is_active", "name", "pk"), **kwargs)


class OfOne(StaffView):
    """Pages of one webhook."""

    right_required = Right.MANAGE_SETTINGS

    @cached_property
    def hook(self) -> Webhook:
        return get_object_or_404(Webhook, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return self.hook.name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(TITLE, reverse("shell:webhooks"))]


class WebhookPage(OfOne, TemplateView):
    """What it is told, and what it was told, newest first."""

    template_name = "crm/webhook.html"

    def get_subtitle(self) -> str:
        return self.hook.url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = newest_first(self.request, self.hook.deliveries.all())
        for one in page.rows:
            one.label = LABELS.get(one.event, one.event)
        return super().get_context_data(
            hook=self.hook,
            labels=[LABELS.get(event, event) for event in self.hook.events],
            place=Territory.objects.filter(pk=self.hook.territory or 0).first(),
            page=page,
            **kwargs,
        )


class FormOfWebhook(StaffView, FormView):
    right_required = Right.MANAGE_SETTINGS
    form_class = WebhookForm
    template_name = "crm/webhook_form.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(TITLE, reverse("shell:webhooks"))]


class WebhookNew(FormOfWebhook):
    """Make a webhook; its secret is on the answer and nowhere else."""

    title = gettext_lazy("Add a webhook")

    def form_valid(self, form: WebhookForm) -> HttpResponse:
        try:
            hook = service.create_webhook(by=self.request.user, **form.asked())
        except service.WebhookRefused as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return show_secret(self, hook, hook.secret)


class WebhookEdit(FormOfWebhook):
    """Change what it is told, or where."""

    @cached_property
    def hook(self) -> Webhook:
        return get_object_or_404(Webhook, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return self.hook.name

    def get_initial(self) -> dict[str, Any]:
        fields = ("name", "url", "events", "tells_people", "territory", "is_active")
        return {field: getattr(self.hook, field) for field in fields}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(hook=self.hook, **kwargs)

    def form_valid(self, form: WebhookForm) -> HttpResponse:
        is_active = form.cleaned_data["is_active"]
        try:
            service.update_webhook(
                webhook=self.hook, is_active=is_active, by=self.request.user, **form.asked()
            )
        except service.WebhookRefused as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Saved."))
        return redirect("shell:webhook", pk=self.hook.pk)


class WebhookAct(OfOne, View):
    """A try, the same again, another secret, or the end."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        act, hook = request.POST.get("act", ""), self.hook
        if act == "delete":
            service.delete_webhook(webhook=hook, by=request.user)
            messages.success(request, _("“%(name)s” is told nothing more.") % {"name": hook.name})
            return redirect("shell:webhooks")
        if act == "rotate":
            secret = service.rotate_secret(webhook=hook, overlap=OVERLAP, by=request.user)
            page = WebhookNew()
            page.setup(request)
            return show_secret(page, hook, secret)
        try:
            self._tell(act, hook)
        except service.WebhookRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("It is told in a moment."))
        return redirect("shell:webhook", pk=pk)

    def _tell(self, act: str, hook: Webhook) -> None:
        if act == "test":
            service.send_test(webhook=hook, by=self.request.user)
        elif act == "replay":
            number = number_of(self.request.POST.get("delivery", "")) or 0
            service.replay(delivery=get_object_or_404(hook.deliveries, pk=number), by=self.request.user)
        else:
            raise Http404


def show_secret(page: FormOfWebhook, hook: Webhook, secret: str) -> HttpResponse:
    """The secret of a webhook, shown this once."""
    answer = page.render_to_response(page.get_context_data(hook=hook, secret=secret, title=hook.name))
    add_never_cache_headers(answer)
    return answer
