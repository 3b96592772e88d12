"""What the apps above register with the people at the bottom, from their `AppConfig.ready()`.

Imports go one way (tracking → messaging → contacts). A segment condition on opens, a line of the timeline or
a hand-over check travels up through these lists instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from contacts.enums import TimelineGroup
from contacts.merging.belongings import Belonging

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from contacts.models import Contact, Merge, PersonRequest


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a person's timeline. `icon` is a Material Symbols name; `at` is aware."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    url: str = ""
    icon: str = "circle"


@dataclass(frozen=True)
class TimelineSource:
    """Lines of one group. `read`: (contact id, before, limit) → newest first, at most `limit`, older than
    `before`."""

    group: TimelineGroup
    read: Callable[[int, datetime | None, int], list[TimelineEntry]]


@dataclass(frozen=True)
class HandOverCheck:
    """One question asked of every message at the last moment, before the intent to send it is committed.

    `condition` is SQL, true when the message must not leave now; it reads `d` (messaging_delivery), `c`
    (messaging_campaign) and `today`, the date in the installation's zone. `outcome` is the state that the
    delivery takes then; `queued` gives the row back, to be asked again later. Look rows up by key, in scalar
    subqueries with LIMIT 1: it is asked of each message of a large send. `answer` is an English msgid kept
    with it. The first true one by `order` decides. `until`: SQL of the moment at which a row that was given
    back is asked again; empty: soon. `rule`: key of the rule that it holds, asked while that refuses.
    `as_national`: the row that is given back is the mailing's own from then on, no longer a version's.
    """

    order: int
    outcome: Literal["suppressed", "cancelled", "expired", "queued"]
    condition: str
    answer: str = ""
    until: str = ""
    rule: str = ""
    as_national: bool = False


@dataclass(frozen=True)
class RowsElsewhere:
    """A table that tells about people without a relation to them: how an erasure finds their rows (`where`,
    SQL over `own` with %(ids)s), or `why` nothing has to be done."""

    table: str
    why: str
    where: str = ""


@dataclass(frozen=True)
class Departure:
    """Somebody left because of a mailing, by its provider's own way; `contact` is None once erased."""

    campaign: int
    ledger_month: date
    contact: int | None


@dataclass(frozen=True)
class CampaignGoal:
    """What a test of versions may be decided by. `count`: (campaign id, its ledger month) → people who did it
    by number of version, each once, robots set aside. `label` is a lazy translation. `by_links`: counted from
    links, so that a mailing whose clicks are not counted cannot be decided by it."""

    label: Any
    count: CampaignCount
    by_links: bool = True


@dataclass(frozen=True)
class SignOfLife:
    """Rows of one table that say that a person did something, or was in touch, and when.

    `when` is SQL over `own`, true for the rows that count.
    """

    table: str
    at: str
    when: str = "true"
    person: str = "contact_id"


@dataclass(frozen=True)
class ExportScope:
    """A choice of people of an app above that may be exported, by the number of a thing that it knows.

    `people`: the people of it, None when it is not there (for whoever asks). `words`: what it is.
    """

    people: Callable[[int], QuerySet[Contact] | None]
    words: Callable[[int], str]


CampaignCount = Callable[[int, date], dict[int, int]]
CampaignFigures = Callable[[list[int]], dict[int, dict[str, int]]]
"""(campaign ids) → what came back for each of them, such as {"opened": 12, "clicked": 3}; in few queries."""


@dataclass
class Registry:
    """Named lists of functions; registering a name twice is a programming error.

    `holds` tells which of some people something above has rows about: undoing an import leaves them.
    `belongings` are the tables above that hold rows about a person. `merge_steps` are called with (kept id,
    absorbed id) before the rows of one record move to another, `unmerge_steps` with the merge, locked, before
    they go back; both may raise MergeRefused. `erasure_steps` are called with the ids of people whose rows
    are about to go, before any of them does; `erasure_waits` tell who cannot go just now. `departures` are
    told, in the same transaction, who left by a provider's own way. `campaign_goals` and `version_departures`
    count, by version of one mailing, people who did what it asks for, and people who left because of it.
    `recipient_values`: SQL of rows (contact_id, value) that decide when somebody's message leaves, for those
    who agreed to it. `answer_sections`: (contact id) → labelled values of a table's rows about a person, in
    the active language. `person_words` send somebody word of their request, by its step ("identity",
    "extended", "answered", "refused"). `processors` and `transfers` say who works on the data for the
    organisation, and who of them outside the European Union. `signs_of_life` keep people from going when
    nobody hears of them any more. `acts` are what people did towards the organisation by themselves: on two
    days, it makes them regular contacts. `answers_kept` are told, in the same transaction, that answers of
    people were kept; `dropped_mail` are given what came to drop addresses of the team
    (`messaging.returns.sorting.DroppedMail`). `export_scopes` are choices of people that may be exported, by
    the word that names them in an address.
    """

    timeline: dict[str, TimelineSource] = field(default_factory=dict)
    holds: dict[str, Callable[[list[int]], set[int]]] = field(default_factory=dict)
    erasure_steps: dict[str, Callable[[list[int]], None]] = field(default_factory=dict)
    erasure_waits: dict[str, Callable[[list[int]], set[int]]] = field(default_factory=dict)
    rows_elsewhere: dict[str, RowsElsewhere] = field(default_factory=dict)
    merge_steps: dict[str, Callable[[int, int], None]] = field(default_factory=dict)
    unmerge_steps: dict[str, Callable[[Merge], None]] = field(default_factory=dict)
    belongings: dict[str, Belonging] = field(default_factory=dict)
    hand_over_checks: dict[str, HandOverCheck] = field(default_factory=dict)
    campaign_goals: dict[str, CampaignGoal] = field(default_factory=dict)
    version_departures: dict[str, CampaignCount] = field(default_factory=dict)
    campaign_figures: dict[str, CampaignFigures] = field(default_factory=dict)
    departures: dict[str, Callable[[Departure], None]] = field(default_factory=dict)
    recipient_values: dict[str, str] = field(default_factory=dict)
    answer_sections: dict[str, Callable[[int], list[dict[str, Any]]]] = field(default_factory=dict)
    processors: dict[str, Callable[[], list[str]]] = field(default_factory=dict)
    transfers: dict[str, Callable[[], list[str]]] = field(default_factory=dict)
    person_words: dict[str, Callable[[PersonRequest], None]] = field(default_factory=dict)
    signs_of_life: dict[str, SignOfLife] = field(default_factory=dict)
    acts: dict[str, SignOfLife] = field(default_factory=dict)
    answers_kept: dict[str, Callable[[], None]] = field(default_factory=dict)
    dropped_mail: dict[str, Callable[[Sequence[Any]], None]] = field(default_factory=dict)
    export_scopes: dict[str, ExportScope] = field(default_factory=dict)

    def add(self, kind: str, name: str, function: Any) -> None:
        """Register `function` under `name` in the list `kind`."""
        entries: dict[str, Any] = getattr(self, kind)
        if name in entries and entries[name] != function:
            raise ValueError(f"{kind} already has an entry named {name!r}; choose another name.")
        entries[name] = function

    def tell_person(self, step: str, request: PersonRequest) -> None:
        """Send word of a request to whoever made it."""
        self.person_words[step](request)

    def timeline_entries(
        self, contact_id: int, *, before: datetime | None, limit: int, group: TimelineGroup | None = None
    ) -> list[TimelineEntry]:
        """The newest `limit` lines of every registered source, or of those of one group, newest first."""
        sources = [one for one in self.timeline.values() if group in (None, one.group)]
        lines: Iterator[TimelineEntry] = (
            entry for source in sources for entry in source.read(contact_id, before, limit)
        )
        return sorted(lines, key=lambda entry: entry.at, reverse=True)[:limit]


registry = Registry()
