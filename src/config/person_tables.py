"""The one manifest of everything that points to a customer, and which of it an import writes itself."""

from __future__ import annotations


def _person(
    table: str, key: str, *, merge: str, erase: str, export: str, retention: str, mirrored: bool, only: tuple[str, str] | None = None
) -> dict[str, object]:
    """One column that holds a customer's id, and what merging, erasing, exporting and retention do with its rows.

    merge: born (keeps the id it was born with, resolved by alias), repoint, recompute, replace, keep.
    only: a column and its value, where the key is a customer's in those rows alone.
    """
    rules = {"merge": merge, "erase": erase, "export": export, "retention": retention}
    return {"table": table, "key": key, **rules, "mirrored": mirrored, "only": only}


def _theirs(table: str, key: str = "customer_id", *, mirrored: bool = False) -> dict[str, object]:
    """What is a customer's own: it goes with them into a merge, out with them when they are erased, and into their own copy."""
    return _person(table, key, merge="repoint", erase="delete", export="profile", retention="while a customer", mirrored=mirrored)


# Everything that points to a person. A table with a customer's key that is missing here fails the build.
PERSON_TABLES: list[dict[str, object]] = [
    _person("customers_customer", "id", merge="replace", erase="anonymise", export="profile", retention="while a customer", mirrored=True),
    _person("customers_customeralias", "current_id", merge="repoint", erase="delete", export="no", retention="for ever", mirrored=True),
    _person("customers_customeralias", "old_id", merge="keep", erase="delete", export="no", retention="for ever", mirrored=True),
    _person("customers_merge", "kept_id", merge="keep", erase="delete", export="no", retention="for ever", mirrored=False),
    _person("customers_merge", "gone_ids", merge="keep", erase="delete", export="no", retention="for ever", mirrored=False),
    _theirs("customers_identity"),
    _theirs("customers_contactpoint"),
    _theirs("customers_relation", "source_id", mirrored=True),
    _theirs("customers_relation", "target_id", mirrored=True),
    _theirs("customers_customertag", mirrored=True),
    _theirs("customers_activity"),
    _theirs("customers_task"),
    _theirs("customers_comment"),
    _theirs("customers_customerfile"),
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
