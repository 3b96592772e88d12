from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from campaign_crm.platform.api.problems import register_refusals
        from contacts.enums import TimelineGroup
        from contacts.registry import CampaignGoal, SignOfLife, TimelineSource, registry
        from tracking import (
            erasing,
            holding,
            merging,
            recipient_values,
            segment_conditions,
            selectors,
            timeline,
            version_figures,
        )
        from tracking.donations import conditions as donation_conditions
        from tracking.errors import TrackingError
        from tracking.events import wiring
        from tracking.follow_ups import batches  # noqa: F401 - a job's handler
        from tracking.inbox import answers, drops, filing, form_messages, sending, sources  # noqa: F401 - a job's handler
        from tracking.inbox import timeline as inbox_timeline
        from tracking.scenarios import triggers
        from tracking.services import departures

        register_refusals(TrackingError)
        for group, read in timeline.INTERACTIONS.items():
            registry.add("timeline", f"interactions of {group}", TimelineSource(group, read))
        segment_conditions.register()
        donation_conditions.register()
        registry.add("campaign_figures", "opens_and_clicks", selectors.campaign_figures)
        clicks = CampaignGoal(_("People who clicked"), version_figures.clicked_by_version)
        registry.add("campaign_goals", "clicks", clicks)
        registry.add("version_departures", "unsubscribes", version_figures.left_by_version)
        registry.add("departures", "report", departures.note_reported)
        # What a scanner or a mailbox's proxy fetched says nothing of the person.
        acted = SignOfLife("tracking_interaction", "at", when="own.hit_class IN ('', 'human')")
        registry.add("signs_of_life", "activity", acted)
        signed_up = SignOfLife("tracking_submission", "confirmed_at", when="own.confirmed_at IS NOT NULL")
        registry.add("acts", "forms", signed_up)
        met = SignOfLife("tracking_interaction", "at", when="own.kind IN ('call', 'meeting', 'donation')")
        registry.add("acts", "meetings", met)
        registry.add("signs_of_life", "forms", SignOfLife("tracking_submission", "at"))
        registry.add("holds", "activity", timeline.with_activity)
        registry.add("erasure_steps", "activity", erasing.make_anonymous)
        registry.add("belongings", "interactions", merging.INTERACTIONS)
        registry.add("belongings", "submissions", merging.SUBMISSIONS)
        sources.register_source(answers.SOURCE)
        sources.register_source(form_messages.SOURCE)
        triggers.register()
        registry.add("answers_kept", "inbox", filing.file_arrivals)
        registry.add("dropped_mail", "inbox", drops.file_dropped)
        written = TimelineSource(TimelineGroup.MESSAGES, inbox_timeline.written)
        registry.add("timeline", "conversations", written)
        registry.add("holds", "conversations", inbox_timeline.with_conversations)
        registry.add("belongings", "conversations", merging.CONVERSATIONS)
        registry.add("belongings", "conversation_messages", merging.CONVERSATION_MESSAGES)
        registry.add("holds", "follow_ups", holding.with_follow_ups)
        registry.add("belongings", "tasks", merging.TASKS)
        registry.add("belongings", "scenarios", merging.SCENARIOS)
        registry.add("belongings", "steps_done", merging.STEPS_DONE)
        registry.add("belongings", "donations", merging.DONATIONS)
        registry.add("recipient_values", "engagement", recipient_values.ENGAGEMENT)
        registry.add("recipient_values", "best_hour", recipient_values.BEST_HOUR)
        wiring.register()
