"""Who may open which page, one row a page (`tests/shell/test_access.py` holds the product to it)."""

from __future__ import annotations

from dataclasses import dataclass

from campaign_crm.platform.rights import Right


@dataclass(frozen=True)
class Row:
    """The right a page needs to be read (None: every member of the team) and to be written to.

    `write` is given where it differs from `read`.
    """

    read: Right | None
    write: Right | None = None


PUBLIC = Row(None)  # answers strangers: public pages, health pages (which judge by themselves), the doors

ROWS: dict[str, Row] = {
    "contacts:consents": Row(Right.VIEW_COMPLIANCE),
    "contacts:electors": Row(Right.VIEW_PEOPLE),
    "contacts:list": Row(Right.VIEW_SEGMENTS),
    "contacts:list_new": Row(Right.EDIT_SEGMENTS),
    "contacts:list_remove": Row(Right.EDIT_SEGMENTS),
    "contacts:lists": Row(Right.VIEW_SEGMENTS),
    "contacts:newsletter": Row(Right.VIEW_SEGMENTS, write=Right.EDIT_SEGMENTS),
    "contacts:newsletter_new": Row(Right.VIEW_SEGMENTS, write=Right.EDIT_SEGMENTS),
    "contacts:newsletters": Row(Right.VIEW_SEGMENTS),
    "contacts:people": Row(Right.VIEW_PEOPLE),
    "contacts:people_selected": Row(Right.EDIT_PEOPLE),
    "contacts:person": Row(Right.VIEW_PEOPLE),
    "contacts:person_act": Row(Right.EDIT_PEOPLE),
    "contacts:person_edit": Row(Right.EDIT_PEOPLE),
    "contacts:person_new": Row(Right.EDIT_PEOPLE),
    "contacts:person_timeline": Row(Right.VIEW_PEOPLE),
    "contacts:segment": Row(Right.VIEW_SEGMENTS),
    "contacts:segment_count": Row(Right.VIEW_SEGMENTS),
    "contacts:segment_delete": Row(Right.EDIT_SEGMENTS),
    "contacts:segment_edit": Row(Right.EDIT_SEGMENTS),
    "contacts:segment_figures": Row(Right.VIEW_SEGMENTS),
    "contacts:segment_new": Row(Right.EDIT_SEGMENTS),
    "contacts:segment_options": Row(Right.VIEW_SEGMENTS),
    "contacts:segment_person": Row(Right.VIEW_SEGMENTS),
    "contacts:segment_preview": Row(Right.VIEW_SEGMENTS),
    "contacts:segments": Row(Right.VIEW_SEGMENTS),
    "contacts:source": Row(Right.VIEW_COMPLIANCE, write=Right.EDIT_COMPLIANCE),
    "contacts:source_new": Row(Right.VIEW_COMPLIANCE, write=Right.EDIT_COMPLIANCE),
    "contacts:sources": Row(Right.VIEW_COMPLIANCE),
    "contacts:suppressions": Row(Right.VIEW_COMPLIANCE, write=Right.EDIT_COMPLIANCE),
    "messaging:calendar": Row(Right.VIEW_CAMPAIGNS),
    "messaging:campaign": Row(Right.VIEW_CAMPAIGNS),
    "messaging:campaign_act": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_audience": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_check": Row(Right.VIEW_CAMPAIGNS),
    "messaging:campaign_compose": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_copy": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_count": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_message": Row(Right.VIEW_CAMPAIGNS),
    "messaging:campaign_new": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_preview": Row(Right.VIEW_CAMPAIGNS),
    "messaging:campaign_progress": Row(Right.VIEW_CAMPAIGNS),
    "messaging:campaign_recipients": Row(Right.VIEW_PEOPLE),
    "messaging:campaign_review": Row(Right.VIEW_CAMPAIGNS, write=Right.SEND_CAMPAIGN),
    "messaging:campaign_save": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_test": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaign_to_template": Row(Right.EDIT_CAMPAIGN),
    "messaging:campaigns": Row(Right.VIEW_CAMPAIGNS),
    "messaging:image": PUBLIC,
    "messaging:image_upload": Row(Right.EDIT_CAMPAIGN),
    "messaging:images": Row(Right.EDIT_CAMPAIGN),
    "messaging:provider": Row(Right.MANAGE_SETTINGS),
    "messaging:provider_check": Row(Right.MANAGE_SETTINGS),
    "messaging:provider_new": Row(Right.MANAGE_SETTINGS),
    "messaging:providers": Row(Right.MANAGE_SETTINGS),
    "messaging:readers": Row(Right.VIEW_PEOPLE),
    "messaging:sender": Row(Right.MANAGE_SETTINGS),
    "messaging:sender_new": Row(Right.MANAGE_SETTINGS),
    "messaging:senders": Row(Right.VIEW_CAMPAIGNS),
    "messaging:template_check": Row(Right.VIEW_CAMPAIGNS),
    "messaging:template_compose": Row(Right.EDIT_CAMPAIGN),
    "messaging:template_delete": Row(Right.EDIT_CAMPAIGN),
    "messaging:template_new": Row(Right.EDIT_CAMPAIGN),
    "messaging:template_preview": Row(Right.VIEW_CAMPAIGNS),
    "messaging:template_save": Row(Right.EDIT_CAMPAIGN),
    "messaging:templates": Row(Right.VIEW_CAMPAIGNS),
    "shell:catcher": Row(Right.MANAGE_SETTINGS),
    "shell:caught": Row(Right.MANAGE_SETTINGS),
    "shell:caught_body": Row(Right.MANAGE_SETTINGS),
    "shell:caught_source": Row(Right.MANAGE_SETTINGS),
    "shell:first_admin": PUBLIC,
    "shell:home": Row(None),
    "shell:invite": Row(Right.MANAGE_SETTINGS),
    "shell:language": PUBLIC,
    "shell:live": PUBLIC,
    "shell:logo": PUBLIC,
    "shell:manifest": PUBLIC,
    "shell:member": Row(Right.MANAGE_SETTINGS),
    "shell:organisation": Row(Right.MANAGE_SETTINGS),
    "shell:palette": Row(None),
    "shell:profile": Row(None),
    "shell:progress": PUBLIC,
    "shell:ready": PUBLIC,
    "shell:team": Row(Right.MANAGE_SETTINGS),
    "tracking:campaign_report": Row(Right.VIEW_CAMPAIGNS),
    "tracking:confirm": PUBLIC,
    "tracking:form": Row(Right.EDIT_FORMS),
    "tracking:form_edit": Row(Right.EDIT_FORMS),
    "tracking:form_new": Row(Right.EDIT_FORMS),
    "tracking:forms": Row(Right.EDIT_FORMS),
    "tracking:leave": PUBLIC,
    "tracking:log_call": Row(Right.EDIT_PEOPLE),
    "tracking:online": PUBLIC,
    "tracking:preferences": PUBLIC,
    "tracking:sign_up": PUBLIC,
}
