"""Public pages at short addresses, and the staff's pages about forms.

Pixels (`/o/`) and clicks (`/c/`) are answered earlier, by `tracking.ingest.middleware`.
"""

from django.urls import path

from campaign_crm.platform.middleware import for_everybody
from tracking.views import form_parts
from tracking.views.ask import AskedPage, AskPage
from tracking.views.calls import LogCall
from tracking.views.donations import (
    DonationAct,
    DonationFile,
    DonationHook,
    DonationList,
    DonationRules,
    PersonDonations,
)
from tracking.views.events_check_in import (
    CheckInHome,
    CheckInList,
    CheckInManifest,
    CheckInMarks,
    CheckInPage,
    CheckInWorker,
)
from tracking.views.events_edit import EditEvent
from tracking.views.events_list import EventList
from tracking.views.events_page import (
    CancelEvent,
    CancelRsvp,
    DuplicateEvent,
    EventPage,
    EventPeople,
    PublishEvent,
    RepeatEvent,
)
from tracking.views.events_public import (
    EmbeddedEvents,
    EventCalendarFile,
    EventFeed,
    PublicEvent,
    PublicEvents,
)
from tracking.views.events_rsvp import RsvpCalendarFile, RsvpPage
from tracking.views.follow_ups import FollowUps, GivePeople, PersonFollowUps, TaskAct, WaitingForYou
from tracking.views.form_builder import CheckForm, FormBuilder, PreviewForm, PublishForm, SaveForm
from tracking.views.form_queue import FormQueue
from tracking.views.form_share import ExportAnswers, FormCode, FormPoster, ShareForm
from tracking.views.forms import CreateForm, DuplicateForm, EditSettings, FormFigures, FormList, FormPage
from tracking.views.inbox import ConversationAct, ConversationPage, Inbox
from tracking.views.inbox_more import DropAddressPage, FileCopy, ReadyAnswers, WriteTo
from tracking.views.leaving import Leave
from tracking.views.online import ViewOnline
from tracking.views.preferences import PreferencesPage
from tracking.views.report import CampaignReportPart
from tracking.views.scenarios import (
    EditScenario,
    EditStep,
    ScenarioAct,
    ScenarioList,
    ScenarioPage,
    ScenarioPeople,
    StepAct,
)
from tracking.views.seed_mailbox import SeedMailboxPage
from tracking.views.sign_up import Confirm, SignUpPage

app_name = "tracking"
urlpatterns = [
    path("u/<str:token>", for_everybody(Leave.as_view()), name="leave"),
    path("v/<str:token>", for_everybody(ViewOnline.as_view()), name="online"),
    path("p/<str:token>", for_everybody(PreferencesPage.as_view()), name="preferences"),
    path("k/<str:token>", for_everybody(Confirm.as_view()), name="confirm"),
    path("vos-donnees/", for_everybody(AskPage.as_view()), name="ask"),
    path("your-data/", for_everybody(AskPage.as_view(language="en")), name="ask_en"),
    path("d/<str:token>", for_everybody(AskedPage.as_view()), name="asked"),
    path("t/<str:token>", for_everybody(SeedMailboxPage.as_view()), name="seed_mailbox"),
    path("f/_/challenge", for_everybody(form_parts.challenge), name="form_challenge"),
    path("f/_/communes", for_everybody(form_parts.communes), name="form_communes"),
    path("f/<slug:slug>.js", for_everybody(form_parts.embed_script), name="form_embed"),
    path("f/<slug:slug>", for_everybody(SignUpPage.as_view()), name="sign_up"),
    path("e/", for_everybody(PublicEvents.as_view()), name="events_public"),
    path("e/embed/", for_everybody(EmbeddedEvents.as_view()), name="events_embedded"),
    path("e/feed/events.ics", for_everybody(EventFeed.as_view()), name="events_feed"),
    path("e/<slug:slug>.ics", for_everybody(EventCalendarFile.as_view()), name="event_calendar"),
    path("e/<slug:slug>", for_everybody(PublicEvent.as_view()), name="event_public"),
    path("r/<str:token>.ics", for_everybody(RsvpCalendarFile.as_view()), name="rsvp_calendar"),
    path("r/<str:token>", for_everybody(RsvpPage.as_view()), name="rsvp"),
    path("people/<int:pk>/call/", LogCall.as_view(), name="log_call"),
    path("people/<int:pk>/write/", WriteTo.as_view(), name="write_to"),
    path("inbox/", Inbox.as_view(), name="inbox"),
    path("inbox/ready/", ReadyAnswers.as_view(), name="ready_answers"),
    path("inbox/copies/", DropAddressPage.as_view(), name="drop_address"),
    path("inbox/copies/<int:pk>/", FileCopy.as_view(), name="file_copy"),
    path("inbox/<int:pk>/", ConversationPage.as_view(), name="conversation"),
    path("inbox/<int:pk>/<slug:act>/", ConversationAct.as_view(), name="conversation_act"),
    path("people/<int:pk>/follow-ups/", PersonFollowUps.as_view(), name="person_follow_ups"),
    path("follow-ups/", FollowUps.as_view(), name="follow_ups"),
    path("follow-ups/give/", GivePeople.as_view(), name="give_people"),
    path("follow-ups/waiting/", WaitingForYou.as_view(), name="waiting_for_you"),
    path("follow-ups/<int:pk>/<slug:act>/", TaskAct.as_view(), name="task_act"),
    path("people/<int:pk>/donations/", PersonDonations.as_view(), name="person_donations"),
    path("donations/", DonationList.as_view(), name="donations"),
    path("donations/file/", DonationFile.as_view(), name="donation_file"),
    path("donations/rules/", DonationRules.as_view(), name="donation_rules"),
    path("donations/<int:pk>/<slug:act>/", DonationAct.as_view(), name="donation_act"),
    path("donations/hook", for_everybody(DonationHook.as_view()), name="donation_hook"),
    path("scenarios/", ScenarioList.as_view(), name="scenarios"),
    path("scenarios/new/", EditScenario.as_view(), name="scenario_new"),
    path("scenarios/<int:pk>/", ScenarioPage.as_view(), name="scenario"),
    path("scenarios/<int:pk>/edit/", EditScenario.as_view(), name="scenario_edit"),
    path("scenarios/<int:pk>/people/", ScenarioPeople.as_view(), name="scenario_people"),
    path("scenarios/<int:pk>/steps/new/<slug:kind>/", EditStep.as_view(), name="step_new"),
    path("scenarios/<int:pk>/steps/<int:step>/", EditStep.as_view(), name="step_edit"),
    path("scenarios/<int:pk>/steps/<int:step>/<slug:act>/", StepAct.as_view(), name="step_act"),
    path("scenarios/<int:pk>/<slug:act>/", ScenarioAct.as_view(), name="scenario_act"),
    path("mailings/<int:pk>/report/", CampaignReportPart.as_view(), name="campaign_report"),
    path("forms/", FormList.as_view(), name="forms"),
    path("forms/new/", CreateForm.as_view(), name="form_new"),
    path("forms/waiting/", FormQueue.as_view(), name="form_queue"),
    path("forms/<int:pk>/", FormPage.as_view(), name="form"),
    path("forms/<int:pk>/edit/", FormBuilder.as_view(), name="form_edit"),
    path("forms/<int:pk>/save/", SaveForm.as_view(), name="form_save"),
    path("forms/<int:pk>/check/", CheckForm.as_view(), name="form_check"),
    path("forms/<int:pk>/preview/", PreviewForm.as_view(), name="form_preview"),
    path("forms/<int:pk>/publish/", PublishForm.as_view(), name="form_publish"),
    path("forms/<int:pk>/duplicate/", DuplicateForm.as_view(), name="form_duplicate"),
    path("forms/<int:pk>/settings/", EditSettings.as_view(), name="form_settings"),
    path("forms/<int:pk>/share/", ShareForm.as_view(), name="form_share"),
    path("forms/<int:pk>/code.svg", FormCode.as_view(), name="form_code"),
    path("forms/<int:pk>/poster.pdf", FormPoster.as_view(), name="form_poster"),
    path("forms/<int:pk>/figures.csv", FormFigures.as_view(), name="form_figures"),
    path("forms/<int:pk>/people/", ExportAnswers.as_view(), name="form_people"),
    path("events/", EventList.as_view(), name="events"),
    path("events/new/", EditEvent.as_view(), name="event_new"),
    path("events/<int:pk>/", EventPage.as_view(), name="event"),
    path("events/<int:pk>/edit/", EditEvent.as_view(), name="event_edit"),
    path("events/<int:pk>/people/", EventPeople.as_view(), name="event_people"),
    path("events/<int:pk>/people/<int:rsvp>/cancel/", CancelRsvp.as_view(), name="event_rsvp_cancel"),
    path("events/<int:pk>/publish/", PublishEvent.as_view(), name="event_publish"),
    path("events/<int:pk>/cancel/", CancelEvent.as_view(), name="event_cancel"),
    path("events/<int:pk>/duplicate/", DuplicateEvent.as_view(), name="event_duplicate"),
    path("events/<int:pk>/repeat/", RepeatEvent.as_view(), name="event_repeat"),
    path("check-in/", CheckInHome.as_view(), name="check_in_home"),
    path("check-in/worker.js", for_everybody(CheckInWorker.as_view()), name="check_in_worker"),
    path("check-in/app.webmanifest", for_everybody(CheckInManifest.as_view()), name="check_in_manifest"),
    path("check-in/<int:pk>/", CheckInPage.as_view(), name="check_in"),
    path("check-in/<int:pk>/list", CheckInList.as_view(), name="check_in_list"),
    path("check-in/<int:pk>/marks", CheckInMarks.as_view(), name="check_in_marks"),
]
