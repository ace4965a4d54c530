"""What events are called on the screens of the audit: `customer.archived` is 「顧客をごみ箱に入れた」.

An app says by the wire EVENT_NOUNS what its events are about; the verbs are everybody's. A kind whose words do not follow from
the two stands in `WHOLE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enishi.platform import wiring
from enishi.platform.words import own

type Words = str | Promise

#: The groups by which the audit is narrowed, in the order of the choice.
GROUPS: Mapping[str, Words] = {
    "record": gettext_lazy("顧客と記録の操作"),
    "consent": gettext_lazy("同意"),
    "send": gettext_lazy("配信"),
    "import": gettext_lazy("取り込み・一括変更"),
    "export": gettext_lazy("書き出し・印刷"),
    "sign_in": gettext_lazy("ログイン"),
    "rights": gettext_lazy("ユーザーと権限"),
    "settings": gettext_lazy("設定の変更"),
    "audit": gettext_lazy("監査と承認"),
}


@dataclass(frozen=True, slots=True)
class Noun:
    """What an event is about: its word, its group, and the table of its subject (model label, lower case), where it has one."""

    label: Words
    group: str
    object: str = ""


NOUNS: Mapping[str, Noun] = {
    "organisation": Noun(gettext_lazy("会社の設定"), "settings", "platform.organisation"),
    "module": Noun(gettext_lazy("機能"), "settings", "platform.modulestate"),
    "clock": Noun(gettext_lazy("デモの日付"), "settings"),
    "user": Noun(gettext_lazy("ユーザー"), "rights", "platform.user"),
    "sign_in_link": Noun(gettext_lazy("ログインリンク"), "sign_in", "platform.user"),
    "networks": Noun(gettext_lazy("IPアドレスの制限"), "settings", "platform.organisation"),
    "company_login": Noun(gettext_lazy("会社のアカウントの設定"), "settings", "platform.identityprovider"),
    "invitation": Noun(gettext_lazy("招待"), "rights", "platform.invitation"),
    "role": Noun(gettext_lazy("ロール"), "rights", "platform.role"),
    "team": Noun(gettext_lazy("部署"), "rights", "platform.team"),
    "token": Noun(gettext_lazy("APIトークン"), "rights", "platform.apitoken"),
    "scim": Noun(gettext_lazy("ユーザーの自動連携の設定"), "settings", "platform.scimsettings"),
    "scim_token": Noun(gettext_lazy("自動連携のトークン"), "rights", "platform.scimtoken"),
    "scim_group": Noun(gettext_lazy("連携元のグループ"), "rights", "platform.scimgroup"),
    "audit": Noun(gettext_lazy("監査ログ"), "audit"),
    "audit_file": Noun(gettext_lazy("監査の書き出し"), "export", "platform.auditfile"),
    "approval_rule": Noun(gettext_lazy("承認のきまり"), "rights", "platform.approvalrule"),
    "deputy": Noun(gettext_lazy("承認の代理"), "rights"),
    "approval": Noun(gettext_lazy("承認申請"), "audit"),
}

#: Verbs with their particle, so that noun and verb make a phrase.
VERBS: Mapping[str, Words] = {
    "added": gettext_lazy("を追加"),
    "appointed": gettext_lazy("を任命"),
    "approved": gettext_lazy("を承認"),
    "archived": gettext_lazy("をごみ箱に入れた"),
    "assigned": gettext_lazy("の担当を変更"),
    "cancelled": gettext_lazy("を取り消し"),
    "changed": gettext_lazy("を変更"),
    "check_failed": gettext_lazy("の検証が中断"),
    "claimed": gettext_lazy("を顧客に結び付け"),
    "completed": gettext_lazy("を完了"),
    "confirmed": gettext_lazy("を確定"),
    "contact_added": gettext_lazy("の連絡先を追加"),
    "contact_changed": gettext_lazy("の連絡先を変更"),
    "contact_made_primary": gettext_lazy("の主な連絡先を変更"),
    "contact_removed": gettext_lazy("の連絡先を削除"),
    "contact_stopped": gettext_lazy("の連絡先を無効にした"),
    "created": gettext_lazy("を作成"),
    "deactivated": gettext_lazy("を停止"),
    "defined": gettext_lazy("を定義"),
    "discarded": gettext_lazy("を破棄"),
    "dropped": gettext_lazy("を取りやめ"),
    "ended": gettext_lazy("を終了"),
    "expired": gettext_lazy("の期限切れ"),
    "failed": gettext_lazy("が失敗"),
    "exported": gettext_lazy("の証跡を書き出し"),
    "fetched": gettext_lazy("のファイルをダウンロード"),
    "finished": gettext_lazy("が完了"),
    "frozen": gettext_lazy("を確定"),
    "given": gettext_lazy("を付与"),
    "import_undone": gettext_lazy("の取り込みを取り消し"),
    "imported": gettext_lazy("を取り込み"),
    "invited": gettext_lazy("を招待"),
    "joined": gettext_lazy("に参加"),
    "judged": gettext_lazy("の効果を判定"),
    "lifecycle_changed": gettext_lazy("のステージが変化"),
    "left": gettext_lazy("から離脱"),
    "looked_as": gettext_lazy("の見え方を確認"),
    "merged": gettext_lazy("を統合"),
    "parted": gettext_lazy("を分けた"),
    "moved": gettext_lazy("を移動"),
    "ordered": gettext_lazy("を依頼"),
    "pinned": gettext_lazy("を固定"),
    "placed": gettext_lazy("を受け付け"),
    "postponed": gettext_lazy("の期限を変更"),
    "printed": gettext_lazy("を印刷"),
    "proved": gettext_lazy("の試し送りに成功"),
    "published": gettext_lazy("を公開"),
    "rebuilt": gettext_lazy("を台帳から作り直し"),
    "recorded": gettext_lazy("を記録"),
    "registered": gettext_lazy("を登録"),
    "rejected": gettext_lazy("を却下"),
    "related": gettext_lazy("の関係を追加"),
    "relation_changed": gettext_lazy("の関係を変更"),
    "released": gettext_lazy("を顧客から切り離し"),
    "removed": gettext_lazy("を削除"),
    "renamed": gettext_lazy("の名前を変更"),
    "reactivated": gettext_lazy("を再開"),
    "reopened": gettext_lazy("を未完了に戻した"),
    "requested": gettext_lazy("を提出"),
    "restored": gettext_lazy("を元に戻した"),
    "resumed": gettext_lazy("を再開"),
    "revealed": gettext_lazy("の伏せた項目を開示"),
    "retired": gettext_lazy("の使用を停止"),
    "revived": gettext_lazy("の使用を再開"),
    "revoked": gettext_lazy("を無効にした"),
    "saved": gettext_lazy("を保存"),
    "sealed": gettext_lazy("を封印"),
    "set_up": gettext_lazy("を開始"),
    "share_ended": gettext_lazy("の共有を終了"),
    "shared": gettext_lazy("を共有"),
    "started": gettext_lazy("を開始"),
    "stopped": gettext_lazy("を停止"),
    "switched": gettext_lazy("のオン／オフを切り替え"),
    "attested": gettext_lazy("の登録内容を確認"),
    "tagged": gettext_lazy("にタグを付けた"),
    "taken": gettext_lazy("を外した"),
    "taken_over": gettext_lazy("を引き継ぎ"),
    "undo_checked": gettext_lazy("の取り消しを確認"),
    "undo_failed": gettext_lazy("の取り消しが失敗"),
    "undo_ordered": gettext_lazy("の取り消しを依頼"),
    "undo_stopped": gettext_lazy("の取り消しを停止"),
    "undone": gettext_lazy("を取り消し"),
    "unmerged": gettext_lazy("の統合を取り消し"),
    "unpinned": gettext_lazy("の固定を解除"),
    "unrelated": gettext_lazy("の関係を削除"),
    "untagged": gettext_lazy("のタグを外した"),
    "updated": gettext_lazy("を変更"),
    "used": gettext_lazy("を使用"),
    "verified": gettext_lazy("の検証が完了"),
    "waiting": gettext_lazy("が送信待ち"),
    "withdrawn": gettext_lazy("を撤回"),
}

#: Kinds that are said otherwise, and those that belong to another group than their noun.
WHOLE: Mapping[str, tuple[Words, str]] = {
    "access.denied": (gettext_lazy("権限のない画面や記録を開こうとした"), "rights"),
    "clock.days_asked": (gettext_lazy("デモの日付を進めるよう依頼"), "settings"),
    "clock.moved": (gettext_lazy("デモの日付を進めた"), "settings"),
    "customer.printed": (gettext_lazy("顧客を印刷"), "export"),
    "suppression.added": (gettext_lazy("配信停止リストに宛先を追加"), "consent"),
    "suppression.lifted": (gettext_lazy("配信停止を解除"), "consent"),
    "list.columns_chosen": (gettext_lazy("一覧の列を選択"), "settings"),
    "sign_in_link.made": (gettext_lazy("管理者用のログインリンクを作成"), "sign_in"),
    "networks.opened": (gettext_lazy("接続できるIPアドレスの制限を解除"), "settings"),
    "role.networks_changed": (gettext_lazy("ロールの使える場所を変更"), "rights"),
    "invitation.made": (gettext_lazy("ユーザーを招待"), "rights"),
    "invitation.mailed": (gettext_lazy("招待のメールを送信"), "rights"),
    "invitation.renewed": (gettext_lazy("招待のリンクを作り直し"), "rights"),
    "invitation.withdrawn": (gettext_lazy("招待を取り消し"), "rights"),
    "access_request.made": (gettext_lazy("閲覧を依頼"), "record"),
    "access_request.granted": (gettext_lazy("閲覧の依頼に応えて共有"), "record"),
    "access_request.declined": (gettext_lazy("閲覧の依頼を断った"), "record"),
    "access_request.withdrawn": (gettext_lazy("閲覧の依頼を取り下げ"), "record"),
    "merge_batch.planned": (gettext_lazy("一括統合の対象の確認を依頼"), "record"),
    "merge_batch.approved": (gettext_lazy("一括統合を開始"), "record"),
    "merge_batch.finished": (gettext_lazy("一括統合が完了"), "record"),
    "merge_batch.failed": (gettext_lazy("一括統合が失敗"), "record"),
    "merge_batch.stopped": (gettext_lazy("一括統合を停止"), "record"),
    "merge_batch.undo_ordered": (gettext_lazy("一括統合の取り消しを依頼"), "record"),
    "twins.search_failed": (gettext_lazy("重複の検索が失敗"), "record"),
    "twins.search_ordered": (gettext_lazy("重複の検索を依頼"), "record"),
    "twins.search_stopped": (gettext_lazy("重複の検索を停止"), "record"),
    "twins.searched": (gettext_lazy("重複を検索"), "record"),
    "twins.told_apart": (gettext_lazy("重複候補を「同じ人ではない」と判断"), "record"),
    "twins.put_off": (gettext_lazy("重複候補の確認を後回し"), "record"),
    "twins.reopened": (gettext_lazy("重複候補を未確認に戻した"), "record"),
    "user.roles_changed": (gettext_lazy("ユーザーのロールと部署を変更"), "rights"),
    "scim_group.mapped": (gettext_lazy("連携元のグループにロールと部署を割り当て"), "rights"),
    "user.directory_linked": (gettext_lazy("ユーザーを自動連携に結び付け"), "rights"),
    "user.directory_unlinked": (gettext_lazy("ユーザーを自動連携から外した"), "rights"),
    "user.device_met": (gettext_lazy("初めての端末でログイン"), "sign_in"),
    "user.language_chosen": (gettext_lazy("画面の言語を変更"), "settings"),
    "user.login_linked": (gettext_lazy("外部のログインを結び付け"), "sign_in"),
    "user.login_unlinked": (gettext_lazy("外部のログインを解除"), "sign_in"),
    "user.password_changed": (gettext_lazy("パスワードを変更"), "sign_in"),
    "user.password_reset": (gettext_lazy("パスワードを再設定"), "sign_in"),
    "user.recovery_codes_renewed": (gettext_lazy("リカバリーコードを作り直し"), "sign_in"),
    "user.second_factor_added": (gettext_lazy("2段階認証を追加"), "sign_in"),
    "user.second_factor_removed": (gettext_lazy("2段階認証を解除"), "sign_in"),
    "user.session_ended": (gettext_lazy("ログイン中の端末を終了"), "sign_in"),
    "user.sign_in_failed": (gettext_lazy("ログインに失敗"), "sign_in"),
    "user.signed_in": (gettext_lazy("ログイン"), "sign_in"),
    "user.signed_out": (gettext_lazy("ログアウト"), "sign_in"),
}


@cache
def nouns() -> Mapping[str, Noun]:
    """Of every app, by the first word of the kind."""
    found: dict[str, Noun] = {}
    for one in wiring.load("EVENT_NOUNS"):
        found |= one
    return found


def words_of(kind: str) -> str:
    """What an event is called; its code where nobody gave it words."""
    if kind in WHOLE:
        return own(WHOLE[kind][0])
    name, _dot, verb = kind.partition(".")
    noun, said = nouns().get(name), VERBS.get(verb)
    if noun is None or said is None:
        return kind
    return _PHRASE % {"noun": own(noun.label), "verb": said}


_PHRASE = pgettext_lazy("an event: what it is about, then what happened", "%(noun)s%(verb)s")


def object_of(kind: str) -> str:
    """The table of the subject of such events; "" where it has none of its own."""
    noun = nouns().get(kind.partition(".")[0])
    return noun.object if noun else ""


def object_label(label: str) -> str:
    """What rows of a table are called."""
    return next((own(noun.label) for noun in nouns().values() if noun.object == label), label.rpartition(".")[2] or _("記録"))


def kinds_in(group: str) -> tuple[list[str], list[str], list[str]]:
    """How to find events of a group: beginnings of their kinds, kinds beside these, and kinds that are not meant though they begin so."""
    begin = [f"{name}." for name, noun in nouns().items() if noun.group == group]
    beside = [kind for kind, (_words, where) in WHOLE.items() if where == group]
    apart = [kind for kind, (_words, where) in WHOLE.items() if where != group and kind.startswith(tuple(begin))] if begin else []
    return begin, beside, apart
