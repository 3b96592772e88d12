from contacts.models.answer_file import AnswerFile
from contacts.models.chosen_frequency import ChosenFrequency
from contacts.models.consent import Consent, ConsentWording
from contacts.models.contact import Contact
from contacts.models.contact_points import EmailAddress, PhoneNumber, PostalAddress
from contacts.models.custom_field import CustomField
from contacts.models.duplicate_pair import DuplicatePair
from contacts.models.election import AreaTime, Election, ElectionRound, SilenceWindow
from contacts.models.electoral_registration import ElectoralRegistration, RegistrationMatch
from contacts.models.erased_elector import ErasedElector
from contacts.models.erasure import Erasure
from contacts.models.export import Export
from contacts.models.grant import Grant
from contacts.models.household import Household, HouseholdMember
from contacts.models.import_confirmation import ImportConfirmation
from contacts.models.import_run import Import, ImportChange, ImportReject
from contacts.models.list import List, ListMembership
from contacts.models.mapping_profile import MappingProfile
from contacts.models.membership import Membership
from contacts.models.merge import Merge
from contacts.models.note import Note
from contacts.models.opt_out_answer import OptOutAnswer
from contacts.models.person_request import PersonRequest
from contacts.models.reach import Reach
from contacts.models.recurring_import import RecurringFile, RecurringImport
from contacts.models.reference import ReferenceData, TerritoryAlias
from contacts.models.register import Incident, RegisterNote
from contacts.models.retention import Purge, PurgeCertificate, RetentionRule, StationAggregate
from contacts.models.roll_coverage import RollCoverage
from contacts.models.rule_change import RuleChange
from contacts.models.rules_asked import RulesAsked
from contacts.models.segment import Segment
from contacts.models.source import ContactSource, Source, SourceRow
from contacts.models.source_growth import SourceGrowth
from contacts.models.subscription import Newsletter, Subscription
from contacts.models.support_level import SupportLevel
from contacts.models.suppressed_digest import SuppressedDigest
from contacts.models.suppression import Suppression
from contacts.models.tag import ContactTag, Tag
from contacts.models.territory import Territory, TerritoryAncestor

__all__ = [
    "AnswerFile",
    "AreaTime",
    "ChosenFrequency",
    "Consent",
    "ConsentWording",
    "Contact",
    "ContactSource",
    "ContactTag",
    "CustomField",
    "DuplicatePair",
    "Election",
    "ElectionRound",
    "ElectoralRegistration",
    "EmailAddress",
    "ErasedElector",
    "Erasure",
    "Export",
    "Grant",
    "Household",
    "HouseholdMember",
    "Import",
    "ImportChange",
    "ImportConfirmation",
    "ImportReject",
    "Incident",
    "List",
    "ListMembership",
    "MappingProfile",
    "Membership",
    "Merge",
    "Newsletter",
    "Note",
    "OptOutAnswer",
    "PersonRequest",
    "PhoneNumber",
    "PostalAddress",
    "Purge",
    "PurgeCertificate",
    "Reach",
    "RecurringFile",
    "RecurringImport",
    "ReferenceData",
    "RegisterNote",
    "RegistrationMatch",
    "RetentionRule",
    "RollCoverage",
    "RuleChange",
    "RulesAsked",
    "Segment",
    "SilenceWindow",
    "Source",
    "SourceGrowth",
    "SourceRow",
    "StationAggregate",
    "Subscription",
    "SupportLevel",
    "SuppressedDigest",
    "Suppression",
    "Tag",
    "Territory",
    "TerritoryAlias",
    "TerritoryAncestor",
]
