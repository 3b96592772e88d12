"""The do-not-contact list: looked up by address, never shown as a list of addresses (it holds none)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.paging import newest_first
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import Suppression
from contacts.services.addresses import InvalidAddress
from contacts.services.objections import ObjectionRefused, object_to_post
from contacts.services.suppressions import address_hash_for, suppress

BY_ADDRESS = (Channel.EMAIL, Channel.SMS, Channel.CALL)
COUNTS = "objections-by-reason"
COUNTED_SECONDS = 60  # the list outlives everything: it is not counted at each look


class ObjectionForm(forms.Form):
    """Somebody asked not to be written to."""

    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), choices=[(channel.value, channel.label) for channel in BY_ADDRESS]
    )
    address = forms.CharField(label=gettext_lazy("E-mail or phone"), max_length=254)


class PostObjectionForm(forms.Form):
    """Somebody asked for no more letters: their name, where they live."""

    name = forms.CharField(label=gettext_lazy("First and last name"), max_length=200)
    line = forms.CharField(label=gettext_lazy("Number and street"), max_length=200)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=16, required=False)
    city = forms.CharField(label=gettext_lazy("Town"), max_length=100, required=False)


class SuppressionList(StaffView, TemplateView):
    """Counts, newest entries, a look-up, and "this person asked not to be written to"."""

    right_required = Right.VIEW_COMPLIANCE
    right_to_write = Right.EDIT_COMPLIANCE
    title = gettext_lazy("Do-not-contact list")
    subtitle = gettext_lazy("Kept as keyed hashes: it survives erasure and re-import, and shows no address.")
    template_name = "contacts/suppressions/list.html"

    def right_for(self, request: HttpRequest) -> str | None:
        """Looking up needs the right to see. It is a POST so that no address stands in a URL or a log."""
        if request.method == "POST" and request.POST.get("action") == "look_up":
            return self.right_required
        return super().right_for(request)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ObjectionForm(request.POST)
        if request.POST.get("action") == "look_up":
            form.auto_id = "look_up_%s"
            context = self.get_context_data(lookup=form, **self._found(form))
            return render(request, self.template_name, context)
        if request.POST.get("action") == "post":
            return self._object_to_post(request)
        if form.is_valid():
            try:
                suppress(
                    channel=Channel(form.cleaned_data["channel"]),
                    address=form.cleaned_data["address"],
                    scope=SuppressionScope.POLITICAL,
                    reason=SuppressionReason.OBJECTION,
                    by=request.user,
                )
            except InvalidAddress as error:
                form.add_error("address", str(error))
            else:
                transaction.on_commit(lambda: cache.delete(COUNTS))
                messages.success(request, _("This address will receive no more political messages."))
                return redirect("contacts:suppressions")
        return render(request, self.template_name, self.get_context_data(objection=form), status=422)

    def _object_to_post(self, request: HttpRequest) -> HttpResponse:
        form = PostObjectionForm(request.POST)
        if form.is_valid():
            try:
                object_to_post(by=request.user, **form.cleaned_data)
            except ObjectionRefused as error:
                form.add_error(None, str(error))
            else:
                transaction.on_commit(lambda: cache.delete(COUNTS))
                messages.success(request, _("This person will receive no more political letters there."))
                return redirect("contacts:suppressions")
        context = self.get_context_data(post_objection=form)
        return render(request, self.template_name, context, status=422)

    def _found(self, lookup: ObjectionForm) -> dict[str, Any]:
        """Entries in force for a looked-up address."""
        if not lookup.is_valid():
            return {}
        try:
            digest = address_hash_for(Channel(lookup.cleaned_data["channel"]), lookup.cleaned_data["address"])
        except InvalidAddress as error:
            lookup.add_error("address", str(error))
            return {}
        entries = Suppression.objects.in_force().filter(address_hash=digest)
        return {"found": list(entries), "looked_up": lookup.cleaned_data["address"]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        in_force = Suppression.objects.in_force()
        counts = remembered(COUNTS, seconds=COUNTED_SECONDS, compute=_count_by_reason)
        labels = dict(SuppressionReason.choices)
        return super().get_context_data(
            **{
                "page": newest_first(self.request, in_force),
                "counts": [(labels[reason], number) for reason, number in counts],
                "lookup": ObjectionForm(auto_id="look_up_%s"),
                "objection": ObjectionForm(),
                "post_objection": PostObjectionForm(auto_id="post_%s"),
                "may_edit": self.request.user.has_right(Right.EDIT_COMPLIANCE),
                **kwargs,
            }
        )


def _count_by_reason() -> list[tuple[str, int]]:
    """Entries in force by reason, most frequent first."""
    return list(
        Suppression.objects.in_force().values_list("reason").annotate(Count("id")).order_by("-id__count")
    )
