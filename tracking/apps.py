from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from contacts.registry import registry
        from tracking import timeline

        registry.add("timeline", "interactions", timeline.interactions)
