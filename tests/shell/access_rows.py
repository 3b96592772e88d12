"""Who may open which page, one row a page (`tests/shell/test_access.py` holds the product to it)."""

from __future__ import annotations

from dataclasses import dataclass

from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope


@dataclass(frozen=True)
class Row:
    """The right a page needs to be read (None: every member of the team) and to be written to.

    `write` is given where it differs from `read`.
    """

    read: Right | None
    write: Right | None = None


@dataclass(frozen=True)
class Operation:
    """The right that staff need for an operation of the API; the scope that a key needs (None: no key)."""

    right: Right
    scope: Scope | None


PUBLIC = Row(None)  # answers strangers: public pages, health pages (which judge by themselves), the doors

ROWS: dict[str, Row] = {
    "contacts:consents": Row(Right.VIEW_COMPLIANCE),
    "contacts:electors": Row(Right.VIEW_PEOPLE),
    "contacts:electors_letters": Row(Right.VIEW_PEOPLE, write=Right.EXPORT_PEOPLE),
    "contacts:electors_next": Row(Right.VIEW_PEOPLE),
    "contacts:import": Row(Right.IMPORT_PEOPLE),
    "contacts:import_columns": Row(Right.IMPORT_PEOPLE),
    "contacts:import_discard": Row(Right.IMPORT_PEOPLE),
    "contacts:import_file": Row(Right.IMPORT_PEOPLE),
    "contacts:import_new": Row(Right.IMPORT_PEOPLE),
    "contacts:import_progress": Row(Right.IMPORT_PEOPLE),
    "contacts:import_rejects": Row(Right.IMPORT_PEOPLE),
    "contacts:import_run": Row(Right.IMPORT_PEOPLE),
    "contacts:import_server": Row(Right.IMPORT_PEOPLE),
    "contacts:import_source": Row(Right.IMPORT_PEOPLE),
    "contacts:import_stop": Row(Right.IMPORT_PEOPLE),
    "contacts:import_undo": Row(Right.IMPORT_PEOPLE),
    "contacts:imports": Row(Right.VIEW_PEOPLE),
    "contacts:link_decide": Row(Right.EDIT_PEOPLE),
    "contacts:link_review": Row(Right.EDIT_PEOPLE),
    "contacts:link_undo": Row(Right.EDIT_PEOPLE),
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
    "contacts:upload": Row(Right.IMPORT_PEOPLE),
    "contacts:upload_begin": Row(Right.IMPORT_PEOPLE),
    "contacts:upload_discard": Row(Right.IMPORT_PEOPLE),
    "contacts:upload_end": Row(Right.IMPORT_PEOPLE),
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
    "messaging:service_messages": Row(Right.VIEW_CAMPAIGNS, write=Right.SEND_CAMPAIGN),
    "messaging:template_check": Row(Right.VIEW_CAMPAIGNS),
    "messaging:template_compose": Row(Right.EDIT_CAMPAIGN),
    "messaging:template_delete": Row(Right.EDIT_CAMPAIGN),
    "messaging:template_new": Row(Right.EDIT_CAMPAIGN),
    "messaging:template_preview": Row(Right.VIEW_CAMPAIGNS),
    "messaging:template_save": Row(Right.EDIT_CAMPAIGN),
    "messaging:templates": Row(Right.VIEW_CAMPAIGNS),
    "shell:api_key_new": Row(Right.MANAGE_SETTINGS),
    "shell:api_key_revoke": Row(Right.MANAGE_SETTINGS),
    "shell:api_keys": Row(Right.MANAGE_SETTINGS),
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
    "shell:notification_open": Row(None),
    "shell:notifications": Row(None),
    "shell:organisation": Row(Right.MANAGE_SETTINGS),
    "shell:palette": Row(None),
    "shell:profile": Row(None),
    "shell:progress": PUBLIC,
    "shell:ready": PUBLIC,
    "shell:sending": Row(Right.MANAGE_SETTINGS),
    "shell:team": Row(Right.MANAGE_SETTINGS),
    "tracking:campaign_report": Row(Right.VIEW_CAMPAIGNS),
    "tracking:confirm": PUBLIC,
    "tracking:form": Row(Right.EDIT_FORMS),
    "tracking:form_edit": Row(Right.EDIT_FORMS),
    "tracking:form_new": Row(Right.EDIT_FORMS),
    "tracking:forms": Row(Right.VIEW_CAMPAIGNS),
    "tracking:leave": PUBLIC,
    "tracking:log_call": Row(Right.EDIT_PEOPLE),
    "tracking:online": PUBLIC,
    "tracking:preferences": PUBLIC,
    "tracking:sign_up": PUBLIC,
}

OPERATIONS: dict[str, Operation] = {
    "api:mailings": Operation(Right.VIEW_CAMPAIGNS, Scope.CAMPAIGNS_READ),
    "api:people": Operation(Right.VIEW_PEOPLE, Scope.PEOPLE_READ),
    "api:person": Operation(Right.VIEW_PEOPLE, Scope.PEOPLE_READ),
    "api:report": Operation(Right.VIEW_CAMPAIGNS, Scope.CAMPAIGNS_READ),
    "api:schema": Operation(Right.VIEW_PEOPLE, None),
    "api:sign_ups": Operation(Right.EDIT_FORMS, Scope.SIGN_UPS_WRITE),
}
