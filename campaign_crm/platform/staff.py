"""What every staff page has in common: a signed-in member of the team who holds the right.

Apps use this one, never `campaign_crm.shell`, which stands above them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import ProgrammingError, transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.generic.base import ContextMixin, View
from psycopg2.errors import InsufficientPrivilege

from campaign_crm.platform import proportion, walls
from campaign_crm.platform.asking_again import ask_again, is_asked_again
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right

logger = logging.getLogger(__name__)
Text = str | Promise
Breadcrumb = tuple[Text, str]
READING = {"GET", "HEAD", "OPTIONS"}
UNSET = "unset"


class RightMissing(PermissionDenied):
    """A member of the team asked for something their role does not hold; the 403 page names the right.

    `elsewhere`: they hold it in their territory only, and the page is about the whole organisation.
    """

    def __init__(self, right: str, *, elsewhere: bool = False) -> None:
        self.right = Right(right)
        text = _("Your role does not include: %(right)s.")
        if elsewhere:
            text = _("Your role includes this in your territory only: %(right)s.")
        super().__init__(text % {"right": self.right.label})


def refusal(
    request: HttpRequest, right: str | None, *, in_territory: bool = False, asks_again: bool = True
) -> HttpResponse | None:
    """Return the way to the sign-in page for a stranger, None for a person who may go on.

    Whoever goes on does so behind the walls of their scope. Raises RightMissing for a member of the team
    without the right, or with it in territories only where the page is not `in_territory`. Where a second
    step is due, the way to setting it up; where a fresh sign-in is, the way to the page that asks again. An
    htmx request is sent there as a whole, so that the form never lands inside a fragment.
    """
    if not request.user.is_authenticated:
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": reverse("account_login")})
        return redirect_to_login(request.get_full_path())
    if proportion.is_missing(request.user):
        return _to_second_step(request)
    take_scope_for(request.user, right, in_territory=in_territory)
    if proportion.is_missing(request.user, right):
        return _to_second_step(request)
    if asks_again and is_asked_again(request, right):
        return ask_again(request)
    return None


class OutsideScope(PermissionDenied):
    """What was asked would have put somebody outside the territory of whoever asked; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(
            _("This would reach outside your territory: nothing was changed. Ask the national team to do it.")
        )


def _within_the_wall(
    view: Callable[..., HttpResponseBase], request: HttpRequest, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    """Answer; what the database refuses to a scope becomes a page that says so."""
    if walls.current_scope() is None:
        return view(request, *args, **kwargs)
    try:
        with transaction.atomic():  # the page that says so reads the database too
            return view(request, *args, **kwargs)
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            logger.warning("The database refused a page to a scope: %s", request.path)
            raise OutsideScope from error
        raise


def take_scope_for(user: User, right: str | None, *, in_territory: bool) -> None:
    """Put the request behind the walls of whoever asks; raises RightMissing when the right is not theirs."""
    scope = user.scope_of(right or Right.VIEW_PEOPLE)
    if right is not None and scope is not None and not (scope and in_territory):
        raise RightMissing(right, elsewhere=bool(scope))
    walls.take_scope(scope)


def _to_second_step(request: HttpRequest) -> HttpResponse:
    """The page where a second step is set up says why it is asked."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("mfa_index")})
    return redirect("mfa_index")


class StaffView(ContextMixin, View):
    """Base of every staff page: put it first among the base classes.

    `right_required` must be set: a `Right`, or None where every member of the team may come.
    `right_to_write` is asked for any method that changes something; the same right when it is not set.
    `in_territory` opens the page to those who hold the right in territories only: it must show and change
    nothing but what is theirs. Pages are closed to them until they say so.
    """

    right_required: str | None = UNSET
    right_to_write: str | None = UNSET
    in_territory = False
    title: Text = ""
    subtitle: Text = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asks_again = not self.is_a_stop(request)
        refused = refusal(
            request, self.right_for(request), in_territory=self.in_territory, asks_again=asks_again
        )
        return refused or _within_the_wall(super().dispatch, request, *args, **kwargs)

    def is_a_stop(self, request: HttpRequest) -> bool:
        """True for an act that only holds something back: whoever signed in long ago is not held up by it."""
        return False

    def right_for(self, request: HttpRequest) -> str | None:
        """Return the right that this request needs; override where it depends on more than the method."""
        if self.right_required == UNSET:
            raise ImproperlyConfigured(f"{type(self).__name__} must set right_required.")
        if request.method in READING or self.right_to_write == UNSET:
            return self.right_required
        return self.right_to_write

    def get_title(self) -> Text:
        return self.title

    def get_subtitle(self) -> Text:
        return self.subtitle

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        """Return the (label, url) pairs above this page; its own title is added after them."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = self.get_title()
        head = {
            "title": title,
            "subtitle": self.get_subtitle(),
            "breadcrumbs": [*self.get_breadcrumbs(), (title, "")],
        }
        return super().get_context_data(**(head | kwargs))


def show_only(form: BaseForm) -> None:
    """Show a form to somebody who may read but not write: its fields cannot be changed."""
    for field in form.fields.values():
        field.disabled = True


def staff_view(
    right: str | None, *, to_write: str | None = UNSET, in_territory: bool = False
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Guard a view function as `StaffView` guards a class: `@staff_view(Right.VIEW_PEOPLE)`."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            needed = right if request.method in READING or to_write == UNSET else to_write
            refused = refusal(request, needed, in_territory=in_territory)
            return refused or _within_the_wall(view, request, *args, **kwargs)

        guarded.in_territory = in_territory  # type: ignore[attr-defined]  # the menu reads it
        return guarded

    return decorate
