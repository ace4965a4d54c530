"""Input of 会社のアカウント."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.platform import ldap, saml_xml
from enishi.platform.forms.base import ScreenForm
from enishi.platform.models import IdentityProvider

# What every kind of company account is asked; Django gives each form its own copy.
_IS_ON = forms.BooleanField(label=_("ログイン画面に出す"), required=False)
_MAKES_USERS = forms.BooleanField(
    label=_("招待していない人も、ユーザーにする"),
    required=False,
    help_text=_("ロールのない、何も見えないユーザーになります。普段はオフのまま、招待してください。"),
)
_TRUSTS_SECOND_FACTOR = forms.BooleanField(
    label=_("この提供元の二要素認証を信頼する"),
    required=False,
    help_text=_(
        "会社のアカウントで入った人には、2段階認証の登録を求めません。提供元が全員に二要素認証を求めているときだけ、オンにしてください。"
    ),
)


class CompanyForm(ScreenForm):
    """By OpenID Connect."""

    name = forms.CharField(label=_("ボタンに出す名前"), max_length=40, help_text=_("例：Google Workspace、Microsoft、社員アカウント"))
    issuer = forms.CharField(label=_("発行者（issuer）"), max_length=300, help_text=_("例：https://accounts.google.com"))
    client_id = forms.CharField(label=_("クライアントID"), max_length=191)
    secret = forms.CharField(
        label=_("クライアントの秘密鍵"),
        max_length=191,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("暗号化して保存し、二度と表示しません。空のままなら、いまの鍵を使い続けます。"),
    )
    is_on = _IS_ON
    makes_users = _MAKES_USERS
    trusts_second_factor = _TRUSTS_SECOND_FACTOR

    def said(self) -> dict[str, Any]:
        """What was typed, as the action takes it."""
        return dict(self.cleaned_data)


class SamlForm(ScreenForm):
    """By SAML. The metadata are read anew only where some are given."""

    name = forms.CharField(label=_("ボタンに出す名前"), max_length=40, help_text=_("例：Microsoft、HENNGE One、社員アカウント"))
    metadata_file = forms.FileField(
        label=_("IdP のメタデータ（ファイル）"),
        required=False,
        help_text=_("会社のログインサーバーから書き出した XML ファイル。証明書が新しくなったときも、ここで読み込み直します。"),
        widget=forms.FileInput(attrs={"accept": ".xml,text/xml,application/xml,application/samlmetadata+xml"}),
    )
    metadata = forms.CharField(
        label=_("IdP のメタデータ（貼り付け）"),
        required=False,
        max_length=saml_xml.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )
    metadata_url = forms.CharField(
        label=_("IdP のメタデータ（URL）"),
        required=False,
        max_length=500,
        help_text=_("https:// で始まるアドレス。保存のときに一度だけ読み込みます。"),
    )
    keeps_certificates = forms.BooleanField(
        label=_("いまの証明書も残す"),
        required=False,
        help_text=_("証明書を切り替えるあいだ、新旧どちらの署名も受け付けます。切り替わったら、オフにして読み込み直します。"),
    )
    subject_rule = forms.ChoiceField(
        label=_("本人を見分けるもの"),
        choices=(
            (IdentityProvider.SubjectRule.PERSISTENT, _("NameID（persistent 形式）")),
            (IdentityProvider.SubjectRule.ATTRIBUTE, _("属性（名前を指定する）")),
            (IdentityProvider.SubjectRule.STABLE, _("NameID（どの形式でも。別の人に使い回さないと決めている場合だけ）")),
        ),
        widget=forms.RadioSelect,
        help_text=_(
            "退職した人の ID が次の人に渡ると、その人になりすませます。メールアドレスは使い回されることがあるため、変わらない ID を選びます。"
        ),
    )
    subject_attribute = forms.CharField(
        label=_("属性の名前"),
        required=False,
        max_length=200,
        help_text=_("例：http://schemas.microsoft.com/identity/claims/objectidentifier（Entra ID）"),
    )
    is_on = _IS_ON
    makes_users = _MAKES_USERS
    trusts_second_factor = _TRUSTS_SECOND_FACTOR

    def clean_metadata_file(self) -> bytes:
        found = self.cleaned_data["metadata_file"]
        if found and found.size > saml_xml.LONGEST:
            raise forms.ValidationError(_("ファイルが大きすぎます。IdP のメタデータの XML だけを選んでください。"))
        return bytes(found.read()) if found else b""

    def said(self) -> dict[str, Any]:
        """What was typed, as the action takes it."""
        said = dict(self.cleaned_data)
        return said | {"metadata": said.pop("metadata_file") or said["metadata"].encode()}


class DirectoryForm(ScreenForm):
    """By LDAP. `try_login` is only for 試す."""

    USUAL: ClassVar[dict[str, object]] = {"product": ldap.AD_ID, "ldap_port": 636, "security": "tls", "ldap_login": "sAMAccountName"}

    name = forms.CharField(label=_("ボタンに出す名前"), max_length=40, help_text=_("例：社員アカウント、社内アカウント"))
    product = forms.ChoiceField(
        label=_("製品"),
        choices=((ldap.AD_ID, "Active Directory"), (ldap.OPEN_ID, _("OpenLDAP など"))),
        widget=forms.RadioSelect,
        help_text=_("本人は、名前やメールアドレスではなく、変わらない ID（objectGUID、entryUUID）で見分けます。"),
    )
    ldap_host = forms.CharField(label=_("サーバー名"), max_length=253, help_text=_("例：dc1.example.co.jp（証明書にある名前）"))
    security = forms.ChoiceField(
        label=_("暗号化"),
        choices=(("tls", _("LDAPS（ふつうは 636）")), ("starttls", _("StartTLS（ふつうは 389）"))),
        widget=forms.RadioSelect,
    )
    ldap_port = forms.IntegerField(label=_("ポート"), min_value=1, max_value=65535)
    authorities = forms.CharField(
        label=_("社内の認証局の証明書（PEM）"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("-----BEGIN CERTIFICATE----- から始まる文字列。公的な認証局の証明書なら、空のままにします。"),
    )
    base = forms.CharField(label=_("検索の起点（DN）"), max_length=300, help_text=_("例：OU=社員,DC=example,DC=co,DC=jp"))
    ldap_login = forms.RegexField(
        r"^[A-Za-z][A-Za-z0-9-]*\Z",
        label=_("ログイン名の属性"),
        max_length=60,
        help_text=_("Active Directory は sAMAccountName か userPrincipalName、OpenLDAP は uid がふつうです。"),
        error_messages={"invalid": _("半角の英数字と - だけで入力してください。")},
    )
    client_id = forms.CharField(
        label=_("接続用アカウント（DN）"),
        max_length=300,
        help_text=_("人を探すためだけのアカウント。読むだけの権限で作ります。例：CN=enishi,OU=サービス,DC=example,DC=co,DC=jp"),
    )
    secret = forms.CharField(
        label=_("接続用アカウントのパスワード"),
        max_length=191,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("暗号化して保存し、二度と表示しません。空のままなら、いまのパスワードを使い続けます。"),
    )
    is_on = _IS_ON
    makes_users = _MAKES_USERS
    try_login = forms.CharField(
        label=_("試すログイン名"),
        required=False,
        max_length=100,
        help_text=_("「試す」を押すと、この人が見つかるかを確かめます。保存はしません。"),
    )

    def said(self) -> dict[str, Any]:
        """What was typed, as the action takes it."""
        said = {key: value for key, value in self.cleaned_data.items() if key != "try_login"}
        return said | {"starts_plain": said.pop("security") == "starttls"}

    def asked(self) -> dict[str, Any]:
        """The same, as the trial takes it."""
        ours = ("name", "is_on", "makes_users")
        return {key: value for key, value in self.said().items() if key not in ours} | {"login": self.cleaned_data["try_login"]}


class DirectorySignInForm(ScreenForm):
    """The name and the password of the company's directory."""

    login = forms.CharField(
        label=_("会社のログイン名"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("会社のパスワード"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
