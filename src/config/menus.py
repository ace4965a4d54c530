"""Where people find what: panels of ホーム, the menu, 追加, 設定, and what a company may switch off."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Panels of ホーム: {"key", "url" (view name), "needs": (object, action), "column": "main" or "side", "while": shown while true of the actor}
HOME_PANELS: list[dict[str, object]] = [
    {"key": "start", "url": "campaigns:start", "needs": ("import", "create"), "while": "enishi.campaigns.queries.start.is_beginning"},
    {"key": "calls", "url": "tasks:calls", "needs": ("customer", "read")},
    {"key": "handovers", "url": "customers:handover-home", "needs": ("customer", "read")},
    {"key": "access", "url": "customers:access-home", "needs": ("customer", "read")},
    {"key": "tasks", "url": "tasks:home", "needs": ("customer", "read")},
    {"key": "deliveries", "url": "campaigns:home", "needs": ("delivery", "read")},
    {
        "key": "at-hand",
        "url": "customers:at-hand",
        "needs": ("customer", "read"),
        "column": "side",
        "while": "enishi.customers.queries.bookmarks.has_any",
    },
]
# Each app adds its items to the group where people look for them; `needs` is (object, action), `tab`: on the phone's tab bar,
# `demo`: only the demo has the screen.
NAVIGATION: list[dict[str, object]] = [
    {"label": "", "items": [{"label": _("ホーム"), "view": "platform:home", "icon": "home", "tab": True}]},
    {
        "label": _("顧客"),
        "items": [
            {"label": _("顧客"), "view": "customers:list", "icon": "customer", "needs": ("customer", "read"), "tab": True},
            {"label": _("タスク"), "view": "tasks:list", "icon": "task", "needs": ("customer", "read")},
            {"label": _("セグメント"), "view": "segments:list", "icon": "segment", "needs": ("segment", "read"), "tab": True},
            {"label": _("データ品質"), "view": "customers:quality", "icon": "activity", "needs": ("customer", "read")},
            {"label": _("重複の確認"), "view": "twins:list", "icon": "customers", "needs": ("customer", "merge")},
            {"label": _("閲覧の依頼"), "view": "customers:access", "icon": "eye", "needs": ("customer", "read")},
            {"label": _("取り込み"), "view": "imports:list", "icon": "import", "needs": ("import", "read")},
        ],
    },
    {
        "label": _("販促"),
        "items": [
            {"label": _("配信"), "view": "campaigns:deliveries", "icon": "delivery", "needs": ("delivery", "read"), "tab": True},
            {"label": _("デモの受信箱"), "view": "messaging:mailbox", "icon": "mail", "needs": ("sink_mail", "read"), "demo": True},
        ],
    },
    {
        "label": _("販売"),
        "items": [
            {"label": _("注文"), "view": "commerce:orders", "icon": "order", "needs": ("order", "read")},
            {"label": _("商品"), "view": "commerce:products", "icon": "product", "needs": ("order", "read")},
        ],
    },
    {
        "label": _("分析"),
        "items": [
            {"label": _("顧客分析"), "view": "analytics:home", "icon": "analysis", "needs": ("order", "read")},
            {"label": _("LTV"), "view": "analytics:ltv", "icon": "money", "needs": ("order", "read")},
            {"label": _("CPA"), "view": "analytics:cpa", "icon": "lift", "needs": ("cost", "read")},
            {"label": _("広告費台帳"), "view": "analytics:ad-costs", "icon": "table", "needs": ("cost", "read")},
        ],
    },
    {
        "label": "",
        "items": [
            {"label": _("承認"), "view": "platform:approvals", "icon": "check", "count": "enishi.platform.approvals.menu_count"},
            {"label": _("設定"), "view": "platform:settings", "icon": "settings"},
        ],
    },
]
QUICK_ADD: list[dict[str, object]] = [
    {"label": _("電話メモ"), "view": "customers:call", "icon": "phone", "needs": ("activity", "create")},
    {"label": _("顧客を登録"), "view": "customers:new", "icon": "person-add", "needs": ("customer", "create")},
]
SETTINGS_PAGES: list[dict[str, object]] = [
    {
        "group": _("あなたの設定"),
        "label": _("自分のアカウント"),
        "about": _("パスワード、2段階認証とパスキー、ログイン中の端末"),
        "view": "platform:security",
        "icon": "shield",
    },
    {
        "group": _("人と権限"),
        "label": _("ユーザー"),
        "about": _("社員の招待、ロールと部署、停止と再開"),
        "view": "platform:users",
        "icon": "users",
        "needs": ("user", "read"),
    },
    {
        "group": _("人と権限"),
        "label": _("ロールと権限"),
        "about": _("だれが何を見て、何をできるか。保存の前に、変わることを確かめる"),
        "view": "platform:roles",
        "icon": "role",
        "needs": ("role", "read"),
    },
    {
        "group": _("人と権限"),
        "label": _("部署と店舗"),
        "about": _("部署の上下と所属。上の部署の権限は、下の部署にも効く"),
        "view": "platform:teams",
        "icon": "team",
        "needs": ("team", "configure"),
    },
    {
        "group": _("人と権限"),
        "label": _("ログインの決まり"),
        "about": _("2段階認証の期限、接続できるIPアドレス"),
        "view": "platform:signin-rules",
        "icon": "lock",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("人と権限"),
        "label": _("会社のアカウントでのログイン"),
        "about": _("Google Workspace・Microsoft Entra ID などでログインする"),
        "view": "platform:company",
        "icon": "building",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("人と権限"),
        "label": _("ユーザーの自動連携（SCIM）"),
        "about": _("Microsoft Entra ID・Okta の入社・異動・退職を反映する。グループとロールの割り当て"),
        "view": "platform:scim",
        "icon": "refresh",
        "needs": ("user", "update"),
    },
    {
        "group": _("人と権限"),
        "label": _("承認"),
        "about": _("大きな書き出しに、ほかの人の承認を求める件数と承認者"),
        "view": "platform:approval-rules",
        "icon": "check",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("会社と画面"),
        "label": _("会社と暦"),
        "about": _("会社名・住所・問い合わせ先、年度の始まり、送信待ちの時間"),
        "view": "platform:organisation",
        "icon": "building",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("会社と画面"),
        "label": _("呼び方"),
        "about": _("「顧客」「担当」を、取引先・営業担当など会社の言葉で表示する"),
        "view": "platform:words",
        "icon": "edit",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("会社と画面"),
        "label": _("顧客の項目"),
        "about": _("会員区分・来店のきっかけなど、会社独自の項目とフォームの設計"),
        "view": "customers:fields",
        "icon": "form",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("会社と画面"),
        "label": _("入力基準"),
        "about": _("全角・半角、㈱の書き方、使わない言葉、必須の項目を決め、登録・取り込み・APIで守る"),
        "view": "customers:standards",
        "icon": "check",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("会社と画面"),
        "label": _("関係の種類"),
        "about": _("所属・世帯・グループ・紹介のほかに、会社独自の関係を加える"),
        "view": "customers:relation-types",
        "icon": "link",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("会社と画面"),
        "label": _("機能のオン／オフ"),
        "about": _("使わない機能を、画面・権限・APIから外す"),
        "view": "platform:modules",
        "icon": "switches",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("個人情報と記録"),
        "label": _("同意と利用目的"),
        "about": _("個人情報を何に使うか、本人に示した文言の版、配信可の人数"),
        "view": "customers:purposes",
        "icon": "check",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("個人情報と記録"),
        "label": _("配信停止リスト"),
        "about": _("配信してはいけない宛先を調べる、加える、本人の申し出で外す"),
        "view": "customers:suppressions",
        "icon": "silence",
        "needs": ("settings", "configure"),
    },
    {
        "group": _("個人情報と記録"),
        "label": _("監査ログ"),
        "about": _("だれが、いつ、何を変え、だれの個人情報を見たか"),
        "view": "platform:audit",
        "icon": "history",
        "needs": ("audit", "read"),
    },
    {
        "group": _("個人情報と記録"),
        "label": _("書き出しの記録"),
        "about": _("だれが、いつ、何人の、どの項目を、何のために書き出したか"),
        "view": "exports:log",
        "icon": "export",
        "needs": ("settings", "read"),
    },
    {
        "group": _("個人情報と記録"),
        "label": _("漏えい時支援"),
        "about": _("期間・ユーザー・トークンから、個人情報を見られた人と項目を調べ、一覧にする"),
        "view": "customers:leak",
        "icon": "shield",
        "needs": ("audit", "read"),
    },
    {
        "group": _("送信・連携・動作"),
        "label": _("送信設定"),
        "about": _("メールを送るサーバー、差出人、試し送り"),
        "view": "messaging:accounts",
        "icon": "mail",
        "needs": ("mail_account", "read"),
    },
    {
        "group": _("送信・連携・動作"),
        "label": _("APIトークン"),
        "about": _("ECサイトや基幹システムから、顧客を読み書きするための鍵"),
        "view": "platform:tokens",
        "icon": "key",
        "needs": ("api_token", "create"),
    },
    {
        "group": _("送信・連携・動作"),
        "label": _("動作状況"),
        "about": _("データベース、仕事の待ち、止まっている処理"),
        "view": "platform:status",
        "icon": "activity",
        "needs": ("settings", "read"),
    },
]
# What a company may switch off; customers, rules and platform never are. Each entry makes one `platform.modules.Module`.
# An app in no module is always on. The entries of all wires follow their app.
MODULES: dict[str, dict[str, object]] = {
    "segments": {
        "label": _("セグメント"),
        "icon": "segment",
        "leaves": _("セグメントの一覧と作成画面。"),
        "stays": _("保存した条件。顧客の一覧と検索はそのまま使えます。"),
        "apps": ("segments",),
        "objects": ("segment",),
    },
    "marketing": {
        "label": pgettext_lazy("module", "配信"),
        "icon": "delivery",
        "leaves": _(
            "配信の作成と結果、送信設定、ホームの配信の欄、顧客の履歴の配信・開封・クリック、配信への反応を使う条件。メールは1通も出なくなります。"
        ),
        "stays": _("これまでの配信と結果、同意の記録。すでに届いたメールの配信停止とリンクは、オフの間も動き続けます。"),
        "apps": ("campaigns", "messaging"),
        "objects": ("delivery", "template", "mail_account", "sink_mail"),
        "needs": ("segments",),
        # The law asks for a working way out of every mail that was ever sent; links and pixels are what such mails are made of.
        "doors": ("track-open", "track-click", "track-unsubscribe"),
        "holds": "enishi.campaigns.queries.deliveries.under_way",
    },
    "commerce": {
        "label": _("注文と商品"),
        "icon": "order",
        "leaves": _("注文と商品の画面、注文の取り込み、分析の画面、顧客の一覧と画面の購入の欄、購入を使う条件、配信の結果の購入。"),
        "stays": _("取り込んだ注文と商品、売上の集計。顧客ステージは、オフの間は購入からは変わりません。"),
        "apps": ("commerce", "analytics"),
        "objects": ("order", "cost"),
    },
}
