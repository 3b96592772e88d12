"""What people do with recurring imports: set one up, change it, confirm a server, look now, pause, delete."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import seal
from campaign_crm.platform.models import User
from contacts.imports import server_folder
from contacts.imports.checks import check_source
from contacts.imports.errors import ImportProblem, WrongState
from contacts.imports.profiles import KEPT_OPTIONS
from contacts.imports.recurring import sftp
from contacts.imports.recurring.errors import PlaceProblem
from contacts.imports.recurring.reach import Place, count_there
from contacts.imports.recurring.schedule import next_of
from contacts.imports.recurring.watching import enqueue_look, learnt
from contacts.imports.recurring.web import Server
from contacts.models import Import, RecurringImport


def create_recurring(
    *,
    place: str,
    kind: str,
    credentials: dict[str, str],
    by: User | None,
    like: Import | None = None,
    **values: Any,
) -> RecurringImport:
    """Set a recurring import up; `values`: other fields. `like` lends its columns, tags and policies."""
    recurring = RecurringImport(place=place, kind=kind, created_by=by, **values)
    if like is not None:
        signature, kept = learnt(like)
        recurring.mappings = {signature: kept}
        recurring.options = {key: like.options[key] for key in KEPT_OPTIONS if like.options.get(key)}
    return _save(recurring, credentials, by, action="recurring.create")


def change_recurring(
    *, recurring: RecurringImport, credentials: dict[str, str], by: User | None, **values: Any
) -> RecurringImport:
    """Change where, when and how; credentials that are left empty stay, unless the place is another one."""
    before = dict(recurring.location)
    for name, value in values.items():
        setattr(recurring, name, value)
    if _server(recurring.location) != _server(before):
        recurring.host_key, recurring.sync = "", {}
        if not any(credentials.values()) and recurring.sealed_credentials:
            raise ImportProblem(_("Another server: type the password or the key again."))
    return _save(recurring, credentials, by, action="recurring.change")


def _save(
    recurring: RecurringImport, credentials: dict[str, str], by: User | None, *, action: str
) -> RecurringImport:
    check_source(recurring.kind, recurring.source)
    _check_place(recurring)
    given = {name: value for name, value in credentials.items() if value}
    if given:
        if (private := given.get("private_key")) and not sftp.is_private_key(
            private, given.get("passphrase")
        ):
            raise ImportProblem(
                _(
                    "This private key cannot be read, or its passphrase is another one. A key of OpenSSH's "
                    "own form must have no passphrase here; ssh-keygen -p -m PKCS8 makes it one that may."
                )
            )
        recurring.sealed_credentials = seal(given)
    recurring.next_at = next_of(recurring)
    try:
        with transaction.atomic():
            recurring.save()
            audit.record(action=action, on=recurring, by=by)
    except IntegrityError as error:
        raise ImportProblem(_("Another recurring import has this name.")) from error
    return recurring


def _check_place(recurring: RecurringImport) -> None:
    if recurring.place == Place.FOLDER:
        if not server_folder.chosen(recurring.location.get("path", "")).is_dir():
            raise PlaceProblem(_("“%(name)s” is not a folder.") % {"name": recurring.location["path"]})
    elif recurring.place == Place.CARDDAV:
        Server(recurring.location["url"], user="", password="")
    elif not recurring.location.get("host"):
        raise PlaceProblem(_("Name the server."))


def _server(settings: dict[str, Any]) -> tuple[Any, ...]:
    """What makes it another server, to which a kept password is not sent."""
    return tuple(settings.get(name) for name in ("host", "port", "url"))


def test_connection(*, recurring: RecurringImport) -> int:
    """How many files or cards are there; raises ImportProblem, UnknownHostKey with the key to confirm."""
    return count_there(recurring)


@transaction.atomic
def confirm_host_key(*, recurring: RecurringImport, host_key: str, by: User | None) -> None:
    """Trust the SFTP server that shows this key, and no other."""
    try:
        shown = sftp.fingerprint(host_key)
    except ValueError as error:
        raise ImportProblem(_("This is no key of a server.")) from error
    RecurringImport.objects.filter(pk=recurring.pk).update(host_key=host_key, error="")
    audit.record(action="recurring.confirm_key", on=recurring, by=by, detail={"key": shown})


@transaction.atomic
def look_now(*, recurring: RecurringImport, by: User | None) -> None:
    """Look at the place now, paused or not; raises WrongState while its last import waits or is at work."""
    if recurring.open_import_id is not None:
        raise WrongState(_("The last file is not finished yet: go on with it first."))
    if recurring.job is not None and recurring.job.finished_at is None:
        raise WrongState(_("It is being looked at."))
    enqueue_look(recurring, by=by)
    audit.record(action="recurring.look", on=recurring, by=by)


@transaction.atomic
def pause_recurring(*, recurring: RecurringImport, by: User | None) -> None:
    """Look no more by itself."""
    RecurringImport.objects.filter(pk=recurring.pk).update(is_paused=True)
    audit.record(action="recurring.pause", on=recurring, by=by)


@transaction.atomic
def resume_recurring(*, recurring: RecurringImport, by: User | None) -> None:
    """Look again when the schedule says so; what was missed is taken then."""
    RecurringImport.objects.filter(pk=recurring.pk).update(is_paused=False, next_at=next_of(recurring))
    audit.record(action="recurring.resume", on=recurring, by=by)


@transaction.atomic
def delete_recurring(*, recurring: RecurringImport, by: User | None) -> None:
    """Forget the place and its secrets; its imports stay, and can still be undone."""
    audit.record(action="recurring.delete", on=recurring, by=by, detail={"name": recurring.name})
    recurring.delete()
