"""How lower apps reach upward: names, resolved at start. The only file that knows every app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

EVENT_SUBSCRIBERS: dict[str, tuple[tuple[str, ...], str]] = {
    "campaigns.live_on": (("clock.days_asked",), "enishi.campaigns.subscribers.live_on"),
    "commerce.claims": (
        ("customer.imported", "customer.import_undone", "customer.registered", "customer.updated", "customer.merged"),
        "enishi.commerce.subscribers.claim_waiting_orders",
    ),
    "customers.twins": (("customer.merged", "customer.unmerged"), "enishi.customers.subscribers.follow_merges"),
}
# What events are about, in words of the audit: the first word of their kind → `platform.event_words.Noun`.
EVENT_NOUNS: list[str] = [
    "enishi.platform.event_words.NOUNS",
    "enishi.customers.event_words.NOUNS",
    "enishi.commerce.event_words.NOUNS",
    "enishi.messaging.event_words.NOUNS",
    "enishi.segments.event_words.NOUNS",
    "enishi.campaigns.event_words.NOUNS",
]
# How the audit names rows of a table, and finds them: model label → `platform.audit_objects.AuditObject`.
AUDIT_OBJECTS: dict[str, str] = {
    "platform.user": "enishi.platform.audit.USERS",
    "platform.role": "enishi.platform.audit.ROLES",
    "platform.team": "enishi.platform.audit.TEAMS",
    "platform.organisation": "enishi.platform.audit.ORGANISATION",
    "platform.modulestate": "enishi.platform.audit.MODULES",
    "platform.apitoken": "enishi.platform.audit.TOKENS",
    "platform.identityprovider": "enishi.platform.audit.COMPANY_LOGIN",
    "platform.approvalrule": "enishi.platform.audit.APPROVAL_RULES",
    "platform.storedfile": "enishi.platform.audit.FILES",
    "platform.fieldchange": "enishi.platform.audit.CHANGES",
    "customers.customer": "enishi.customers.audit.CUSTOMERS",
    "customers.contactpoint": "enishi.customers.audit.CONTACTS",
    "customers.identity": "enishi.customers.audit.IDENTITIES",
    "customers.relation": "enishi.customers.audit.RELATIONS",
    "customers.importrun": "enishi.customers.audit.IMPORTS",
    "customers.exportrun": "enishi.customers.audit.EXPORTS",
    "customers.customfield": "enishi.customers.audit.FIELDS",
    "commerce.order": "enishi.commerce.audit.ORDERS",
    "commerce.orderline": "enishi.commerce.audit.LINES",
    "messaging.delivery": "enishi.messaging.audit.DELIVERIES",
    "messaging.message": "enishi.messaging.audit.MESSAGES",
    "messaging.sinkmail": "enishi.messaging.audit.MAILBOX",
    "messaging.template": "enishi.messaging.audit.TEMPLATES",
    "messaging.mailaccount": "enishi.messaging.audit.ACCOUNTS",
    "segments.segment": "enishi.segments.audit.SEGMENTS",
}
# What files of the audit can be made of.
AUDIT_FILES: dict[str, str] = {
    "log": "enishi.platform.audit_files.LOG",
    "affected": "enishi.customers.breach.AFFECTED",
}
# Acts that may take somebody else's yes, and the tables of what waits for it: see `platform.approvals`.
APPROVAL_KINDS: dict[str, dict[str, object]] = {
    "export": {"label": _("書き出しと宛名ラベル"), "about": _("1回に書き出す件数")},
}
APPROVAL_SUBJECTS: dict[str, str] = {
    "customers.exportrun": "enishi.customers.exporting.approval.SUBJECT",
    "platform.auditfile": "enishi.platform.actions.audit_files.SUBJECT",
}
FACTS: list[str] = [
    "enishi.customers.facts.customers.FACTS",
    "enishi.customers.facts.quality.FACTS",
    "enishi.customers.facts.customers.own_facts",
    "enishi.commerce.facts.FACTS",
    "enishi.messaging.facts.FACTS",
]
# One instant's entries stand in this order.
TIMELINE_SOURCES: list[str] = [
    "enishi.commerce.queries.timeline.ORDERS",
    "enishi.customers.queries.timeline.ACTIVITIES",
    "enishi.customers.queries.timeline.TASKS",
    "enishi.customers.queries.timeline.FILES",
    "enishi.customers.queries.timeline.CONSENTS",
    "enishi.customers.queries.timeline.EVENTS",
    "enishi.customers.queries.timeline.REGISTRATION",
    "enishi.messaging.queries.timeline.TOUCHES",
    "enishi.messaging.queries.timeline.MESSAGES",
]
SEARCH_SOURCES: list[str] = [
    "enishi.customers.queries.palette.customer_hits",
    "enishi.commerce.queries.palette.order_hits",
    "enishi.commerce.queries.palette.product_hits",
    "enishi.customers.queries.palette.activity_hits",
]
# What the search box offers before anything is typed.
SEARCH_STARTS: list[str] = ["enishi.customers.queries.bookmarks.favourite_start", "enishi.customers.queries.bookmarks.recent_start"]
DUE_SCANNERS: list[str] = [
    "enishi.platform.scanners.api_calls",
    "enishi.platform.scanners.seals",
    "enishi.platform.scanners.sessions",
    "enishi.platform.scanners.audit_files",
    "enishi.platform.scanners.approvals",
    "enishi.messaging.scanners.sending",
    "enishi.customers.imports.doors.scan",
    "enishi.customers.bulk.doors.scan",
    "enishi.customers.exporting.doors.scan",
    "enishi.customers.twins.doors.scan",
    "enishi.customers.twins.batch.doors.scan",
    "enishi.customers.scanners.contacts",
    "enishi.customers.scanners.held_files",
    "enishi.customers.scanners.quality",
    "enishi.commerce.scanners.lifecycles",
]
IMPORT_TARGETS: dict[str, str] = {
    "customers": "enishi.customers.imports.people.target.TARGET",
    "orders": "enishi.commerce.importing.target.TARGET",
}
# What apps do beside the rows that a merge moves: `customers.merging.follower.Follower`.
MERGE_FOLLOWERS: list[str] = [
    "enishi.commerce.actions.merging.FOLLOWER",
    "enishi.messaging.actions.merging.FOLLOWER",
    "enishi.customers.quality.following.MARKS",
]
# What came to a customer by their identities alone, and goes when these go: `holders(ids)`, `release(ids, now)`, `events`.
IDENTITY_CLAIMS: list[str] = ["enishi.commerce.actions.claims.CLAIMS"]
SEND_GATES: list[str] = []
# (object whose read right is asked for, view name that takes the customer's id and answers one <c-sheet>)
CUSTOMER_PANELS: list[tuple[str, str]] = [("order", "commerce:customer-panel"), ("customer", "customers:files")]
# Panels of ホーム: {"key", "url" (view name), "needs": (object, action), "column": "main" or "side", "while": shown while true of the actor}
HOME_PANELS: list[dict[str, object]] = [
    {"key": "start", "url": "campaigns:start", "needs": ("import", "create"), "while": "enishi.campaigns.queries.start.is_beginning"},
    {"key": "calls", "url": "tasks:calls", "needs": ("customer", "read")},
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
# Sets of columns of the list and of files of customers, or functions that make sets for an actor.
LIST_COLUMNS: list[str] = [
    "enishi.customers.columns.OWN_COLUMNS",
    "enishi.customers.columns.WORKPLACES",
    "enishi.customers.own_columns.own_columns",
    "enishi.commerce.columns.LIST_COLUMNS",
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
        "leaves": _("注文と商品の画面、注文の取り込み、顧客の一覧と画面の購入の欄、購入を使う条件、配信の結果の購入。"),
        "stays": _("取り込んだ注文と商品、売上の集計。顧客ステージは、オフの間は購入からは変わりません。"),
        "apps": ("commerce",),
        "objects": ("order",),
    },
}
# What names a user as its owner: functions of (actor, user id), told where somebody is switched off.
USER_HOLDINGS: list[str] = ["enishi.customers.queries.holdings.customers_of"]
# How mail to staff leaves (invitations, lost passwords): `ready()` and `send(mail)`.
STAFF_MAIL: dict[str, str] = {"ready": "enishi.messaging.engine.staff_mail.ready", "send": "enishi.messaging.engine.staff_mail.send"}
# Threads that run beside the worker in the demo.
WORKER_COMPANIONS: list[str] = ["enishi.messaging.sink.companion.mailbox_server"]
DEMO_CHAPTERS: list[str] = [
    "enishi.customers.demo.CHAPTER",
    "enishi.customers.demo_relations.CHAPTER",
    "enishi.customers.demo_fields.CHAPTER",
    "enishi.commerce.demo.CHAPTER",
    "enishi.campaigns.demo.CHAPTER",
    "enishi.customers.demo_activities.CHAPTER",
    "enishi.customers.demo_files.CHAPTER",
    "enishi.customers.demo_contacts.CHAPTER",
    "enishi.customers.demo_imports.CHAPTER",
    "enishi.customers.demo_merges.CHAPTER",
    "enishi.customers.demo_twins.CHAPTER",
    "enishi.customers.demo_standards.CHAPTER",
]

# Records whose protected texts are canaries, for tests of access; each stands on those before it.
CANARIES: list[str] = [
    "enishi.customers.canaries.plant",
    "enishi.platform.demo.access.changes_and_files",
    "enishi.commerce.canaries.plant",
    "enishi.messaging.canaries.plant",
    "enishi.segments.canaries.plant",
    "enishi.campaigns.canaries.plant",
]


def _person(
    table: str, key: str, *, merge: str, erase: str, export: str, retention: str, mirrored: bool, only: tuple[str, str] | None = None
) -> dict[str, object]:
    """One column that holds a customer's id, and what merging, erasing, exporting and retention do with its rows.

    merge: born (keeps the id it was born with, resolved by alias), repoint, recompute, replace, keep.
    only: a column and its value, where the key is a customer's in those rows alone.
    """
    rules = {"merge": merge, "erase": erase, "export": export, "retention": retention}
    return {"table": table, "key": key, **rules, "mirrored": mirrored, "only": only}


# Everything that points to a person. A table with a customer's key that is missing here fails the build.
PERSON_TABLES: list[dict[str, object]] = [
    _person("customers_customer", "id", merge="replace", erase="anonymise", export="profile", retention="while a customer", mirrored=True),
    _person("customers_customeralias", "current_id", merge="repoint", erase="delete", export="no", retention="for ever", mirrored=True),
    _person("customers_customeralias", "old_id", merge="keep", erase="delete", export="no", retention="for ever", mirrored=True),
    _person("customers_merge", "kept_id", merge="keep", erase="delete", export="no", retention="for ever", mirrored=False),
    _person("customers_merge", "gone_ids", merge="keep", erase="delete", export="no", retention="for ever", mirrored=False),
    _person(
        "customers_identity", "customer_id", merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=False
    ),
    _person(
        "customers_contactpoint",
        "customer_id",
        merge="repoint",
        erase="delete",
        export="profile",
        retention="while a customer",
        mirrored=False,
    ),
    _person(
        "customers_relation", "source_id", merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=True
    ),
    _person(
        "customers_relation", "target_id", merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=True
    ),
    _person(
        "customers_customertag",
        "customer_id",
        merge="repoint",
        erase="delete",
        export="profile",
        retention="while a customer",
        mirrored=True,
    ),
    _person(
        "customers_activity", "customer_id", merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=False
    ),
    _person(
        "customers_task", "customer_id", merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=False
    ),
    _person(
        "customers_comment", "customer_id", merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=False
    ),
    _person(
        "customers_customerfile",
        "customer_id",
        merge="repoint",
        erase="delete",
        export="profile",
        retention="while a customer",
        mirrored=False,
    ),
    _person(
        "customers_consentrecord",
        "customer_id",
        merge="born",
        erase="keep",
        export="consents",
        retention="five years after the last send",
        mirrored=False,
    ),
    _person(
        "customers_consentstate",
        "customer_id",
        merge="recompute",
        erase="delete",
        export="consents",
        retention="while a customer",
        mirrored=True,
    ),
    _person(
        "customers_qualitymark", "customer_id", merge="recompute", erase="delete", export="no", retention="while a customer", mirrored=False
    ),
    _person("customers_bulkrow", "customer_id", merge="born", erase="delete", export="no", retention="37 months", mirrored=False),
    # Made anew from the customer whenever they change; a pair tells of two ids as they were born and follows a merge by its event.
    _person("customers_twinkey", "customer_id", merge="keep", erase="delete", export="no", retention="while a customer", mirrored=False),
    _person("customers_twinpair", "first_id", merge="keep", erase="delete", export="no", retention="while a customer", mirrored=False),
    _person("customers_twinpair", "second_id", merge="keep", erase="delete", export="no", retention="while a customer", mirrored=False),
    _person(
        "customers_accessrequest", "customer_id", merge="repoint", erase="delete", export="no", retention="while a customer", mirrored=False
    ),
    _person("customers_mergebatchrow", "customer_ids", merge="born", erase="delete", export="no", retention="37 months", mirrored=False),
    _person("customers_exportchunk", "customer_ids", merge="born", erase="keep", export="no", retention="7 days", mirrored=False),
    _person("customers_visit", "customer_id", merge="born", erase="delete", export="no", retention="60 a user", mirrored=False),
    _person("customers_favourite", "customer_id", merge="born", erase="delete", export="no", retention="while a user", mirrored=False),
    # Of two customers that are shared with one receiver the narrower share ends by their merge: one stands (share_with_user_once).
    _person(
        "platform_share",
        "record_id",
        merge="repoint",
        erase="delete",
        export="no",
        retention="37 months",
        mirrored=False,
        only=("object", "customer"),
    ),
    _person(
        "platform_reveal",
        "record_id",
        merge="born",
        erase="delete",
        export="no",
        retention="37 months",
        mirrored=False,
        only=("object", "customer"),
    ),
    _person("platform_event", "customer_id", merge="born", erase="keep", export="history", retention="37 months", mirrored=True),
    _person("commerce_order", "customer_id", merge="repoint", erase="unclaim", export="orders", retention="seven years", mirrored=True),
    _person(
        "commerce_purchasesummary",
        "customer_id",
        merge="recompute",
        erase="delete",
        export="no",
        retention="while a customer",
        mirrored=True,
    ),
    _person("messaging_message", "customer_id", merge="born", erase="keep", export="messages", retention="37 months", mirrored=True),
    _person("messaging_touch", "customer_id", merge="born", erase="keep", export="messages", retention="37 months", mirrored=True),
    _person("campaigns_audiencemember", "customer_id", merge="born", erase="keep", export="no", retention="37 months", mirrored=True),
]
# Of PERSON_TABLES those that an import writes itself, or that follow from what it wrote: undone, it takes their rows along.
# Whoever has a row in any other of them was used since, and stays.
IMPORT_TRACES: list[str] = [
    "customers_customer",
    "customers_identity",
    "customers_contactpoint",
    "customers_customertag",
    "customers_activity",
    "customers_relation",  # who ties by hand leaves an event at both ends
    "customers_consentrecord",
    "customers_consentstate",
    "customers_bulkrow",
    "customers_twinkey",
    "customers_twinpair",  # to be compared is not to be used
    "customers_qualitymark",  # to be measured is not to be used
    "customers_mergebatchrow",  # who is to be merged is no use of them
    "customers_exportchunk",  # to be read is not to be used
    "customers_merge",  # whoever carries on has an alias, which counts
    "platform_event",
    "commerce_order",
    "commerce_purchasesummary",
]
ROLE_PRESETS: list[str] = ["enishi.platform.presets.PRESETS"]
# What roles are about: objects with the acts on them, in the order of the screen; and fields of which a role may speak apart.
OBJECTS: list[str] = [
    "enishi.customers.access.OBJECTS",
    "enishi.commerce.access.OBJECTS",
    "enishi.segments.access.OBJECTS",
    "enishi.messaging.access.OBJECTS",
    "enishi.platform.objects.OBJECTS",
]
FIELD_RIGHTS: list[str] = ["enishi.customers.access.field_rights"]
APPEND_ONLY: list[str] = [
    "platform_event",
    "platform_changeset",
    "platform_fieldchange",
    "platform_viewlog",
    "platform_seal",
    "customers_consentrecord",
    "customers_consentwording",
    "campaigns_audiencemember",
]
