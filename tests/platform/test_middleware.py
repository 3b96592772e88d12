"""One transaction a request: kept when the view answers, undone when it gives up, however that is shown."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaign_crm.platform.models import Job
from campaign_crm.urls import urlpatterns as our_pages

ERRORS = {"not-found": Http404, "forbidden": PermissionDenied, "bad": BadRequest, "broken": ZeroDivisionError}


def write_and_answer(request: HttpRequest, status: int) -> HttpResponse:
    Job.objects.create(kind="test")
    return HttpResponse(status=status)


def write_and_raise(request: HttpRequest, error: str) -> HttpResponse:
    Job.objects.create(kind="test")
    raise ERRORS[error]


class WriteAndRefuse(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        Job.objects.create(kind="test")
        raise ValidationError({"email": "wrong"})


def role(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return HttpResponse(cursor.fetchone()[0])


urlpatterns = [
    path("answer/<int:status>", write_and_answer),
    path("raise/<str:error>", write_and_raise),
    path("refuse", WriteAndRefuse.as_view()),
    path("role", role),
    *our_pages,
]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def as_it_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web server's connection: `crm_app`, which may read nothing until a request takes its role."""
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    connection.close()
    yield
    connection.close()


@pytest.mark.parametrize("status", [200, 302, 404, 422])
def test_what_a_view_answers_is_kept(client: Client, status: int) -> None:
    assert client.get(f"/answer/{status}").status_code == status
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("error", "status"), [("not-found", 404), ("forbidden", 403), ("bad", 400), ("broken", 500)]
)
def test_what_a_view_had_begun_when_it_gave_up_is_undone(client: Client, error: str, status: int) -> None:
    assert client.get(f"/raise/{error}").status_code == status
    assert not Job.objects.exists()


def test_what_an_operation_of_the_api_refuses_is_undone(client: Client) -> None:
    assert client.get("/refuse").status_code == 400
    assert not Job.objects.exists()


def test_a_request_works_in_the_national_role_and_leaves_none(client: Client, as_it_logs_in: None) -> None:
    assert client.get("/role").text == "crm_national"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == "crm_app"


@pytest.mark.parametrize("address", ["/live", "/ready"])
def test_health_answers_strangers_and_staff_without_a_role(
    client: Client, as_it_logs_in: None, address: str
) -> None:
    assert client.get(address, REMOTE_ADDR="203.0.113.9").status_code == 404
    client.cookies["sessionid"] = "x" * 32
    assert client.get(address).status_code == 200


def test_a_file_that_does_not_exist_is_a_page_not_found(client: Client, as_it_logs_in: None) -> None:
    assert client.get("/static/none.css").status_code == 404
