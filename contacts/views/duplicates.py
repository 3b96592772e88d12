"""People who may stand in the base twice: the queue to review, one key an answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import number_of
from contacts.duplicates.evidence import in_words
from contacts.errors import ContactsError
from contacts.merging.answers import AnsweredMeanwhile, say_different, say_same, take_back
from contacts.models import DuplicatePair, Merge
from contacts.views.duplicate_turns import LOOKED_AT, hold, take_turn
from contacts.views.merge_choices import chosen_sides, in_chosen_order
from contacts.views.merge_facts import compare_records

COUNTED_AT_MOST = 10_000


class DuplicateReview(StaffView, TemplateView):
    """One pair at a time, the surest first: `?at=<id>` is a pair, `?after=` and `?before=` its neighbours.

    `?merged=<id>` names the merge that was just made, `?apart=<id>` the pair that was just kept apart: either
    is taken back by one key.
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
            "just_parted": self._just_parted(),
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
        wanted = self._wanted()
        found = pairs.filter(pk=wanted).first() if wanted is not None else None
        if found is None:  # answered meanwhile, or the end of the queue
            found = pairs.filter(pk=_turn(self.pending, self.request)).first()
        if found is not None:
            hold(found.pk, by=self.request.user.pk)
        return found

    def _wanted(self) -> int | None:
        before, after, at = (number_of(self.request.GET.get(name, "")) for name in ("before", "after", "at"))
        beside = DuplicatePair.objects.filter(pk=before or after or 0).first()
        if beside is None:
            return at
        if before is None:
            return _turn(self.pending.filter(_later(beside)), self.request)
        return (
            self.pending.filter(_earlier(beside))
            .order_by("score", "-pk")
            .values_list("pk", flat=True)
            .first()
        )

    def _just_merged(self) -> Merge | None:
        merged = number_of(self.request.GET.get("merged", ""))
        if merged is None:
            return None
        return Merge.objects.filter(pk=merged, undone_at=None).select_related("kept").first()

    def _just_parted(self) -> DuplicatePair | None:
        """The pair that was just kept apart, to be taken back by one key."""
        parted = DuplicatePair.objects.filter(
            pk=number_of(self.request.GET.get("apart", "")) or 0, state=DuplicatePair.State.DIFFERENT
        )
        return parted.select_related("first", "second").first()


class DecideDuplicate(StaffView, View):
    """The answer to one pair: one person, or two. The next pair follows, with the key that takes it back."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        following = _next_to(request, pk)
        try:
            if request.POST.get("answer") == "same":
                kept = number_of(request.POST.get("kept", ""))
                done = say_same(pair_id=pk, kept_id=kept, by=request.user, fields=chosen_sides(request))
                return _review(merged=done.pk, at=following)
            say_different(pair_id=pk, by=request.user)
            return _review(apart=pk, at=following)
        except AnsweredMeanwhile as error:
            messages.warning(request, str(error))
            return _review(at=following)
        except ContactsError as error:
            messages.error(request, str(error))
            return _review(at=pk)


class AskAgain(StaffView, View):
    """ "Not the same" taken back: the pair is before the reviewer again."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            take_back(pair_id=pk, by=request.user)
        except ContactsError as error:
            messages.warning(request, str(error))
        return _review(at=pk)


def _review(**shown: int | None) -> HttpResponse:
    query = urlencode({name: value for name, value in shown.items() if value is not None})
    return redirect(f"{reverse('contacts:duplicate_review')}?{query}")


def _next_to(request: HttpRequest, pk: int) -> int | None:
    """The pair that follows and that nobody else looks at, read before this one goes."""
    pending = DuplicatePair.objects.filter(state=DuplicatePair.State.PENDING).exclude(pk=pk)
    pair = DuplicatePair.objects.filter(pk=pk).first()
    following = pending.filter(_later(pair)) if pair is not None else pending
    return _turn(following, request)


def _turn(pairs: QuerySet[DuplicatePair], request: HttpRequest) -> int | None:
    first = pairs.order_by("-score", "pk").values_list("pk", flat=True)[:LOOKED_AT]
    return take_turn(list(first), by=request.user.pk)


def _later(pair: DuplicatePair) -> Q:
    return Q(score__lt=pair.score) | Q(score=pair.score, pk__gt=pair.pk)


def _earlier(pair: DuplicatePair) -> Q:
    return Q(score__gt=pair.score) | Q(score=pair.score, pk__lt=pair.pk)
