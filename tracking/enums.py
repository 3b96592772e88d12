"""Closed vocabularies of what comes back."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InteractionKind(models.TextChoices):
    OPEN = "open", _("Opened")
    CLICK = "click", _("Clicked")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribed")
    SIGN_UP = "sign_up", _("Signed up")
    CONFIRM = "confirm", _("Confirmed their address")
    PREFERENCES = "preferences", _("Changed their preferences")
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    DONATION = "donation", _("Gave")
    RSVP = "rsvp", _("Registered for an event")
    RSVP_CANCELLED = "rsvp_cancelled", _("Cancelled their registration")
    CAME = "came", _("Came to an event")
    MISSED = "missed", _("Did not come to an event")


class HitClass(models.TextChoices):
    """Who is behind a raw hit; reports show people and say what was set aside."""

    HUMAN = "human", _("Person")
    PRIVACY_PROXY = "privacy_proxy", _("Privacy proxy")
    SCANNER = "scanner", _("Security scanner")
    NOT_A_HIT = "", _("Not a hit")


class Device(models.TextChoices):
    """What somebody read on; known only of those who agreed to be measured."""

    DESKTOP = "desktop", _("Computer")
    PHONE = "phone", _("Phone")
    TABLET = "tablet", _("Tablet")
    OTHER = "other", _("Other device")
    NOT_SAID = "", _("Not said")


class Reader(models.TextChoices):
    """The kind of program that somebody read with; known of the same people."""

    BROWSER = "browser", _("Browser")
    MAIL = "mail", _("Mail program")
    OTHER = "other", _("Other program")
    NOT_SAID = "", _("Not said")


class NetworkKind(models.TextChoices):
    """Whose addresses a published list holds."""

    SCANNER = "scanner", _("Security scanner")
    PROXY = "proxy", _("Privacy proxy")


class Metric(models.TextChoices):
    """Counters of a campaign, kept as inserted deltas."""

    OPENS = "opens", _("Opens")
    UNIQUE_OPENS = "unique_opens", _("Messages opened")
    CLICKS = "clicks", _("Clicks")
    UNIQUE_CLICKS = "unique_clicks", _("Messages clicked")
    UNSUBSCRIBES = "unsubscribes", _("Unsubscribed")
    PROXY_OPENS = "proxy_opens", _("Messages fetched by a privacy proxy")
    SET_ASIDE = "set_aside", _("Robots")


class FormKind(models.TextChoices):
    SIGN_UP = "sign_up", _("Sign-up")
    VOLUNTEER = "volunteer", _("Volunteers")
    PETITION = "petition", _("Petition")
    SURVEY = "survey", _("Survey")
    CONTACT = "contact", _("Contact request")
    WRONG_DATA = "wrong_data", _("Report of wrong data")


class Confirmation(models.TextChoices):
    """What happens between an answer and its choices being in force."""

    SOFT = "soft", _("Welcome at once, counted after 48 hours without a return")
    STRICT = "strict", _("Only once the person confirms by the link they receive")


class SubmissionState(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    WAITING = "waiting", _("To look at")
    REFUSED = "refused", _("Refused")


class Suspicion(models.TextChoices):
    """Why an answer waits for a look, as the queue says it."""

    NO_PROOF = "no_proof", _("Sent without JavaScript: waits for the person’s confirmation")
    TRAP = "trap", _("Filled in a field that people do not see")
    TOO_FAST = "too_fast", _("Sent within two seconds")
    FORGED = "forged", _("Its proof of work is false or was used before")
    DISPOSABLE = "disposable", _("Throw-away mailbox")
    NO_MAILBOX = "no_mailbox", _("The domain of the address receives no mail")
