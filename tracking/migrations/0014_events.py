import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import tracking.models.event_rsvp
from campaign_crm.platform.row_security import in_scope, tear_down, wall

# The rows of an event are its territory's: whoever registers tells its team, wherever they live.
_OF_EVENT = "EXISTS (SELECT FROM tracking_event AS event WHERE event.id = event_id)"
WALLS = {
    "tracking_event": in_scope("territory_id"),
    "tracking_eventslot": _OF_EVENT,
    "tracking_rsvp": _OF_EVENT,
    "tracking_checkin": "EXISTS (SELECT FROM tracking_rsvp AS rsvp WHERE rsvp.id = rsvp_id)",
}


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0061_rules_asked"),
        ("tracking", "0013_forms_without_lists_of_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EventSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("weekly", "Every week"),
                            ("fortnightly", "Every two weeks"),
                            ("monthly", "Every month, the same weekday of the month"),
                        ],
                        max_length=16,
                        verbose_name="repeats",
                    ),
                ),
                ("until", models.DateField(verbose_name="until")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "series of events",
            },
        ),
        migrations.CreateModel(
            name="EventSlot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                ("capacity", models.PositiveIntegerField(blank=True, null=True, verbose_name="seats")),
                ("taken", models.PositiveIntegerField(db_default=0, default=0)),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("reminded_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("thanked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "time slot",
            },
        ),
        migrations.CreateModel(
            name="Rsvp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=30, verbose_name="phone")),
                ("address_hash", models.BinaryField(max_length=32, null=True)),
                ("language", models.CharField(default="fr", max_length=8)),
                ("guests", models.PositiveSmallIntegerField(default=0, verbose_name="guests")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("waiting", "On the waiting list"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "ticket",
                    models.CharField(
                        default=tracking.models.event_rsvp.new_ticket,
                        editable=False,
                        max_length=16,
                        unique=True,
                    ),
                ),
                ("consents", models.JSONField(default=list)),
                ("came_from", models.CharField(blank=True, max_length=80)),
                ("is_walk_in", models.BooleanField(default=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("came_at", models.DateTimeField(null=True)),
                ("missed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "registration",
                "verbose_name_plural": "registrations",
            },
        ),
        migrations.AlterField(
            model_name="interaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("open", "Opened"),
                    ("click", "Clicked"),
                    ("unsubscribe", "Unsubscribed"),
                    ("sign_up", "Signed up"),
                    ("confirm", "Confirmed their address"),
                    ("preferences", "Changed their preferences"),
                    ("call", "Call"),
                    ("meeting", "Meeting"),
                    ("donation", "Gave"),
                    ("rsvp", "Registered for an event"),
                    ("rsvp_cancelled", "Cancelled their registration"),
                    ("came", "Came to an event"),
                    ("missed", "Did not come to an event"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("came", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mark at the door",
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="address of the page")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("meeting", "Meeting"),
                            ("canvassing", "Canvassing"),
                            ("phone_bank", "Phone bank"),
                            ("online", "Online"),
                        ],
                        default="meeting",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("cancelled", "Cancelled")],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("title", models.CharField(max_length=150, verbose_name="title")),
                ("title_en", models.CharField(blank=True, max_length=150, verbose_name="title in English")),
                ("text", models.TextField(blank=True, verbose_name="what happens there")),
                ("text_en", models.TextField(blank=True, verbose_name="what happens there, in English")),
                ("venue", models.CharField(blank=True, max_length=150, verbose_name="name of the place")),
                ("street", models.CharField(blank=True, max_length=200, verbose_name="number and street")),
                ("postcode", models.CharField(blank=True, max_length=16, verbose_name="postcode")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="town")),
                ("map_url", models.URLField(blank=True, max_length=500, verbose_name="link to a map")),
                ("access", models.CharField(blank=True, max_length=300, verbose_name="how to get in")),
                (
                    "online_url",
                    models.URLField(blank=True, max_length=500, verbose_name="link to take part online"),
                ),
                ("time_zone", models.CharField(default="Europe/Paris", max_length=40)),
                (
                    "guests_allowed",
                    models.PositiveSmallIntegerField(
                        default=2, verbose_name="guests that one person may bring"
                    ),
                ),
                ("consents", models.JSONField(default=list)),
                ("is_listed", models.BooleanField(default=True, verbose_name="shown in the public list")),
                ("thank_you", models.TextField(blank=True, verbose_name="thank-you message")),
                ("thank_you_en", models.TextField(blank=True, verbose_name="thank-you message in English")),
                (
                    "cancelled_because",
                    models.CharField(blank=True, max_length=300, verbose_name="why it is cancelled"),
                ),
                ("sequence", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "commune",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.territory",
                        verbose_name="commune",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hosts",
                    models.ManyToManyField(
                        blank=True,
                        related_name="hosted_events",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="hosts",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="contacts.territory",
                        verbose_name="territory",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="tracking.eventseries",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventseries",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', '', '')",
                    func="RETURN NULL;",
                    hash="4e1d35b03d232bfa08b79b46f7d626e744857cb2",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_77885",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="tracking_eventseries",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventseries",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', '', '')",
                    func="RETURN NULL;",
                    hash="3709d7a44165225860c5b8f02a62d0f15c524e0e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_37178",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="tracking_eventseries",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventseries",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', '', '')",
                    func="RETURN NULL;",
                    hash="a6b360e083017a0cb9ab1256b8fc6cd8a060dac4",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_2c3a9",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="tracking_eventseries",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="eventslot",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="tracking.event"
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="contact",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="rsvps",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rsvps", to="tracking.event"
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="slot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rsvps", to="tracking.eventslot"
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="rsvp",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="check_ins", to="tracking.rsvp"
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("guests_allowed__lte", 9)), name="event_few_guests"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'updated_at', 'text,text_en,online_url')",
                    func="RETURN NULL;",
                    hash="1f1b35950e8300f31b6b29d4bbfa785fb61a263a",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_1de5e",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="tracking_event",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'updated_at', 'text,text_en,online_url')",
                    func="RETURN NULL;",
                    hash="cee0a39b08cfe2c37d1f77af10ec4e537b73676c",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_40f7a",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="tracking_event",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'updated_at', 'text,text_en,online_url')",
                    func="RETURN NULL;",
                    hash="0fcb2a3d08560b669a1acb165d80efd7f404e90d",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_1b2c5",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="tracking_event",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="eventslot",
            index=models.Index(fields=["starts_at"], name="event_slot_by_day"),
        ),
        migrations.AddConstraint(
            model_name="eventslot",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="event_slot_ends_after_it_begins",
                violation_error_message="It ends after it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="eventslot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("capacity__isnull", True), ("taken__lte", models.F("capacity")), _connector="OR"
                ),
                name="event_slot_not_overbooked",
                violation_error_message="More seats than that are taken already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="eventslot",
            constraint=models.UniqueConstraint(fields=("event", "starts_at"), name="event_slot_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventslot",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'taken,reminded_at,closed_at,thanked_at', '')",
                    func="RETURN NULL;",
                    hash="8184b6c77b68163e1f359091e1bb1c5b18ab3982",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_09ec8",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="tracking_eventslot",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventslot",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'taken,reminded_at,closed_at,thanked_at', '')",
                    func="RETURN NULL;",
                    hash="d26d06304d2d7fd4e8bbd31a885f980861a3b512",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_347f1",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="tracking_eventslot",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventslot",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'taken,reminded_at,closed_at,thanked_at', '')",
                    func="RETURN NULL;",
                    hash="955bdf7aed69c8a7085209bb16cc6d7c2252be51",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_9079b",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="tracking_eventslot",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="rsvp",
            index=models.Index(fields=["slot", "state", "queued_at"], name="rsvp_waiting"),
        ),
        migrations.AddIndex(
            model_name="rsvp",
            index=models.Index(fields=["event", "-at"], name="rsvp_newest"),
        ),
        migrations.AddConstraint(
            model_name="rsvp",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("contact__isnull", False), models.Q(("state", "cancelled"), _negated=True)
                ),
                fields=("slot", "contact"),
                name="rsvp_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rsvp",
            constraint=models.CheckConstraint(condition=models.Q(("guests__lte", 9)), name="rsvp_few_guests"),
        ),
        *(migrations.RunSQL(wall(table, inside), tear_down(table)) for table, inside in WALLS.items()),
    ]
