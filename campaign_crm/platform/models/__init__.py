from campaign_crm.platform.models.api_key import ApiKey
from campaign_crm.platform.models.audit import AuditEntry
from campaign_crm.platform.models.history import HistoryEntry, HistoryKey, HistoryValue
from campaign_crm.platform.models.job import Job
from campaign_crm.platform.models.notification import Notification
from campaign_crm.platform.models.organisation import Organisation
from campaign_crm.platform.models.reads import ReadTally, RecordRead
from campaign_crm.platform.models.user import User

__all__ = [
    "ApiKey",
    "AuditEntry",
    "HistoryEntry",
    "HistoryKey",
    "HistoryValue",
    "Job",
    "Notification",
    "Organisation",
    "ReadTally",
    "RecordRead",
    "User",
]
