"""Small reference tables for administrators, and two that can only be read: the journal and the jobs.

Everything people work with has its own screens; a table comes here only when it is short and rarely touched.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from campaign_crm.platform.models import AuditEntry, Job
from campaign_crm.shell.journal import act_words
from campaign_crm.shell.journal_words import detail_words, field_words, thing_words, work_words
from campaign_crm.shell.templatetags.crm import number, with_zone
from contacts.models import ConsentWording, CustomField, Tag
from contacts.services.extra_fields import save_extra_field

# Rights are roles; accounts and sessions have their own pages; single sign-on is set in the environment.
for model in (Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(model)

admin.site.index_title = _("Reference tables")


class ReadOnly(ModelAdmin):
    """A long table to look into: no count of all rows, nothing to add, change or delete."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def headline(self, row: Any) -> str:
        """What the page of one row is called."""
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        context["subtitle"] = self.headline(kwargs["obj"])
        return super().render_change_form(request, context, **kwargs)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """Who did what, when."""

    list_display = ["when", "act", "who", "thing"]
    list_select_related = ["actor"]
    fields = ["when", "act", "who", "thing", "changed", "more", "why"]
    ordering = ["-at"]

    def headline(self, row: AuditEntry) -> str:
        return self.act(row)

    @display(description=_("When"), ordering="at")
    def when(self, entry: AuditEntry) -> str:
        return with_zone(entry.at)

    @display(description=_("Act"))
    def act(self, entry: AuditEntry) -> str:
        return act_words(entry.action)

    @display(description=_("Who"))
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor or _("the system"))

    @display(description=_("On what"))
    def thing(self, entry: AuditEntry) -> str:
        return thing_words(entry.object_type, entry.object_id)

    @display(description=_("Changed fields"))
    def changed(self, entry: AuditEntry) -> str:
        return ", ".join(field_words(entry.object_type, name) for name in entry.fields) or "–"

    @display(description=_("Details"))
    def more(self, entry: AuditEntry) -> str:
        return "; ".join(detail_words(key, value) for key, value in entry.detail.items()) or "–"

    @display(description=_("Reason"))
    def why(self, entry: AuditEntry) -> str:
        return entry.reason or "–"


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Background work and what became of it."""

    list_display = ["when", "what", "how", "progress", "trouble"]
    fields = ["when", "what", "how", "progress", "trouble"]
    ordering = ["-id"]

    def headline(self, row: Job) -> str:
        return self.what(row)

    @display(description=_("When"), ordering="id")
    def when(self, job: Job) -> str:
        return with_zone(job.created_at)

    @display(description=_("Work"))
    def what(self, job: Job) -> str:
        return work_words(job.kind)

    @display(description=_("State"))
    def how(self, job: Job) -> str:
        return job.get_state_display()

    @display(description=_("Progress"))
    def progress(self, job: Job) -> str:
        if job.progress_total is None:
            return number(job.progress_done) if job.progress_done else "–"
        return f"{number(job.progress_done)} / {number(job.progress_total)}"

    @display(description=_("Error"))
    def trouble(self, job: Job) -> str:
        return job.error or "–"


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

    def save_model(self, request: HttpRequest, obj: CustomField, form: Any, change: bool) -> None:
        save_extra_field(field=obj, by=request.user)  # type: ignore[arg-type]


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
