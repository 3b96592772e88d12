"""A member of staff who signs in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform import walls
from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep, scrub
from campaign_crm.platform.rights import GRANTED, Role, role_has_right


class UserManager(BaseUserManager["User"]):
    """Creates people who sign in with their e-mail address."""

    def create_user(self, *, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email=email, password=password, role=Role.ADMINISTRATOR, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Staff account: signs in by e-mail.

    `role` is what it holds in the whole country, without an end; empty: nothing. Grants add roles in
    territories, or until a day (`contacts.models.Grant`).
    """

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("name"), max_length=150, blank=True)
    role = models.CharField(
        _("role"), max_length=32, choices=Role.choices, default=Role.READ_ONLY, blank=True
    )
    language = models.CharField(_("language"), max_length=8, choices=[("fr", "Français"), ("en", "English")])
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    second_step_asked_at = models.DateTimeField(_("second step asked since"), null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()
    personal_data = keep(
        "id", "password", "last_login", "role", "language", "is_active", "created_at", "second_step_asked_at"
    ) | scrub("email", "full_name")

    class Meta:
        triggers = kept_history(unseen=("last_login",), unsaid=("password", "email", "full_name"))
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message=_("This e-mail is taken.")
            ),
            models.CheckConstraint(condition=models.Q(role__in=["", *Role.values]), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def scope_of(self, right: str) -> walls.Scope:
        """Where this account holds a right today: None in the whole country, else ids of territories."""
        return self._scope_of(right, None)

    def scope_until(self, right: str, day: date | None) -> walls.Scope:
        """Where it holds a right from today to a day at least; to None: without an end."""
        return self._scope_of(right, lambda held: held.lasts_until(day))

    def _scope_of(self, right: str, counts: Callable[[walls.Held], bool] | None) -> walls.Scope:
        if not self.is_active:
            return walls.NOWHERE
        if role_has_right(self.role, right):
            return None
        if right not in GRANTED:
            return walls.NOWHERE
        held_in = [held for held in self.granted if role_has_right(held.role, right)]
        places = {held.territory for held in held_in if counts is None or counts(held)}
        return None if None in places else frozenset(places)  # type: ignore[arg-type]

    def has_right(self, right: str) -> bool:
        """True when it holds the right wherever the work at hand reaches (`walls.current_scope`)."""
        return walls.covers(self.scope_of(right), walls.current_scope())

    def holds(self, right: str) -> bool:
        """True when it holds the right somewhere: in the whole country or in a territory."""
        return self.scope_of(right) != walls.NOWHERE

    @property
    def is_national(self) -> bool:
        """True when a role of this account reaches the whole country."""
        return bool(self.role) or any(held.territory is None for held in self.granted)

    @property
    def granted(self) -> list[walls.Held]:
        """What grants in force give, read once: a request reads its account anew."""
        if not hasattr(self, "_granted"):
            self._granted = walls.grants_of(self.pk) if self.pk else []
        return self._granted

    def forget_granted(self) -> None:
        """Read the grants of this account again: they have changed."""
        self.__dict__.pop("_granted", None)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.forget_granted()
        super().refresh_from_db(*args, **kwargs)

    @property
    def is_administrator(self) -> bool:
        return self.is_active and self.role == Role.ADMINISTRATOR

    # What Django's admin asks of a user.
    @property
    def is_staff(self) -> bool:
        return self.is_administrator

    @property
    def is_superuser(self) -> bool:
        return self.is_administrator

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_administrator

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return self.is_administrator

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_administrator

    def get_full_name(self) -> str:
        return str(self)
