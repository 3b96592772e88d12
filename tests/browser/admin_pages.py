"""Two admin tables that use every part of Unfold that this product may use, for the browser tests."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from campaign_crm.platform.models import Notification, User


class NotificationInline(TabularInline):
    model = Notification
    extra = 1
    tab = True


class UserAdmin(ModelAdmin):
    list_display = ["email", "full_name", "role", "is_active", "created_at"]
    list_filter = ["role", "is_active", "created_at"]
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ["email", "full_name"]
    inlines = [NotificationInline]
    readonly_fields = ["created_at"]
    fieldsets = [
        (None, {"fields": ["email", "full_name", "is_active", "created_at"]}),
        ("Rights", {"fields": ["role", "language", "last_login"], "classes": ["tab"]}),
        ("Secret", {"fields": ["password"], "classes": ["tab"]}),
    ]


class NotificationAdmin(ModelAdmin):
    list_display = ["kind", "user", "message"]
    autocomplete_fields = ["user"]
    list_filter_sheet = True


if not admin.site.is_registered(User):
    admin.site.register(User, UserAdmin)
    admin.site.register(Notification, NotificationAdmin)
