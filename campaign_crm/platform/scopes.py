"""What a key of the API may do. A view of the API names one; a key holds some."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    PEOPLE_READ = "people:read", _("Read people")
    PEOPLE_WRITE = "people:write", _("Write people, what they said and did")
    PEOPLE_EXPORT = "people:export", _("Ask for exports, and take them")
    SIGN_UPS_WRITE = "sign-ups:write", _("Send sign-ups")
    FORMS_READ = "forms:read", _("Read forms and their counts")
    SUBMISSIONS_READ = "submissions:read", _("Read what people sent by forms")
    EVENTS_READ = "events:read", _("Read events")
    RSVPS_READ = "rsvps:read", _("Read who registered for events, and who came")
    RSVPS_WRITE = "rsvps:write", _("Register people for events")
    ATTENDANCE_WRITE = "attendance:write", _("Say who came to events")
    SEGMENTS_READ = "segments:read", _("Read segments and how many people they have")
    CAMPAIGNS_READ = "campaigns:read", _("Read mailings and their reports")
    IMPORTS_WRITE = "imports:write", _("Send files to import, and read how they went")
    TERRITORIES_READ = "territories:read", _("Read territories")


IN_TERRITORY = {
    *(Scope.PEOPLE_READ, Scope.PEOPLE_WRITE, Scope.SEGMENTS_READ, Scope.TERRITORIES_READ),
    *(Scope.EVENTS_READ, Scope.RSVPS_READ, Scope.RSVPS_WRITE, Scope.ATTENDANCE_WRITE),
}
"""What a key of one territory may hold: the other operations are about the whole organisation."""

OF_PUBLIC_KEYS = {Scope.SIGN_UPS_WRITE, Scope.FORMS_READ, Scope.RSVPS_WRITE, Scope.EVENTS_READ}
"""What may stand in a web page for everybody to read: what the public pages say and take anyway."""

OF_TOKENS_ALONE = {Scope.PEOPLE_EXPORT}
"""Somebody answers for it: a member by their token, never a machine."""
