"""People who may stand in the base twice: the queue to review, one key an answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
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
from campaign_crm.platform.typed import number_of
from contacts.duplicates.evidence import in_words
from contacts.errors import ContactsError
from contacts.merging.pairs import keep_apart
from contacts.merging.service import merge
from contacts.models import Contact, DuplicatePair, Merge
from contacts.views.merge_choices import chosen_sides, in_chosen_order
from contacts.views.merge_facts import compare_records

COUNTED_AT_MOST = 10_000


class DuplicateReview(StaffView, TemplateView):
    """One pair at a time, the surest first: `?at=<id>` is a pair, `?after=` and `?before=` its neighbours.

    `?merged=<id>` names the merge that was just made, to be undone by one key.
    """

    right_required = Right.EDIT_PEOPLE
    title = gettext_lazy("Possible duplicates")
    subtitle = gettext_lazy("Two records that may be one person. Nothing is lost: every merge can be undone.")
    template_name = "contacts/duplicates/review.html"

    @cached_property
    def pending(self) -> QuerySet[DuplicatePair]:
        return DuplicatePair.objects.filter(state=DuplicatePair.State.PENDING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pair = self._pair()
        context: dict[str, Any] = {
            "pair": pair,
            "left": len(self.pending.values_list("pk", flat=True)[: COUNTED_AT_MOST + 1]),
            "counted_at_most": COUNTED_AT_MOST,
            "just_merged": self._just_merged(),
        }
        if pair is not None:
            kept, absorbed = in_chosen_order(self.request, pair.first, pair.second)
            context |= {
                "clues": in_words(pair.evidence),
                "records": compare_records(kept, absorbed),
                "has_next": self.pending.filter(_later(pair)).exists(),
                "has_previous": self.pending.filter(_earlier(pair)).exists(),
            }
        return super().get_context_data(**(context | kwargs))

    def _pair(self) -> DuplicatePair | None:
        pairs = self.pending.select_related("first__commune", "second__commune").order_by("-score", "pk")
        before, after, at = (number_of(self.request.GET.get(name, "")) for name in ("before", "after", "at"))
        beside = DuplicatePair.objects.filter(pk=before or after or 0).first()
        if beside is not None and before is not None:
            return pairs.filter(_earlier(beside)).order_by("score", "-pk").first() or pairs.first()
        if beside is not None:
            return pairs.filter(_later(beside)).first() or pairs.first()
        wanted = pairs.filter(pk=at).first() if at is not None else None
        return wanted or pairs.first()

    def _just_merged(self) -> Merge | None:
        merged = number_of(self.request.GET.get("merged", ""))
        if merged is None:
            return None
        return Merge.objects.filter(pk=merged, undone_at=None).select_related("kept").first()


class DecideDuplicate(StaffView, View):
    """The answer to one pair: one person, or two."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        pair = get_object_or_404(DuplicatePair.objects.select_related("first", "second"), pk=pk)
        after = self._next_to(pair)
        review = reverse("contacts:duplicate_review")
        try:
            if request.POST.get("answer") == "same":
                kept, absorbed = self._records(request, pair)
                done = merge(kept=kept, absorbed=absorbed, by=request.user, fields=chosen_sides(request))
                return redirect(f"{review}?merged={done.pk}{after}")
            keep_apart(one=pair.first, other=pair.second, by=request.user)
            messages.success(request, _("Kept apart. This pair will not be proposed again."))
        except ContactsError as error:
            messages.error(request, str(error))
            return redirect(f"{review}?at={pk}")
        return redirect(f"{review}?{after.removeprefix('&')}")

    def _records(self, request: HttpRequest, pair: DuplicatePair) -> tuple[Contact, Contact]:
        kept = number_of(request.POST.get("kept", ""))
        return (pair.second, pair.first) if kept == pair.second_id else (pair.first, pair.second)

    def _next_to(self, pair: DuplicatePair) -> str:
        """The pair that follows, before this one goes."""
        pending = DuplicatePair.objects.filter(state=DuplicatePair.State.PENDING)
        following = pending.filter(_later(pair)).order_by("-score", "pk").values_list("pk", flat=True).first()
        return f"&at={following}" if following else ""


def _later(pair: DuplicatePair) -> Q:
    return Q(score__lt=pair.score) | Q(score=pair.score, pk__gt=pair.pk)


def _earlier(pair: DuplicatePair) -> Q:
    return Q(score__gt=pair.score) | Q(score=pair.score, pk__lt=pair.pk)
