from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.generic import TemplateView, View

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right, Role
from campaign_crm.platform.staff import RightMissing, StaffView, staff_view


class Page(StaffView, View):
    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.EDIT_PEOPLE

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("read")

    def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("written")


@staff_view(Right.VIEW_PEOPLE, to_write=Right.EDIT_PEOPLE)
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("read" if request.method == "GET" else "written")


VIEWS = pytest.mark.parametrize("view", [Page.as_view(), page], ids=["class", "function"])


def ask(view: Callable[..., HttpResponse], method: str, role: str | None, **headers: str) -> HttpResponse:
    request = getattr(RequestFactory(), method)("/page/", **headers)
    request.user = AnonymousUser() if role is None else User(role=role)
    return view(request)


@VIEWS
def test_right_to_read_does_not_let_write(view: Callable[..., HttpResponse]) -> None:
    assert ask(view, "get", Role.READ_ONLY).content == b"read"
    with pytest.raises(RightMissing) as refusal:
        ask(view, "post", Role.READ_ONLY)
    assert refusal.value.right is Right.EDIT_PEOPLE
    assert ask(view, "post", Role.DIRECTOR).content == b"written"


@VIEWS
@pytest.mark.parametrize("method", ["get", "post"])
def test_stranger_goes_to_sign_in(view: Callable[..., HttpResponse], method: str) -> None:
    assert ask(view, method, None)["Location"] == "/accounts/login/?next=/page/"


@VIEWS
def test_fragment_asked_by_a_stranger_moves_the_whole_page(view: Callable[..., HttpResponse]) -> None:
    answer = ask(view, "get", None, HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/accounts/login/")


def test_view_that_names_no_right_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        ask(StaffView.as_view(), "get", Role.ADMINISTRATOR)


def test_closed_account_holds_no_right() -> None:
    request = RequestFactory().get("/page/")
    request.user = User(role=Role.ADMINISTRATOR, is_active=False)
    with pytest.raises(RightMissing):
        Page.as_view()(request)


def test_context_names_the_page_and_the_way_to_it() -> None:
    class Deep(StaffView, TemplateView):
        right_required = None
        title = "Astrid"
        template_name = "unused.html"

        def get_breadcrumbs(self) -> list[tuple[str, str]]:
            return [("People", "/people/")]

    context = Deep().get_context_data(subtitle="Lyon")
    assert (context["title"], context["subtitle"]) == ("Astrid", "Lyon")
    assert context["breadcrumbs"] == [("People", "/people/"), ("Astrid", "")]
