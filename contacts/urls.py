"""Staff pages about people, where they vote and where each fact came from."""

from django.urls import path

from contacts.views.certificates import CertificatePage
from contacts.views.consents import ConsentList
from contacts.views.duplicates import AskAgain, DecideDuplicate, DuplicateReview
from contacts.views.elections import DeleteElection, EditElection, ElectionList
from contacts.views.electors import ElectorList
from contacts.views.electors_next import ElectorsNext
from contacts.views.exports import DecideExport, ExportList, ExportPage, NewExport, TakeExport
from contacts.views.households import CorrectHousehold, HouseholdList, HouseholdPage
from contacts.views.import_columns import ImportColumns
from contacts.views.import_file import ImportFile, NewImport
from contacts.views.import_mappings import EditMapping, MappingList
from contacts.views.import_page import (
    DiscardImport,
    ImportPage,
    ImportProgress,
    PauseImport,
    ResumeImport,
    RunImport,
    StopImport,
    UndoImport,
)
from contacts.views.import_pieces import BeginUpload, DiscardUpload, EndUpload, ReadUpload, UploadPieces
from contacts.views.import_rejects import RejectedRows
from contacts.views.import_server import ServerFolder
from contacts.views.import_source import ImportSource
from contacts.views.imports import ImportList
from contacts.views.letters import Letters
from contacts.views.lists import ListPage, Lists, NewList, RemoveFromList
from contacts.views.merges import MergePeople, UndoMerge
from contacts.views.newsletters import EditNewsletter, NewsletterList
from contacts.views.opt_out_question import OptOutQuestion
from contacts.views.people import PeopleList, SelectedPeople
from contacts.views.person import EditPerson, NewPerson, PersonPage, Timeline
from contacts.views.person_acts import PersonAct
from contacts.views.person_origins import PersonOrigins
from contacts.views.recurring import ActOnRecurring, EditRecurring, RecurringList, RecurringPage
from contacts.views.registers import IncidentAct, IncidentPage, RegisterFile, Registers
from contacts.views.registration_links import DecideLink, LinkReview, UndoLink
from contacts.views.request_electors import RequestLetter
from contacts.views.request_page import Rectify, RequestAct, RequestFile, RequestPage
from contacts.views.requests import NewRequest, RequestQueue
from contacts.views.retention import ChangeRule, PurgePage, RemoveException, Retention, StationFigures
from contacts.views.rules import EditRule, Rulebook
from contacts.views.segment_builder import SegmentBuilder, SegmentOptions, SegmentPreview
from contacts.views.segments import (
    DeleteSegment,
    SegmentCount,
    SegmentFigures,
    SegmentList,
    SegmentPage,
    SegmentPerson,
)
from contacts.views.source_growth import SourceGrowthPage
from contacts.views.sources import EditSource, SourceList
from contacts.views.suppressions import SuppressionList

app_name = "contacts"
urlpatterns = [
    path("people/", PeopleList.as_view(), name="people"),
    path("people/selected/", SelectedPeople.as_view(), name="people_selected"),
    path("electors/", ElectorList.as_view(), name="electors"),
    path("electors/letters/", Letters.as_view(), name="electors_letters"),
    path("electors/next/", ElectorsNext.as_view(), name="electors_next"),
    path("exports/", ExportList.as_view(), name="exports"),
    path("exports/new/", NewExport.as_view(), name="export_new"),
    path("exports/<int:pk>/", ExportPage.as_view(), name="export"),
    path("exports/<int:pk>/file/", TakeExport.as_view(), name="export_file"),
    path("exports/<int:pk>/<slug:act>/", DecideExport.as_view(), name="export_decide"),
    path("imports/", ImportList.as_view(), name="imports"),
    path("imports/new/", NewImport.as_view(), name="import_new"),
    path("imports/recurring/", RecurringList.as_view(), name="recurring_imports"),
    path("imports/recurring/new/", EditRecurring.as_view(), name="recurring_new"),
    path("imports/recurring/<int:pk>/", RecurringPage.as_view(), name="recurring"),
    path("imports/recurring/<int:pk>/edit/", EditRecurring.as_view(), name="recurring_edit"),
    path("imports/recurring/<int:pk>/<slug:act>/", ActOnRecurring.as_view(), name="recurring_act"),
    path("imports/server/", ServerFolder.as_view(), name="import_server"),
    path("imports/uploads/", BeginUpload.as_view(), name="upload_begin"),
    path("imports/uploads/<slug:upload>/", UploadPieces.as_view(), name="upload"),
    path("imports/uploads/<slug:upload>/end/", EndUpload.as_view(), name="upload_end"),
    path("imports/uploads/<slug:upload>/read/", ReadUpload.as_view(), name="upload_read"),
    path("imports/uploads/<slug:upload>/discard/", DiscardUpload.as_view(), name="upload_discard"),
    path("imports/mappings/", MappingList.as_view(), name="import_mappings"),
    path("imports/mappings/<int:pk>/", EditMapping.as_view(), name="import_mapping"),
    path("imports/<int:pk>/", ImportPage.as_view(), name="import"),
    path("imports/<int:pk>/file/", ImportFile.as_view(), name="import_file"),
    path("imports/<int:pk>/source/", ImportSource.as_view(), name="import_source"),
    path("imports/<int:pk>/columns/", ImportColumns.as_view(), name="import_columns"),
    path("imports/<int:pk>/progress/", ImportProgress.as_view(), name="import_progress"),
    path("imports/<int:pk>/run/", RunImport.as_view(), name="import_run"),
    path("imports/<int:pk>/pause/", PauseImport.as_view(), name="import_pause"),
    path("imports/<int:pk>/resume/", ResumeImport.as_view(), name="import_resume"),
    path("imports/<int:pk>/stop/", StopImport.as_view(), name="import_stop"),
    path("imports/<int:pk>/undo/", UndoImport.as_view(), name="import_undo"),
    path("imports/<int:pk>/discard/", DiscardImport.as_view(), name="import_discard"),
    path("imports/<int:pk>/rejected/", RejectedRows.as_view(), name="import_rejects"),
    path("links/", LinkReview.as_view(), name="link_review"),
    path("links/<int:pk>/", DecideLink.as_view(), name="link_decide"),
    path("links/undo/<int:pk>/", UndoLink.as_view(), name="link_undo"),
    path("households/", HouseholdList.as_view(), name="households"),
    path("households/<int:pk>/", HouseholdPage.as_view(), name="household"),
    path("people/<int:pk>/household/<slug:act>/", CorrectHousehold.as_view(), name="household_correct"),
    path("duplicates/", DuplicateReview.as_view(), name="duplicate_review"),
    path("duplicates/<int:pk>/", DecideDuplicate.as_view(), name="duplicate_decide"),
    path("duplicates/<int:pk>/ask-again/", AskAgain.as_view(), name="duplicate_ask_again"),
    path("merges/<int:pk>/undo/", UndoMerge.as_view(), name="merge_undo"),
    path("people/<int:pk>/merge/", MergePeople.as_view(), name="person_merge"),
    path("people/new/", NewPerson.as_view(), name="person_new"),
    path("people/<int:pk>/", PersonPage.as_view(), name="person"),
    path("people/<int:pk>/edit/", EditPerson.as_view(), name="person_edit"),
    path("people/<int:pk>/origins/", PersonOrigins.as_view(), name="person_origins"),
    path("people/<int:pk>/timeline/", Timeline.as_view(), name="person_timeline"),
    path("people/<int:pk>/act/<slug:act>/", PersonAct.as_view(), name="person_act"),
    path("lists/", Lists.as_view(), name="lists"),
    path("lists/new/", NewList.as_view(), name="list_new"),
    path("lists/<int:pk>/", ListPage.as_view(), name="list"),
    path("lists/<int:pk>/remove/", RemoveFromList.as_view(), name="list_remove"),
    path("newsletters/", NewsletterList.as_view(), name="newsletters"),
    path("newsletters/new/", EditNewsletter.as_view(), name="newsletter_new"),
    path("newsletters/<int:pk>/", EditNewsletter.as_view(), name="newsletter"),
    path("sources/", SourceList.as_view(), name="sources"),
    path("sources/growth/", SourceGrowthPage.as_view(), name="source_growth"),
    path("sources/new/", EditSource.as_view(), name="source_new"),
    path("sources/<int:pk>/", EditSource.as_view(), name="source"),
    path("segments/", SegmentList.as_view(), name="segments"),
    path("segments/new/", SegmentBuilder.as_view(), name="segment_new"),
    path("segments/preview/", SegmentPreview.as_view(), name="segment_preview"),
    path("segments/options/", SegmentOptions.as_view(), name="segment_options"),
    path("segments/<int:pk>/", SegmentPage.as_view(), name="segment"),
    path("segments/<int:pk>/edit/", SegmentBuilder.as_view(), name="segment_edit"),
    path("segments/<int:pk>/count/", SegmentCount.as_view(), name="segment_count"),
    path("segments/<int:pk>/figures/", SegmentFigures.as_view(), name="segment_figures"),
    path("segments/<int:pk>/person/", SegmentPerson.as_view(), name="segment_person"),
    path("segments/<int:pk>/delete/", DeleteSegment.as_view(), name="segment_delete"),
    path("do-not-contact/", SuppressionList.as_view(), name="suppressions"),
    path("do-not-contact/files/", OptOutQuestion.as_view(), name="opt_out_question"),
    path("data-protection/retention/", Retention.as_view(), name="retention"),
    path("data-protection/retention/<int:pk>/", PurgePage.as_view(), name="purge"),
    path("data-protection/retention/<int:pk>/stations/", StationFigures.as_view(), name="station_figures"),
    path("data-protection/retention/rules/<slug:rule>/", ChangeRule.as_view(), name="retention_rule"),
    path(
        "data-protection/retention/exceptions/<int:pk>/remove/",
        RemoveException.as_view(),
        name="retention_exception_remove",
    ),
    path("data-protection/certificates/<int:pk>/", CertificatePage.as_view(), name="certificate"),
    path("consents/", ConsentList.as_view(), name="consents"),
    path("data-protection/registers/", Registers.as_view(), name="registers"),
    path("data-protection/registers/<slug:document>/file/", RegisterFile.as_view(), name="register_file"),
    path("data-protection/incidents/new/", IncidentPage.as_view(), name="incident_new"),
    path("data-protection/incidents/<int:pk>/", IncidentPage.as_view(), name="incident"),
    path("data-protection/incidents/<int:pk>/<slug:act>/", IncidentAct.as_view(), name="incident_act"),
    path("requests/", RequestQueue.as_view(), name="requests"),
    path("requests/new/", NewRequest.as_view(), name="request_new"),
    path("requests/<int:pk>/", RequestPage.as_view(), name="request"),
    path("requests/<int:pk>/rectify/", Rectify.as_view(), name="request_rectify"),
    path("requests/<int:pk>/files/<slug:form>/", RequestFile.as_view(), name="request_file"),
    path("requests/<int:pk>/letter/", RequestLetter.as_view(), name="request_letter"),
    path("requests/<int:pk>/<slug:act>/", RequestAct.as_view(), name="request_act"),
    path("rules/", Rulebook.as_view(), name="rules"),
    path("rules/<slug:key>/", EditRule.as_view(), name="rule"),
    path("elections/", ElectionList.as_view(), name="elections"),
    path("elections/new/", EditElection.as_view(), name="election_new"),
    path("elections/<int:pk>/", EditElection.as_view(), name="election"),
    path("elections/<int:pk>/delete/", DeleteElection.as_view(), name="election_delete"),
]
