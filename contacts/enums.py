"""Closed vocabularies of people and law, shared by models, rules and screens."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    CALL = "call", _("Call")
    POST = "post", _("Post")


class MessageKind(models.TextChoices):
    """`political`: anything meant to win support. `service`: confirmation, ticket, cancellation, answer."""

    POLITICAL = "political", _("Political message")
    SERVICE = "service", _("Service message")


class Gender(models.TextChoices):
    """As printed on an electoral roll or chosen on a form; empty when not known."""

    FEMALE = "F", _("Woman")
    MALE = "M", _("Man")


class Relationship(models.TextChoices):
    MEMBER = "member", _("Member")
    FORMER = "former", _("Former member")
    REGULAR = "regular", _("Regular contact")
    OCCASIONAL = "occasional", _("Occasional contact")
    ROLL_ONLY = "roll_only", _("Electoral roll only")


class Support(models.IntegerChoices):
    """What somebody of the team noted of a person's opinion of the campaign; not known: nothing is kept."""

    STRONG = 5, _("Strong support")
    LEANING = 4, _("Leans towards us")
    UNDECIDED = 3, _("Undecided")
    LEANING_AGAINST = 2, _("Leans against us")
    AGAINST = 1, _("Against us")


class SourceKind(models.TextChoices):
    ROLL = "roll", _("Electoral roll")
    ADDRESS_BOOK = "address_book", _("Address book")
    BROKER_PURCHASE = "broker_purchase", _("Broker file, bought")
    BROKER_RENTAL = "broker_rental", _("Broker file, rented")
    FORM = "form", _("Form")
    API = "api", _("Website (API)")
    HAND = "hand", _("Typed by hand")
    OPT_OUT = "opt_out", _("Opt-out file")


BROKER_KINDS = (SourceKind.BROKER_PURCHASE, SourceKind.BROKER_RENTAL)
# The person told us themselves: what targeted messages ask for, and what owes no notice in a first message.
# An address book is what somebody else kept of them.
DIRECT_KINDS = (SourceKind.FORM, SourceKind.API, SourceKind.HAND)


class LawfulBasis(models.TextChoices):
    CONSENT = "consent", _("Consent")
    MEMBER = "member", _("Membership")
    LEGITIMATE_INTEREST = "legitimate_interest", _("Legitimate interest")
    PUBLIC_ROLL = "public_roll", _("Public electoral roll")
    NONE = "none", _("None")


class ConsentPurpose(models.TextChoices):
    MESSAGES = "messages", _("Receive messages")
    TARGETING = "targeting", _("Receive messages chosen for them")
    MEASUREMENT = "measurement", _("Opens and clicks measured")
    PROFILE = "profile", _("Opinions kept in the profile")


class PointStatus(models.TextChoices):
    """State of one contact point (address or number)."""

    ACTIVE = "active", _("Active")
    BOUNCED = "bounced", _("Returned")
    INVALID = "invalid", _("Not valid")


class SuppressionScope(models.TextChoices):
    """`political`: every political message on the channel; `everything`: service messages too."""

    POLITICAL = "political", _("Political messages")
    EVERYTHING = "everything", _("Every message")


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribed")
    STOP = "stop", _("Answered STOP")
    OBJECTION = "objection", _("Objected")
    HARD_BOUNCE = "hard_bounce", _("Address does not exist")
    COMPLAINT = "complaint", _("Reported as spam")
    ERASURE = "erasure", _("Erased")
    IMPORTED = "imported", _("From an opt-out file")


class TerritoryKind(models.TextChoices):
    COUNTRY = "country", _("Country")
    REGION = "region", _("Region")
    DEPARTMENT = "department", _("Department")
    COMMUNE = "commune", _("Commune")
    MUNICIPAL_ARRONDISSEMENT = "municipal_arrondissement", _("Municipal arrondissement")
    CANTON = "canton", _("Canton")
    CONSTITUENCY = "constituency", _("Constituency")
    POLLING_STATION = "polling_station", _("Polling station")


class Severity(models.TextChoices):
    """What a rule of law does to a message that breaks it."""

    BLOCK = "block", _("Refuses")
    WARN = "warn", _("Warns")
    OFF = "off", _("Not asked")


class Suffrage(models.TextChoices):
    """What is voted on: it decides which places overseas vote a day earlier."""

    PRESIDENTIAL = "presidential", _("Presidential election")
    LEGISLATIVE = "legislative", _("Legislative election")
    EUROPEAN = "european", _("European election")
    REFERENDUM = "referendum", _("Referendum")
    MUNICIPAL = "municipal", _("Municipal election")
    DEPARTMENTAL = "departmental", _("Departmental election")
    REGIONAL = "regional", _("Regional election")


class RetentionRuleName(models.TextChoices):
    """When data goes: each rule has its own moment to count from."""

    ROLL = "roll", _("After the vote")
    RENTAL = "rental", _("At the end of the licence")
    LAST_SIGN = "last_sign", _("After the last sign of life")


class TargetingClass(models.TextChoices):
    """What a segment condition or send option does to the audience (Regulation (EU) 2024/900)."""

    SUBSCRIPTION = "subscription", _("Chosen by the person")
    TECHNICAL = "technical", _("Technical")
    REGISTRANT = "registrant", _("Taking part")
    CRITERION = "criterion", _("Targeting criterion")
    FORBIDDEN = "forbidden", _("Not allowed online")


class TimelineGroup(models.TextChoices):
    """What a person's timeline can be narrowed to."""

    MESSAGES = "messages", _("Messages")
    FORMS = "forms", _("Forms")
    CONSENTS = "consents", _("Consents")
    NOTES = "notes", _("Notes")
    EVENTS = "events", _("Events")
    CALLS = "calls", _("Calls and meetings")
    DONATIONS = "donations", _("Donations")
    SOURCES = "sources", _("Where the data comes from")


class UnreachableReason(models.TextChoices):
    """Why a person is left out of an audience, most final reason first."""

    ERASED = "erased", _("Being erased")
    SUPPRESSED = "suppressed", _("On the do-not-contact list")
    WITHDRAWN = "withdrawn", _("Withdrew their consent")
    NO_ADDRESS = "no_address", _("No usable address or number")
    BOUNCED = "bounced", _("The address was returned")
    ROLL_ONLY = "roll_only", _("Known from the electoral roll only")
    LICENCE_ENDED = "licence_ended", _("The licence of the file has ended")
    BROKER_ONLY = "broker_only", _("From a broker: only in a mailing to the whole file")
    NO_BASIS = "no_basis", _("Nothing allows this channel")
    NO_TARGETING_CONSENT = "no_targeting_consent", _("Has not agreed to targeted messages")
    UNDER_AGE = "under_age", _("Under 17")
    OUT_OF_SCOPE = "out_of_scope", _("Outside your territory")
    SAME_ADDRESS = "same_address", _("Shares the address of another recipient")
