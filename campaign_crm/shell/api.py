"""Version 1 of the REST API: every operation names the scope of keys and the right of staff it asks for."""

from django.urls import path, re_path
from django.utils.translation import gettext as _
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from campaign_crm.platform.rights import Right
from contacts.api.people import PeopleApi, PersonApi
from contacts.api.rules import RulesApi
from tracking.api.reports import MailingsApi, ReportApi
from tracking.api.reviews import ReviewApi
from tracking.api.sign_ups import SignUpApi


class Schema(SpectacularAPIView):
    """The OpenAPI description, for signed-in staff."""

    right = Right.VIEW_PEOPLE


class NothingHere(APIView):
    """Any other address under the API answers as the API does, to whoever asks."""

    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Without its last slash an address would lead a POST to a GET: what was sent would be lost."""
        if not request.path.endswith("/"):
            address = f"{request.path}/"
            raise NotFound(_("Addresses of this API end with a slash: %(address)s") % {"address": address})
        raise NotFound


app_name = "api"
urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("people/", PeopleApi.as_view(), name="people"),
    path("people/<int:pk>/", PersonApi.as_view(), name="person"),
    path("forms/<slug:slug>/sign-ups/", SignUpApi.as_view(), name="sign_ups"),
    path("rules/", RulesApi.as_view(), name="rules"),
    path("mailings/", MailingsApi.as_view(), name="mailings"),
    path("mailings/<int:pk>/report/", ReportApi.as_view(), name="report"),
    path("mailings/<int:pk>/review/", ReviewApi.as_view(), name="review"),
    re_path(r"^.*$", NothingHere.as_view()),
]
