"""One address from the columns of a file, however the file cuts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enishi.platform.japanese.address import Address, parse_prefecture, split_address
from enishi.platform.japanese.normalise import clean
from enishi.platform.japanese.postal import parse_postal


def compose_address(cells: Mapping[str, Sequence[str]]) -> Address:
    """Put an address together and take it apart anew.

    `cells`: raw texts by field key (postal_code, prefecture, city, street, building, and address for 住所, 住所1, 住所2 …,
    in the order of their columns). Parts that stand in columns of their own stay what they are; only `address` is split.
    """
    one = {key: " ".join(filter(None, map(clean, texts))) for key, texts in cells.items()}
    postal_code = parse_postal(one.get("postal_code", "")) or ""
    prefecture = parse_prefecture(one.get("prefecture", "")) or one.get("prefecture", "")
    parts = Address(postal_code, prefecture, one.get("city", ""), one.get("street", ""), one.get("building", ""))
    pieces = list(filter(None, map(clean, cells.get("address", ()))))
    if not pieces:
        return parts
    # 住所2 is mostly the building, but as often the house number; a gap leaves the choice to the splitter.
    line = "　".join(pieces)
    head = "".join(part for part in (prefecture, parts.city) if part and part not in pieces[0])
    found = split_address(head + line)
    return Address(
        postal_code=postal_code or found.postal_code,
        prefecture=found.prefecture or prefecture,
        city=found.city or parts.city,
        street="".join((found.street, parts.street)),
        building=" ".join(filter(None, (found.building, parts.building))),
        inferred_prefecture=found.inferred_prefecture,
    )
