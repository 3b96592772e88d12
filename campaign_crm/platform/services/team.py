"""The team: who may sign in, and with which role."""

from __future__ import annotations

from functools import partial

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right, Role, rights_of


class TeamError(Exception):
    """The account cannot be opened, changed or closed like this; the message says why."""


def may_name(by: User, role: str) -> bool:
    """Whether a member may give a role in the whole country for good: only what they hold so themselves."""
    needed = rights_of(role) | {Right.MANAGE_TEAM}
    return all(by.scope_until(right, None) is None for right in needed)


def password_link(user: User) -> str:
    """Return a link, good for three days, where this person chooses a password."""
    key = PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return f"{settings.PUBLIC_URL}{path_of_key(f'{user_pk_to_url_str(user)}-{key}')}"


def path_of_key(key: str) -> str:
    """The address of the page where the holder of a key chooses a password."""
    uid, _dash, token = key.partition("-")
    return reverse("account_reset_password_from_key", args=[uid, token])


def new_password_link(*, user: User, by: User) -> str:
    """Make a password link for a member at an administrator's request; the audit trail keeps the request."""
    audit.record(action="team.password_link", on=user, by=by)
    return password_link(user)


@transaction.atomic
def invite(*, email: str, full_name: str, role: str, language: str, by: User) -> User:
    """Create an account without a password and write to the person how to choose one.

    `role` is held in the whole country without an end; empty for somebody whose roles are grants. Raises
    TeamError where the inviter does not hold all of it so themselves.
    """
    if role:
        _check_may_name(by, role)
    elif not by.holds(Right.MANAGE_TEAM):
        raise TeamError(_("You do not manage the team."))
    user = User.objects.create_user(
        email=email, full_name=full_name, role=_known(role), language=language, password=None
    )
    audit.record(action="team.invite", on=user, by=by, detail={"role": user.role})
    transaction.on_commit(partial(send_invitation, user))
    return user


def send_invitation(user: User) -> None:
    """Write to a person how to choose a password, in the person's language."""
    values = {"organisation": Organisation.current().name, "link": password_link(user)}
    with translation.override(user.language):
        send_mail(
            subject=_("Your access to %(organisation)s") % values,
            message=_(
                "Hello,\n\nAn account was opened for you at %(organisation)s.\n"
                "Choose your password here, within three days:\n\n%(link)s\n\n"
                "If you did not expect this message, leave it alone.\n"
            )
            % values,
            from_email=None,
            recipient_list=[user.email],
            fail_silently=True,  # the link is also shown to the administrator
        )


@transaction.atomic
def change_role(*, user: User, role: str, by: User) -> User:
    """Give another role in the whole country, or none.

    Raises TeamError for the last administrator, and above one's own role.
    """
    user = _locked(user)
    new = _known(role)
    _check_may_name(by, new)
    _check_may_name(by, user.role)
    if new == user.role:
        return user
    if new != Role.ADMINISTRATOR:
        _keep_an_administrator_beside(user)
    user.role = new
    user.save(update_fields=["role"])
    audit.record(action="team.change_role", on=user, by=by, fields=["role"], detail={"role": new})
    return user


@transaction.atomic
def deactivate(*, user: User, by: User) -> User:
    """Close an account: the person is signed out and may not sign in. Raises TeamError for the last one."""
    user = _locked(user)
    if user.pk == by.pk:
        raise TeamError(_("You cannot close your own account: ask another administrator."))
    _keep_an_administrator_beside(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(action="team.deactivate", on=user, by=by, fields=["is_active"])
    return user


@transaction.atomic
def reactivate(*, user: User, by: User) -> User:
    """Open a closed account again, with the role it had."""
    user = _locked(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(action="team.reactivate", on=user, by=by, fields=["is_active"])
    return user


@transaction.atomic
def update_own_profile(*, user: User, full_name: str, language: str) -> User:
    """Change what a person may change of their own account."""
    user.full_name = full_name
    user.language = language
    user.save(update_fields=["full_name", "language"])
    return user


def _check_may_name(by: User, role: str) -> None:
    if not may_name(by, role):
        raise TeamError(
            _(
                "You cannot give this role in the whole country without an end: you do not hold all of it so "
                "yourself. Give it in your territory, with a last day."
            )
        )


def _known(role: str) -> str:
    return Role(role) if role else ""


def _locked(user: User) -> User:
    """Return the account, locked; all administrators are locked first, in one order, against a race."""
    list(User.objects.filter(role=Role.ADMINISTRATOR).order_by("pk").select_for_update())
    return User.objects.select_for_update().get(pk=user.pk)


def _keep_an_administrator_beside(user: User) -> None:
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if user.role == Role.ADMINISTRATOR and user.is_active and not others.exists():
        raise TeamError(_("This is the last administrator: name another one first."))
