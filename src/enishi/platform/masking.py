"""How a column looks to a viewer who may know that it is filled, but not what it says."""

from __future__ import annotations

from datetime import date


def mask(column: str, value: object) -> object:
    """The masked form; empty stays empty. Mail `t***@example.jp`, phone `03-****-1234`, names by initial."""
    if value is None or value == "":
        return value
    if isinstance(value, date):
        return f"{value.year}/**/**"
    if not isinstance(value, str):
        return "＊＊＊"
    if column in ("email", "address") and "@" in value:
        local, _, domain = value.partition("@")
        return f"{local[:1]}***@{domain}"
    if column.startswith("phone"):
        digits = [character for character in value if character.isdigit()]
        return f"{''.join(digits[:3])}-****-{''.join(digits[-4:])}" if len(digits) >= 9 else "****"
    if column in ("name", "family_name", "kana", "family_kana", "former_name"):
        return value[:1] + "＊＊"
    if column == "postal_code":
        return value[:3] + "-****"
    return "＊＊＊"
