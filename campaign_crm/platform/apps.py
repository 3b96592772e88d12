from django.apps import AppConfig

from campaign_crm.platform.generics import accept_type_arguments

accept_type_arguments()  # before any form or view of any application is read


class PlatformConfig(AppConfig):
    name = "campaign_crm.platform"
    label = "platform"
    verbose_name = "Platform"

    def ready(self) -> None:
        from campaign_crm.platform import (  # noqa: F401 - registers system checks and what follows a sign-in
            checks,
            sign_in_mail,
            sign_in_signals,
        )
