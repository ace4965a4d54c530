"""What the events of customers are about, for the audit."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from enishi.platform.event_words import Noun

NOUNS: Mapping[str, Noun] = {
    "customer": Noun(_("顧客"), "record", "customers.customer"),
    "activity": Noun(_("活動"), "record", "customers.activity"),
    "comment": Noun(_("コメント"), "record", "customers.comment"),
    "task": Noun(_("タスク"), "record", "customers.task"),
    "file": Noun(_("ファイル"), "record", "customers.customerfile"),
    "view": Noun(_("保存した表示"), "record", "customers.savedview"),
    "list": Noun(_("一覧"), "settings"),
    "consent": Noun(_("同意"), "consent", "customers.consentrecord"),
    "purpose": Noun(_("利用目的"), "consent", "customers.consentpurpose"),
    "suppression": Noun(_("配信停止リスト"), "consent"),
    "import": Noun(_("取り込み"), "import", "customers.importrun"),
    "bulk": Noun(_("一括変更"), "import", "customers.bulkrun"),
    "access_request": Noun(_("閲覧の依頼"), "record", "customers.accessrequest"),
    "merge_batch": Noun(_("一括統合"), "record", "customers.mergebatch"),
    "twins": Noun(_("重複"), "record", "customers.twinpair"),
    "export": Noun(_("書き出し"), "export", "customers.exportrun"),
    "field": Noun(_("項目"), "settings", "customers.customfield"),
    "layout": Noun(_("フォーム"), "settings", "customers.formlayout"),
    "standards": Noun(_("入力基準"), "settings", "customers.standardbook"),
    "trade": Noun(_("業種のひな形"), "settings", "customers.tradeuse"),
    "relation_type": Noun(_("関係の種類"), "settings", "customers.relationtype"),
}
