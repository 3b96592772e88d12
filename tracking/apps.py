from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from contacts.registry import registry
        from tracking import segment_conditions, selectors, timeline

        registry.add("timeline", "interactions", timeline.interactions)
        segment_conditions.register()
        registry.add("campaign_figures", "opens_and_clicks", selectors.campaign_figures)
        registry.add("holds", "activity", timeline.with_activity)
