from django.apps import AppConfig


class ShellConfig(AppConfig):
    name = "campaign_crm.shell"
    label = "shell"
    verbose_name = "Shell"
