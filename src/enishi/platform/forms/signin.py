"""Input of signing in: codes, passkeys, the proof that one is oneself."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, EditWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from enishi.platform import second_factor, time
from enishi.platform.actions import signin as actions
from enishi.platform.client import ip_of
from enishi.platform.forms.base import ScreenForm, Spoken
from enishi.platform.models import User


class CodeField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "off", "spellcheck": "false"}
        super().__init__(label=_("確認コード"), max_length=20, widget=forms.TextInput(attrs=attrs), **options)

    def to_python(self, value: object) -> str:
        return second_factor.read_code(str(super().to_python(value)))


class SignInForm(Spoken, LoginForm):
    """Login or mail address, and the password."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["login"].label = _("ログイン名かメールアドレス")
        for name, told in (("login", "username"), ("password", "current-password")):
            self.fields[name].widget.attrs = {"autocomplete": told, "autocapitalize": "off", "spellcheck": "false"}


class CodeForm(Spoken, AuthenticateForm):
    """The second step of signing in."""

    code = CodeField(
        help_text=_("認証アプリの6桁の数字。手元にないときは、リカバリーコードを1つ入力します。"),
    )

    def clean_code(self) -> str:
        with second_factor.of(self.user.pk):
            self.cleaned_data["code"] = second_factor.as_kept(self.user.pk, self.cleaned_data["code"])
            code: str = super().clean_code()
        if not second_factor.use_up(self.user.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        from allauth.core import context

        actions.note_failure(user_id=self.user.pk, step="second_factor", ip=ip_of(context.request), now=time.now())


class EnrolForm(ActivateTOTPForm):
    """The first code of a new app proves that it has the secret."""

    code = CodeField(help_text=_("アプリに表示された6桁の数字。"), error_messages={"required": _("入力してください。")})

    def __init__(self, *args: Any, **options: Any) -> None:
        self.user = options.pop("user")
        forms.Form.__init__(self, *args, **options)  # past the library, which keeps the secret in clear
        self.secret = second_factor.offered_secret(self.user, renew=not self.is_bound)

    def clean_code(self) -> str:
        code: str = super().clean_code()
        second_factor.use_up(self.user.pk, code)
        return code


@contextmanager
def _well_formed() -> Iterator[None]:
    """What comes in the place of a passkey's answer may be anything: what cannot be read is refused like a wrong one."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class PasskeyProofForm(AuthenticateWebAuthnForm):
    """A passkey as the second step, or as a proof that one is oneself."""

    def clean_credential(self) -> Authenticator:
        with _well_formed():
            return super().clean_credential()


class PasskeyLoginForm(LoginWebAuthnForm):
    """A passkey alone."""

    def clean_credential(self) -> Authenticator:
        with _well_formed():
            return super().clean_credential()


class PasskeyNameForm(Spoken, EditWebAuthnForm):
    name = forms.CharField(label=_("名前"), max_length=60)


class PasskeyForm(AddWebAuthnForm):
    """A new passkey: it signs in by itself, without the password, so it asks for finger, face or PIN."""

    name = forms.CharField(
        label=_("名前"), max_length=60, required=False, help_text=_("例：会社のノートPC。あとで見分けられる名前にします。")
    )
    passwordless = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        with _well_formed():
            data: dict[str, Any] = super().clean()
        return data

    def clean_passwordless(self) -> bool:
        return True


class ConfirmForm(ScreenForm):
    """One proof is enough: the password, a code, or a passkey. What the user does not have is not asked for."""

    password = forms.CharField(
        label=_("パスワード"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    code = CodeField(required=False, help_text=_("パスワードの代わりに、認証アプリの6桁の数字でも確認できます。"))
    credential = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: HttpRequest, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request, self.user = request, user
        self.kinds = second_factor.kinds_of(user)
        if not self.user.has_usable_password():
            del self.fields["password"]
        if not self.kinds - {Authenticator.Type.WEBAUTHN}:
            del self.fields["code"]

    @property
    def has_passkey(self) -> bool:
        return Authenticator.Type.WEBAUTHN in self.kinds

    @property
    def can_prove(self) -> bool:
        return self.has_passkey or "password" in self.fields or "code" in self.fields

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data.get("credential"):
            self._by(PasskeyProofForm({"credential": data["credential"]}, user=self.user), "credential", None)
        elif data.get("code"):
            self._by(CodeForm({"code": data["code"]}, user=self.user), "code", "code")
        elif data.get("password"):
            self._by_password(data["password"])
        else:
            self.add_error("password" if "password" in self.fields else None, _("入力してください。"))
        return data

    def _by(self, proof: forms.Form, theirs: str, place: str | None) -> None:
        for text in [] if proof.is_valid() else proof.errors[theirs]:
            self.add_error(place, text)

    def _by_password(self, password: str) -> None:
        adapter = get_adapter(self.request)
        try:
            right = adapter.reauthenticate(self.user, password)
        except ValidationError as refusal:
            self.add_error("password", refusal)
        else:
            if not right:
                self.add_error("password", adapter.error_messages["incorrect_password"])


class ForgottenForm(Spoken, ResetPasswordForm):
    """Whose address it is, and whether it is anybody's, is found out by a job: the answer takes as long either way."""

    email = forms.EmailField(
        label=_("メールアドレス"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def save(self, request: HttpRequest, **options: Any) -> str:
        actions.ask_for_reset(user_ids=[user.pk for user in self.users])
        return str(self.cleaned_data["email"])
