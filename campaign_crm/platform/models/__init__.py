from campaign_crm.platform.models.api_key import ApiKey
from campaign_crm.platform.models.audit import AuditEntry
from campaign_crm.platform.models.history import HistoryEntry, HistoryKey, HistoryValue
from campaign_crm.platform.models.job import Job
from campaign_crm.platform.models.kept_answer import KeptAnswer
from campaign_crm.platform.models.notification import Notification
from campaign_crm.platform.models.organisation import Organisation
from campaign_crm.platform.models.reads import ReadTally, RecordRead
from campaign_crm.platform.models.user import User
from campaign_crm.platform.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "ApiKey",
    "AuditEntry",
    "HistoryEntry",
    "HistoryKey",
    "HistoryValue",
    "Job",
    "KeptAnswer",
    "Notification",
    "Organisation",
    "ReadTally",
    "RecordRead",
    "User",
    "Webhook",
    "WebhookDelivery",
]
