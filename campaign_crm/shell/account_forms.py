"""The forms of django-allauth in our words: a label above each field, no placeholder repeating it."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class PlainFields:
    """Takes the placeholders away; gives the labels and help texts of `words` by field name."""

    words: dict[str, tuple[Any, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            if name in self.words:
                field.label, field.help_text = self.words[name]


class SignInForm(PlainFields, account.LoginForm):
    words = {"login": (_("E-mail"), ""), "password": (_("Password"), "")}


class ForgottenPasswordForm(PlainFields, account.ResetPasswordForm):
    words = {"email": (_("E-mail"), "")}


class ConfirmPasswordForm(PlainFields, account.ReauthenticateForm):
    words = {"password": (_("Password"), "")}


class SecondStepForm(PlainFields, mfa.AuthenticateForm):
    words = {"code": (_("Code"), "")}


class ConfirmSecondStepForm(PlainFields, mfa.ReauthenticateForm):
    words = {"code": (_("Code"), "")}


class ChangePasswordForm(PlainFields, account.ChangePasswordForm):
    words = {
        "oldpassword": (_("Password you have now"), ""),
        "password1": (_("New password"), ""),
        "password2": (_("New password, again"), ""),
    }


class SetPasswordForm(PlainFields, account.SetPasswordForm):
    words = {"password1": (_("New password"), ""), "password2": (_("New password, again"), "")}


class NewPasswordForm(PlainFields, account.ResetPasswordKeyForm):
    words = {"password1": (_("New password"), ""), "password2": (_("New password, again"), "")}


class SetUpAppForm(PlainFields, ActivateTOTPForm):
    words = {"code": (_("Code"), "")}


class AddPasskeyForm(PlainFields, AddWebAuthnForm):
    """Always one that signs in by itself: it checks a finger, a face or a PIN, so that it is both steps."""

    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)
    words = {"name": (_("Name"), _("Such as “Phone” or “Key on my ring”: by it you tell them apart."))}


class RenamePasskeyForm(PlainFields, EditWebAuthnForm):
    words = {"name": (_("Name"), "")}
