"""Mail addresses that say nothing of who reads them: those that a mall puts over the buyer's own, and those of a post.

The one list of both. Two customers at such an address are not one for it.
"""

from __future__ import annotations

from typing import Final

#: Where malls mask the buyer: the address changes with the order or the shop, or is everybody's.
MASKING_DOMAINS: Final = frozenset(
    {
        "fw.rakuten.ne.jp",
        "pc.fw.rakuten.ne.jp",
        "mobile.fw.rakuten.ne.jp",
        "marketplace.amazon.co.jp",
        "marketplace.amazon.com",
        "order.yahoo.co.jp",
        "mail.shopping.yahoo.co.jp",
        "shopping-mail.yahoo.co.jp",
        "ebay.com",
        "members.ebay.com",
        "privaterelay.appleid.com",
        "users.noreply.github.com",
    }
)
#: Of a post and not of a person.
ROLES: Final = frozenset(
    {
        *("info", "contact", "support", "sales", "office", "admin", "webmaster", "postmaster", "mail", "order", "orders", "shop"),
        *(
            "inquiry",
            "toiawase",
            "soumu",
            "keiri",
            "jinji",
            "eigyo",
            "kouhou",
            "noreply",
            "no-reply",
            "do-not-reply",
            "hostmaster",
            "abuse",
        ),
    }
)


def leads_to_one(address: str) -> bool:
    """Whether a normalised mail address can recognise somebody: no mall's mask, no post's."""
    local, _, domain = address.rpartition("@")
    return domain not in MASKING_DOMAINS and local.partition("+")[0] not in ROLES
