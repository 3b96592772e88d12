"""Small reference tables for administrators, and two that can only be read: the journal and the jobs.

Everything people work with has its own screens; a table comes here only when it is short and rarely touched.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from campaign_crm.platform.models import AuditEntry, Job
from contacts.models import ConsentWording, CustomField, Tag

for model in (Group, EmailAddress, Authenticator):  # rights are roles; accounts have their own pages
    admin.site.unregister(model)

admin.site.index_title = _("Reference tables")


class ReadOnly(ModelAdmin):
    """A long table to look into: no count of all rows, nothing to add, change or delete."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_filter_sheet = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """Who did what, when."""

    list_display = ["at", "action", "object_type", "object_id", "actor"]
    list_select_related = ["actor"]
    ordering = ["-at"]


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Background work and what became of it."""

    list_display = ["created_at", "kind", "state", "progress_done", "progress_total", "error"]
    list_filter = ["state"]
    ordering = ["-id"]


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    """Words that staff put on people."""

    list_display = ["name", "created_at"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name"]


@admin.register(CustomField)
class CustomFieldAdmin(ModelAdmin):
    """Extra fields of people; the key never changes, imports and segments hold on to it."""

    list_display = ["label", "key", "kind"]
    ordering = ["label"]
    fields = ["label", "key", "kind", "choices"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["key", "kind"]


@admin.register(ConsentWording)
class ConsentWordingAdmin(ModelAdmin):
    """The sentences of consent boxes: a new text is a new version, never an edit."""

    list_display = ["channel", "purpose", "language", "version", "text"]
    ordering = ["channel", "purpose", "language", "-version"]
    fields = ["channel", "purpose", "language", "version", "text"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
