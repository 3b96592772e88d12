"""Staff pages about mailings, templates, senders and ways out; the public addresses of pictures."""

from django.urls import path

from campaign_crm.platform.middleware import for_everybody
from messaging.views.account_check import CheckAccount
from messaging.views.approvals import ApprovalAct
from messaging.views.audience import AudienceCount, AudienceStep
from messaging.views.brokers import (
    BrokerAct,
    BrokerKit,
    BrokerMailingPage,
    BrokerMailings,
    BrokerOptOuts,
    EditBrokerMailing,
)
from messaging.views.calendar import Calendar
from messaging.views.campaign import CampaignPage, CampaignProgress, Message, Recipients
from messaging.views.campaigns import CampaignAct, CampaignList, CampaignToTemplate, NewCampaign
from messaging.views.composing import Composer
from messaging.views.costs import (
    Accounts,
    DeleteInvoice,
    EditInvoice,
    ExportAccounts,
    InvoiceFile,
    OverrideCost,
    SetUnitCost,
)
from messaging.views.domains import (
    CheckDomain,
    DomainAct,
    DomainList,
    DomainPage,
    EditDomain,
    NewDomain,
)
from messaging.views.drafts import CheckDraft, CopyDraft, FindReader, PreviewDraft, SaveDraft
from messaging.views.experiments import (
    CheckVariant,
    ChooseVersion,
    ExperimentAct,
    ExperimentPage,
    ExperimentPlan,
    ExperimentResult,
    PreviewVariant,
    SaveVariant,
    VariantComposer,
)
from messaging.views.frequency import Frequency
from messaging.views.hosts import Here
from messaging.views.images import ImageList, PublicImage, UploadImage
from messaging.views.incident_mailing import PrepareIncidentMailing
from messaging.views.kits import LocalMailing, ShareTemplate
from messaging.views.replies import ReplyList, ReplyPage, ReplyToRequest
from messaging.views.returns import AccountReturns, SaveAccountReturns
from messaging.views.review import Review
from messaging.views.seed_mailboxes import SeedMailboxes
from messaging.views.send_test import SendTest
from messaging.views.senders import (
    AccountList,
    EditAccount,
    EditSender,
    MailboxLimits,
    SenderList,
)
from messaging.views.sending_rules import SendingRules
from messaging.views.service_messages import ServiceMessages
from messaging.views.targeting import (
    ExportTargetingRegister,
    PrepareConsentRound,
    TargetingRegister,
    TransparencyNotice,
)
from messaging.views.templates import DeleteTemplate, NewTemplate, TemplateList
from messaging.views.territories import (
    CheckVersion,
    PreviewVersion,
    SaveVersion,
    TerritoryVersions,
    VersionAct,
    VersionComposer,
)
from messaging.views.why import Why

app_name = "messaging"

CAMPAIGN, TEMPLATE = {"kind": "campaign"}, {"kind": "template"}

urlpatterns = [
    path("targeted-messages/", TargetingRegister.as_view(), name="targeting"),
    path("targeted-messages/export/", ExportTargetingRegister.as_view(), name="targeting_export"),
    path("targeted-messages/consent-round/", PrepareConsentRound.as_view(), name="consent_round"),
    path("notice/<str:token>", for_everybody(TransparencyNotice.as_view()), name="notice"),
    path("incidents/<int:pk>/mailing/", PrepareIncidentMailing.as_view(), name="incident_mailing"),
    path("why/", Why.as_view(), name="why"),
    path("answers/", ReplyList.as_view(), name="replies"),
    path("answers/<int:pk>/", ReplyPage.as_view(), name="reply"),
    path("answers/<int:pk>/request/", ReplyToRequest.as_view(), name="reply_request"),
    path("i/<uuid:key>.<slug:extension>", for_everybody(PublicImage.as_view()), name="image"),
    path("mailings/", CampaignList.as_view(), name="campaigns"),
    path("mailings/new/", NewCampaign.as_view(), name="campaign_new"),
    path("mailings/copy/", CopyDraft.as_view(), name="campaign_copy"),
    path("mailings/calendar/", Calendar.as_view(), name="calendar"),
    path("mailings/brokers/", BrokerMailings.as_view(), name="broker_mailings"),
    path("mailings/brokers/new/", EditBrokerMailing.as_view(), name="broker_mailing_new"),
    path("mailings/brokers/<int:pk>/", BrokerMailingPage.as_view(), name="broker_mailing"),
    path("mailings/brokers/<int:pk>/edit/", EditBrokerMailing.as_view(), name="broker_mailing_edit"),
    path("mailings/brokers/<int:pk>/kit/", BrokerKit.as_view(), name="broker_kit"),
    path("mailings/brokers/<int:pk>/act/<slug:act>/", BrokerAct.as_view(), name="broker_act"),
    path("mailings/brokers/opt-outs/<int:pk>/", BrokerOptOuts.as_view(), name="broker_opt_outs"),
    path("mailings/readers/", FindReader.as_view(), name="readers"),
    path("mailings/images/", ImageList.as_view(), name="images"),
    path("mailings/images/add/", UploadImage.as_view(), name="image_upload"),
    path("mailings/<int:pk>/", CampaignPage.as_view(), name="campaign"),
    path("mailings/<int:pk>/progress/", CampaignProgress.as_view(), name="campaign_progress"),
    path("mailings/<int:pk>/recipients/", Recipients.as_view(), name="campaign_recipients"),
    path("mailings/<int:pk>/message/", Message.as_view(), name="campaign_message"),
    path("mailings/<int:pk>/compose/", Composer.as_view(), CAMPAIGN, name="campaign_compose"),
    path("mailings/<int:pk>/save/", SaveDraft.as_view(), CAMPAIGN, name="campaign_save"),
    path("mailings/<int:pk>/check/", CheckDraft.as_view(), CAMPAIGN, name="campaign_check"),
    path("mailings/<int:pk>/preview/", PreviewDraft.as_view(), CAMPAIGN, name="campaign_preview"),
    path("mailings/<int:pk>/audience/", AudienceStep.as_view(), name="campaign_audience"),
    path("mailings/<int:pk>/audience/count/", AudienceCount.as_view(), name="campaign_count"),
    path("mailings/<int:pk>/review/", Review.as_view(), name="campaign_review"),
    path("mailings/<int:pk>/approval/<slug:act>/", ApprovalAct.as_view(), name="campaign_approval"),
    path("mailings/<int:pk>/territories/", TerritoryVersions.as_view(), name="campaign_territories"),
    path("mailings/<int:pk>/territories/<int:place>/", VersionComposer.as_view(), name="version_compose"),
    path("mailings/<int:pk>/territories/<int:place>/save/", SaveVersion.as_view(), name="version_save"),
    path("mailings/<int:pk>/territories/<int:place>/check/", CheckVersion.as_view(), name="version_check"),
    path("mailings/<int:pk>/territories/<int:place>/view/", PreviewVersion.as_view(), name="version_preview"),
    path("mailings/<int:pk>/territories/<int:place>/<slug:act>/", VersionAct.as_view(), name="version_act"),
    path("mailings/<int:pk>/versions/", ExperimentPage.as_view(), name="experiment"),
    path("mailings/<int:pk>/versions/choose/", ChooseVersion.as_view(), name="experiment_choose"),
    path("mailings/<int:pk>/versions/plan/", ExperimentPlan.as_view(), name="experiment_plan"),
    path("mailings/<int:pk>/versions/result/", ExperimentResult.as_view(), name="experiment_result"),
    path("mailings/<int:pk>/versions/<int:number>/", VariantComposer.as_view(), name="variant_compose"),
    path("mailings/<int:pk>/versions/<int:number>/save/", SaveVariant.as_view(), name="variant_save"),
    path("mailings/<int:pk>/versions/<int:number>/check/", CheckVariant.as_view(), name="variant_check"),
    path("mailings/<int:pk>/versions/<int:number>/view/", PreviewVariant.as_view(), name="variant_preview"),
    path("mailings/<int:pk>/versions/act/<slug:act>/", ExperimentAct.as_view(), name="experiment_act"),
    path("mailings/<int:pk>/test/", SendTest.as_view(), name="campaign_test"),
    path("mailings/<int:pk>/template/", CampaignToTemplate.as_view(), name="campaign_to_template"),
    path("mailings/<int:pk>/act/<slug:act>/", CampaignAct.as_view(), name="campaign_act"),
    path("templates/", TemplateList.as_view(), name="templates"),
    path("templates/new/", NewTemplate.as_view(), name="template_new"),
    path("templates/<int:pk>/", Composer.as_view(), TEMPLATE, name="template_compose"),
    path("templates/<int:pk>/save/", SaveDraft.as_view(), TEMPLATE, name="template_save"),
    path("templates/<int:pk>/check/", CheckDraft.as_view(), TEMPLATE, name="template_check"),
    path("templates/<int:pk>/preview/", PreviewDraft.as_view(), TEMPLATE, name="template_preview"),
    path("templates/<int:pk>/kit/", LocalMailing.as_view(), name="template_kit"),
    path("templates/<int:pk>/share/", ShareTemplate.as_view(), name="template_share"),
    path("templates/<int:pk>/delete/", DeleteTemplate.as_view(), name="template_delete"),
    path("sending-rules/", SendingRules.as_view(), name="sending_rules"),
    path("test-mailboxes/", SeedMailboxes.as_view(), name="seed_mailboxes"),
    path("frequency/", Frequency.as_view(), name="frequency"),
    path("service-messages/", ServiceMessages.as_view(), name="service_messages"),
    path("campaign-accounts/", Accounts.as_view(), name="accounts"),
    path("campaign-accounts/export/<slug:kind>/", ExportAccounts.as_view(), name="accounts_export"),
    path("campaign-accounts/unit-costs/", SetUnitCost.as_view(), name="unit_cost"),
    path("campaign-accounts/mailings/<int:pk>/", OverrideCost.as_view(), name="cost_override"),
    path("campaign-accounts/invoices/new/", EditInvoice.as_view(), name="invoice_new"),
    path("campaign-accounts/invoices/<int:pk>/", EditInvoice.as_view(), name="invoice"),
    path("campaign-accounts/invoices/<int:pk>/file/", InvoiceFile.as_view(), name="invoice_file"),
    path("campaign-accounts/invoices/<int:pk>/delete/", DeleteInvoice.as_view(), name="invoice_delete"),
    path("senders/", SenderList.as_view(), name="senders"),
    path("senders/new/", EditSender.as_view(), name="sender_new"),
    path("senders/<int:pk>/", EditSender.as_view(), name="sender"),
    path("here/<slug:word>", for_everybody(Here.as_view()), name="here"),
    path("domains/", DomainList.as_view(), name="domains"),
    path("domains/new/", NewDomain.as_view(), name="domain_new"),
    path("domains/<int:pk>/", DomainPage.as_view(), name="domain"),
    path("domains/<int:pk>/edit/", EditDomain.as_view(), name="domain_edit"),
    path("domains/<int:pk>/check/", CheckDomain.as_view(), name="domain_check"),
    path("domains/<int:pk>/<slug:act>/", DomainAct.as_view(), name="domain_act"),
    path("ways-out/", AccountList.as_view(), name="providers"),
    path("ways-out/mailboxes/", MailboxLimits.as_view(), name="mailbox_limits"),
    path("ways-out/new/", EditAccount.as_view(), name="provider_new"),
    path("ways-out/<int:pk>/", EditAccount.as_view(), name="provider"),
    path("ways-out/<int:pk>/check/", CheckAccount.as_view(), name="provider_check"),
    path("ways-out/<int:pk>/returns/", AccountReturns.as_view(), name="provider_returns"),
    path(
        "ways-out/<int:pk>/returns/<slug:part>/", SaveAccountReturns.as_view(), name="provider_returns_save"
    ),
]
