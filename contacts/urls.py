"""Staff pages about people, where they vote and where each fact came from."""

from django.urls import path

from contacts.views.consents import ConsentList
from contacts.views.electors import ElectorList
from contacts.views.lists import ListPage, Lists, NewList, RemoveFromList
from contacts.views.newsletters import EditNewsletter, NewsletterList
from contacts.views.people import PeopleList, SelectedPeople
from contacts.views.person import EditPerson, NewPerson, PersonAct, PersonPage, Timeline
from contacts.views.sources import EditSource, SourceList
from contacts.views.suppressions import SuppressionList

app_name = "contacts"
urlpatterns = [
    path("people/", PeopleList.as_view(), name="people"),
    path("people/selected/", SelectedPeople.as_view(), name="people_selected"),
    path("electors/", ElectorList.as_view(), name="electors"),
    path("people/new/", NewPerson.as_view(), name="person_new"),
    path("people/<int:pk>/", PersonPage.as_view(), name="person"),
    path("people/<int:pk>/edit/", EditPerson.as_view(), name="person_edit"),
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
    path("sources/new/", EditSource.as_view(), name="source_new"),
    path("sources/<int:pk>/", EditSource.as_view(), name="source"),
    path("do-not-contact/", SuppressionList.as_view(), name="suppressions"),
    path("consents/", ConsentList.as_view(), name="consents"),
]
