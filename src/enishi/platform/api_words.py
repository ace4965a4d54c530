"""What the API says beside a field that does not fit its schema, in the words of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# By pydantic's type of error; the placeholders are its own.
_WORDS: Mapping[str, str | Promise] = {
    "missing": gettext_lazy("必ず指定してください。"),
    "extra_forbidden": gettext_lazy("この項目はありません。名前を確かめてください。"),
    "string_type": gettext_lazy("文字列で指定してください。"),
    "string_too_short": gettext_lazy("%(min_length)s文字以上で指定してください。"),
    "string_too_long": gettext_lazy("%(max_length)s文字以内で指定してください。"),
    "int_type": gettext_lazy("整数で指定してください。"),
    "int_parsing": gettext_lazy("整数で指定してください。"),
    "int_from_float": gettext_lazy("整数で指定してください。"),
    "int_parsing_size": gettext_lazy("数が大きすぎます。"),
    "float_type": gettext_lazy("数で指定してください。"),
    "float_parsing": gettext_lazy("数で指定してください。"),
    "finite_number": gettext_lazy("数で指定してください。"),
    "bool_type": gettext_lazy("true か false で指定してください。"),
    "bool_parsing": gettext_lazy("true か false で指定してください。"),
    "greater_than": gettext_lazy("%(gt)sより大きい数で指定してください。"),
    "greater_than_equal": gettext_lazy("%(ge)s以上で指定してください。"),
    "less_than": gettext_lazy("%(lt)sより小さい数で指定してください。"),
    "less_than_equal": gettext_lazy("%(le)s以下で指定してください。"),
    "literal_error": gettext_lazy("次のどれかで指定してください：%(expected)s"),
    "enum": gettext_lazy("次のどれかで指定してください：%(expected)s"),
    "list_type": gettext_lazy("配列で指定してください。"),
    "dict_type": gettext_lazy("オブジェクトで指定してください。"),
    "model_type": gettext_lazy("オブジェクトで指定してください。"),
    "model_attributes_type": gettext_lazy("オブジェクトで指定してください。"),
    "too_short": gettext_lazy("%(min_length)s件以上で指定してください。"),
    "too_long": gettext_lazy("%(max_length)s件以内で指定してください。"),
    "json_invalid": gettext_lazy("JSONとして読めません。"),
}
_DAYS = ("date_", "datetime_")  # a dozen types, all for one mistake


def words_of(error: Mapping[str, Any]) -> str:
    """The reader's language for one of pydantic's errors; a general word for the types that no schema of ours meets."""
    kind, limits = str(error["type"]), error.get("ctx") or {}
    if kind.startswith(_DAYS):
        return _("暦にある日付を 2026-04-01 の形で指定してください。")
    words = str(_WORDS.get(kind) or _("この値は使えません。"))
    expected = str(limits.get("expected", "")).replace(" or ", ", ")
    return words % {**limits, "expected": expected} if "%(" in words else words
