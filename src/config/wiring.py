"""How lower apps reach upward: names, resolved at start. Wires as well are `config.menus` and `config.person_tables`; no other file
knows every app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

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
    "enishi.analytics.event_words.NOUNS",
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
    "platform.scimsettings": "enishi.platform.audit.SCIM",
    "platform.scimtoken": "enishi.platform.audit.SCIM_TOKENS",
    "platform.scimgroup": "enishi.platform.audit.SCIM_GROUPS",
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
    "commerce.product": "enishi.commerce.audit.PRODUCTS",
    "commerce.productcategory": "enishi.commerce.audit.CATEGORIES",
    "messaging.delivery": "enishi.messaging.audit.DELIVERIES",
    "messaging.message": "enishi.messaging.audit.MESSAGES",
    "messaging.sinkmail": "enishi.messaging.audit.MAILBOX",
    "messaging.template": "enishi.messaging.audit.TEMPLATES",
    "messaging.mailaccount": "enishi.messaging.audit.ACCOUNTS",
    "segments.segment": "enishi.segments.audit.SEGMENTS",
    "analytics.valuesettings": "enishi.analytics.audit.SETTINGS",
    "analytics.channelcost": "enishi.analytics.audit.CHANNELS",
    "analytics.adcost": "enishi.analytics.audit.AD_COSTS",
    "analytics.source": "enishi.analytics.audit.SOURCES",
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
    "enishi.customers.queries.handover.HANDOVERS",
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
    "enishi.customers.scanners.changes_of_many",
    "enishi.customers.exporting.doors.scan",
    "enishi.customers.twins.doors.scan",
    "enishi.customers.scanners.merge_batches",
    "enishi.customers.scanners.contacts",
    "enishi.customers.scanners.held_files",
    "enishi.customers.scanners.quality",
    "enishi.commerce.scanners.lifecycles",
]
IMPORT_TARGETS: dict[str, str] = {
    "customers": "enishi.customers.imports.people.target.TARGET",
    "orders": "enishi.commerce.importing.target.TARGET",
    "products": "enishi.commerce.importing.goods.target.TARGET",
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
CUSTOMER_PANELS: list[tuple[str, str]] = [
    ("order", "commerce:customer-panel"),
    ("customer", "customers:files"),
    ("customer", "customers:owners"),
]
# Sets of columns of the list and of files of customers, or functions that make sets for an actor.
LIST_COLUMNS: list[str] = [
    "enishi.customers.columns.OWN_COLUMNS",
    "enishi.customers.columns.WORKPLACES",
    "enishi.customers.own_columns.own_columns",
    "enishi.commerce.columns.LIST_COLUMNS",
]
# What names a user as its owner: functions of (actor, user id), told where somebody is switched off.
USER_HOLDINGS: list[str] = ["enishi.customers.queries.holdings.customers_of", "enishi.customers.queries.holdings.tasks_of"]
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
    "enishi.analytics.demo.CHAPTER",
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

ROLE_PRESETS: list[str] = ["enishi.platform.presets.PRESETS"]
# What roles are about: objects with the acts on them, in the order of the screen; and fields of which a role may speak apart.
OBJECTS: list[str] = [
    "enishi.customers.access.OBJECTS",
    "enishi.commerce.access.OBJECTS",
    "enishi.analytics.access.OBJECTS",
    "enishi.segments.access.OBJECTS",
    "enishi.messaging.access.OBJECTS",
    "enishi.platform.objects.OBJECTS",
]
FIELD_RIGHTS: list[str] = ["enishi.customers.access.field_rights"]
# What the list of an API token may name: functions that return `platform.objects.OpenField`s.
OPEN_FIELDS: list[str] = ["enishi.customers.open_fields.open_fields", "enishi.commerce.access.open_fields"]
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

# What the mirror keeps, for analyses: `platform.mirrored.MirrorTable`, in the order in which it is read.
MIRROR_TABLES: list[str] = [
    "enishi.customers.mirrored.CUSTOMERS",
    "enishi.commerce.mirrored.ORDERS",
    "enishi.commerce.mirrored.LINES",
    "enishi.commerce.mirrored.PRODUCTS",
    "enishi.commerce.mirrored.STORES",
]
# What the engine can be asked: `warehouse.analysis.Analysis` by name.
ANALYSES: dict[str, str] = {
    "rfm": "enishi.analytics.analyses.rfm.RFM",
    "rfm_spread": "enishi.analytics.analyses.rfm.SPREAD",
    "rfm_people": "enishi.analytics.analyses.rfm.PEOPLE",
    "rfm_moves": "enishi.analytics.analyses.rfm.MOVES",
    "decile": "enishi.analytics.analyses.decile.DECILE",
    "decile_people": "enishi.analytics.analyses.decile.PEOPLE",
    "cpm": "enishi.analytics.analyses.cpm.CPM",
    "cpm_people": "enishi.analytics.analyses.cpm.PEOPLE",
    "repeat": "enishi.analytics.analyses.repeat.REPEAT",
    "cohort": "enishi.analytics.analyses.cohort.COHORT",
    "cohort_people": "enishi.analytics.analyses.cohort.PEOPLE",
    "repeaters": "enishi.analytics.analyses.repeaters.REPEATERS",
    "lapse": "enishi.analytics.analyses.repeaters.LAPSE",
    "intervals": "enishi.analytics.analyses.intervals.INTERVALS",
    "flow": "enishi.analytics.analyses.flow.FLOW",
    "next_products": "enishi.analytics.analyses.next_products.NEXT_PRODUCTS",
    "outcomes": "enishi.analytics.analyses.outcomes.OUTCOMES",
    "rule_count": "enishi.segments.analyses.COUNT",
    "sources": "enishi.analytics.analyses.sources.SOURCES",
    "ltv": "enishi.analytics.analyses.ltv.LTV",
    "ltv_holdout": "enishi.analytics.analyses.ltv.HOLD_OUT",
}
