"""Version 1 of the REST API: every operation names the scope of keys and the right of staff it asks for."""

from django.urls import path, re_path
from django.utils.translation import gettext as _
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from campaign_crm.platform.api.views import Conventions
from campaign_crm.platform.rights import Right
from contacts.api.exports import ExportApi, ExportFileApi, ExportsApi
from contacts.api.imports import ImportApi, ImportRunApi, ImportsApi
from contacts.api.people import PeopleApi, PersonApi
from contacts.api.rules import RulesApi
from contacts.api.said import ConsentsApi, ObjectionsApi
from contacts.api.segments import SegmentApi, SegmentCountApi, SegmentsApi
from contacts.api.tags import PersonTagApi, PersonTagsApi, TagsApi
from contacts.api.territories import TerritoriesApi, TerritoryApi
from messaging.api.messages import PersonMessagesApi
from tracking.api.events import AttendanceApi, EventApi, EventsApi, RsvpsApi
from tracking.api.forms import FormApi, FormsApi, SubmissionsApi
from tracking.api.interactions import InteractionsApi
from tracking.api.preferences import PreferencesApi
from tracking.api.reports import MailingsApi, ReportApi
from tracking.api.reviews import ReviewApi
from tracking.api.sign_ups import SignUpApi


class Schema(Conventions, SpectacularAPIView):
    """The OpenAPI 3.1 description, for signed-in staff: JSON, or YAML for who asks for it."""

    right = Right.VIEW_PEOPLE
    parameters = frozenset({"format", "lang"})
    renderer_classes = (OpenApiJsonRenderer, OpenApiYamlRenderer)


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
PERSON = "people/<int:pk>/"
urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("people/", PeopleApi.as_view(), name="people"),
    path(PERSON, PersonApi.as_view(), name="person"),
    path(f"{PERSON}consents/", ConsentsApi.as_view(), name="consents"),
    path(f"{PERSON}objections/", ObjectionsApi.as_view(), name="objections"),
    path(f"{PERSON}preferences/", PreferencesApi.as_view(), name="preferences"),
    path(f"{PERSON}messages/", PersonMessagesApi.as_view(), name="person_messages"),
    path(f"{PERSON}tags/", PersonTagsApi.as_view(), name="person_tags"),
    path(f"{PERSON}tags/<int:tag>/", PersonTagApi.as_view(), name="person_tag"),
    path(f"{PERSON}interactions/", InteractionsApi.as_view(), name="interactions"),
    path("tags/", TagsApi.as_view(), name="tags"),
    path("segments/", SegmentsApi.as_view(), name="segments"),
    path("segments/<int:pk>/", SegmentApi.as_view(), name="segment"),
    path("segments/<int:pk>/count/", SegmentCountApi.as_view(), name="segment_count"),
    path("territories/", TerritoriesApi.as_view(), name="territories"),
    path("territories/<int:pk>/", TerritoryApi.as_view(), name="territory"),
    path("imports/", ImportsApi.as_view(), name="imports"),
    path("imports/<int:pk>/", ImportApi.as_view(), name="import"),
    path("imports/<int:pk>/run/", ImportRunApi.as_view(), name="import_run"),
    path("exports/", ExportsApi.as_view(), name="exports"),
    path("exports/<int:pk>/", ExportApi.as_view(), name="export"),
    path("exports/<int:pk>/file/", ExportFileApi.as_view(), name="export_file"),
    path("forms/", FormsApi.as_view(), name="forms"),
    path("forms/<slug:slug>/", FormApi.as_view(), name="form"),
    path("forms/<slug:slug>/sign-ups/", SignUpApi.as_view(), name="sign_ups"),
    path("forms/<slug:slug>/submissions/", SubmissionsApi.as_view(), name="submissions"),
    path("events/", EventsApi.as_view(), name="events"),
    path("events/<slug:slug>/", EventApi.as_view(), name="event"),
    path("events/<slug:slug>/rsvps/", RsvpsApi.as_view(), name="rsvps"),
    path("events/<slug:slug>/attendance/", AttendanceApi.as_view(), name="attendance"),
    path("rules/", RulesApi.as_view(), name="rules"),
    path("mailings/", MailingsApi.as_view(), name="mailings"),
    path("mailings/<int:pk>/report/", ReportApi.as_view(), name="report"),
    path("mailings/<int:pk>/review/", ReviewApi.as_view(), name="review"),
    re_path(r"^.*$", NothingHere.as_view()),
]
