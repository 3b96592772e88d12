from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "campaign_crm.platform"
    label = "platform"
    verbose_name = "Platform"

    def ready(self) -> None:
        from campaign_crm.platform import checks  # noqa: F401 - registers system checks
