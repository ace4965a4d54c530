"""Calendar months as analyses count them: year × 12 + month − 1."""

from __future__ import annotations

from datetime import date


def month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def month_start(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def month_key(month: int) -> str:
    """2026-11, as files and the API name it."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def month_label(month: int) -> str:
    """2026/11"""
    return f"{month // 12:04}/{month % 12 + 1:02}"
