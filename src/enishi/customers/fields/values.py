"""What each kind of custom field holds: from a text or from JSON to the stored value, and back to texts.

| kind | stored as |
| --- | --- |
| text, long_text, email, phone, address, url | text |
| corporate_no | 13 digits, the first of which is right for the others |
| number, percent, money, duration (minutes), rating, auto_number | number |
| date, moment | "2026-11-29", "2026-11-29T01:30:00+00:00" (UTC) |
| choice; choices, checklist | key of a choice; list of keys in the order of the choices |
| flag | true, false |
| link | a customer's number |
| json | whatever it is |
| file, image | list of {id, name, kind, size_bytes}; what is given are ids, `actions.field_files` adds the rest |

`read` takes what people type, on the screen and in a file alike; `take` what a program sends. Both give the stored form, or
None for nothing, and say in words why not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from enishi.customers.fields.field import Choice, Field, Json
from enishi.customers.importing.values import typed_value
from enishi.platform import time
from enishi.platform.japanese.company import parse_corporate_number
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.normalise import clean, fold, narrow

LONGEST: Final[Mapping[str, int]] = {
    "text": 255,
    "long_text": 4_000,
    "email": 254,
    "phone": 40,
    "address": 255,
    "url": 2_000,
    "link": 20,
    "corporate_no": 13,
}
TEXTS: Final = frozenset(LONGEST)
FIGURES: Final = frozenset({"number", "percent", "money", "duration", "rating", "auto_number"})
CHOOSING: Final = frozenset({"choice", "choices", "checklist"})
SEVERAL: Final = frozenset({"choices", "checklist"})
FILES: Final = frozenset({"file", "image"})
MOST_FILES: Final = 20  # of one customer in one field
STARS: Final = 5
_DIGITS: Final = 15  # more do not survive JSON
_JSON_LIMIT: Final = 10_000
_SPLIT: Final = re.compile(r"[,;、；\n]+")
_HOURS, _MINUTES = "\\u6642\\u9593|h|:", "\\u5206|m"  # words that people write, whatever the screen speaks
_DURATION: Final = re.compile(rf"(?:(\d{{1,5}})\s*(?:{_HOURS}))?\s*(?:(\d{{1,5}})\s*(?:{_MINUTES})?)?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[A-Za-z]{1,3}-\d{1,12}")
#: Kinds whose texts are read by the rules of imports, by the name that those have.
_READ_AS: Final[Mapping[str, str]] = {
    "text": "text",
    "long_text": "lines",
    "email": "email",
    "phone": "phone",
    "address": "address",
    "date": "date",
    "moment": "moment",
    "money": "yen",
    "number": "quantity",
    "percent": "quantity",
    "rating": "integer",
    "auto_number": "integer",
    "flag": "boolean",
}


class Refused(Exception):
    """The value does not fit the field. The text says why and what to do."""


def read(field: Field, text: str) -> Json:
    """The value that somebody wrote. Raises Refused."""
    if field.kind in CHOOSING:
        return _chosen(field, _keys_of(field, text))
    if field.kind == "json":
        return _parsed_json(text)
    if not clean(text):
        return None
    if field.kind in FILES:
        raise Refused(_("ファイルは文字では入れられません。顧客のフォームから入れてください。"))
    if field.kind in _OWN:
        return _OWN[field.kind](field, clean(text))
    found = typed_value(_READ_AS[field.kind], text.removesuffix("%").removesuffix("％") if field.kind == "percent" else text)
    if found.error:
        raise Refused(found.error)
    return None if found.value is None else _stored(field, found.value)


def take(field: Field, value: object) -> Json:
    """The value that a program sent, or one that is stored already. Raises Refused."""
    if value is None or value in ("", []):
        return None
    if field.kind == "json":
        return _parsed_json(json.dumps(value, ensure_ascii=False)) if not isinstance(value, str) else _fitting_json(value)
    if field.kind in FILES:
        return _file_ids(field, value)
    if field.kind in CHOOSING:
        known = {choice.key for choice in field.choices}
        keys = [str(key) for key in (value if isinstance(value, list) else [value])]
        return _chosen(field, [key if key in known else _key_of(field, key) for key in keys])
    if field.kind in FIGURES and isinstance(value, int | float) and not isinstance(value, bool):
        return _stored(field, Decimal(str(value)))
    if field.kind == "flag" and isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read(field, value)
    raise Refused(_("この項目には使えない種類の値です。"))


def checked(
    fields: Mapping[str, Field], given: Mapping[str, object], *, before: Mapping[str, object]
) -> tuple[dict[str, Json], dict[str, list[str]]]:
    """All custom values of a customer in their stored form, and what is wrong, by key. Values that did not change are
    left as they are: a retired choice stays with whoever has it."""
    values: dict[str, Json] = {}
    problems: dict[str, list[str]] = {}
    for key, value in given.items():
        if key in before and before[key] == value:
            values[key] = value  # type: ignore[assignment]  # it was stored
            continue
        field = fields.get(key)
        if field is None:
            problems[key] = [_("この項目はありません。")]
            continue
        if field.retired:
            problems[key] = [_("使用をやめた項目です。")]
            continue
        try:
            taken = take(field, value)
        except Refused as refusal:
            problems[key] = [str(refusal)]
            continue
        if taken is not None:
            values[key] = taken
    problems |= {key: found for key, found in _misfits(fields, values, before) if key not in problems}
    return values, problems


def _misfits(fields: Mapping[str, Field], values: Mapping[str, Json], before: Mapping[str, object]) -> Iterable[tuple[str, list[str]]]:
    """Choices that do not go with the one that narrows them, where either was just chosen."""
    for key, value in values.items():
        field = fields.get(key)
        if (
            field is None
            or not field.depends_on
            or (before.get(key), before.get(field.depends_on)) == (value, values.get(field.depends_on))
        ):
            continue
        offered = {choice.key for choice in offered_choices(field, values)}
        chosen = value if isinstance(value, list) else [value]
        if not offered.issuperset(map(str, chosen)):
            narrowing = fields[field.depends_on]
            yield key, [_("「%(field)s」の値に合うものを選んでください。") % {"field": narrowing.label}]


def offered_choices(field: Field, values: Mapping[str, object]) -> list[Choice]:
    """The choices in use that go with the value of the field that narrows them."""
    narrowed = values.get(field.depends_on) if field.depends_on else None
    keys = {str(key) for key in (narrowed if isinstance(narrowed, list) else [narrowed])}
    return [choice for choice in field.choices if not choice.retired and (not choice.parents or keys & set(choice.parents))]


# ---- back to texts --------------------------------------------------------------------------------------------------


def text(field: Field, value: object) -> str:
    """The value as it stands in a form or a file: `read` gives it back."""
    if value is None:
        return ""
    match field.kind:
        case "choice":
            return field.label_of(value)
        case "choices" | "checklist":
            return "、".join(field.label_of(key) for key in _listed(value))
        case "flag":
            return _("はい") if value is True else _("いいえ")
        case "duration":
            hours, minutes = divmod(int(str(value)), 60)
            return f"{hours}:{minutes:02d}"
        case "moment":
            return time.local(datetime.fromisoformat(str(value))).strftime("%Y/%m/%d %H:%M")
        case "date":
            return str(value).replace("-", "/")
        case "json":
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case "file" | "image":
            return "、".join(names_of(value))
        case "auto_number":
            return _numbered(field, value)
        case _:
            return str(value)


def words(field: Field, value: object) -> str:
    """The value as screens show it."""
    if value is None:
        return ""
    match field.kind:
        case "money":
            return f"¥{int(str(value)):,}"
        case "number":
            return f"{_grouped(value)}{field.unit}"
        case "percent":
            return f"{_grouped(value)}%"
        case "duration":
            hours, minutes = divmod(int(str(value)), 60)
            parts = [_("%(n)d時間") % {"n": hours} if hours else "", _("%(n)d分") % {"n": minutes} if minutes or not hours else ""]
            return "".join(parts)
        case "date":
            return format_date(date.fromisoformat(str(value)))
        case "rating":
            most = stars(field)
            return "★" * int(str(value)) + "☆" * (most - int(str(value)))
        case "checklist":
            return _("%(done)d／%(all)d") % {"done": len(_listed(value)), "all": len(field.choices)} + "　" + text(field, value)
        case _:
            return text(field, value)


def names_of(value: object) -> tuple[str, ...]:
    """The names of the files in a value."""
    return tuple(str(one.get("name") or "") for one in files_of(value))


def files_of(value: object) -> list[Mapping[str, Json]]:
    """The files of a stored value."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def ids_in(texts: Iterable[object]) -> list[int]:
    """The ids of files that a form sent, in their order; what is no id is left out."""
    return [int(one) for one in map(str, texts) if one.isascii() and one.isdecimal() and len(one) < 19]


def stars(field: Field) -> int:
    """How many stars a rating has."""
    return int(field.number("most") or STARS)


def _grouped(value: object) -> str:
    number = Decimal(str(value))
    return f"{number.to_integral_value():,}" if number == number.to_integral_value() else f"{number:,f}"


def _numbered(field: Field, value: object) -> str:
    return f"{field.options.get('prefix') or ''}{int(str(value)):0{int(field.number('digits') or 1)}d}"


def _listed(value: object) -> list[str]:
    return [str(key) for key in value] if isinstance(value, list) else []


# ---- the kinds ------------------------------------------------------------------------------------------------------


def _stored(field: Field, value: object) -> Json:
    """A parsed value in its stored form, within the field's limits."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        if field.kind == "moment":
            return time.start_of_day(value).astimezone(UTC).isoformat(timespec="seconds")
        return value.isoformat()
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return _figure(field, Decimal(value))
    found = str(value)
    if field.kind == "email":
        found = found.lower() if field.is_unique else found
    if len(found) > LONGEST[field.kind]:
        raise Refused(_("%(n)d文字以内で入力してください。") % {"n": LONGEST[field.kind]})
    return found


def _figure(field: Field, number: Decimal) -> Json:
    if field.kind in ("money", "duration", "rating", "auto_number") and number != number.to_integral_value():
        raise Refused(_("小数のない数字で入力してください。"))
    places = field.number("decimals")
    if places is not None and field.kind in ("number", "percent") and number != round(number, int(places)):
        raise Refused(_("小数は%(n)d桁までです。") % {"n": int(places)})
    if len(number.normalize().as_tuple().digits) > _DIGITS:
        raise Refused(_("数字は%(n)d桁までです。") % {"n": _DIGITS})
    least, most = field.number("least"), field.number("most")
    if field.kind == "rating":
        least, most = 1, stars(field)
    if field.kind in ("duration", "auto_number"):
        least = max(least or 0, 0)
    if least is not None and number < Decimal(str(least)):
        raise Refused(_("%(n)s以上の数字にしてください。") % {"n": _grouped(least)})
    if most is not None and number > Decimal(str(most)):
        raise Refused(_("%(n)s以下の数字にしてください。") % {"n": _grouped(most)})
    return int(number) if number == number.to_integral_value() else float(number)


def _duration(field: Field, text: str) -> Json:
    plain = narrow(text)
    found = _DURATION.fullmatch(plain)
    if not plain or not found or not any(found.groups()):
        raise Refused(_("時間として読めません。例：1:30、90分、2時間"))
    return _figure(field, Decimal(60 * int(found[1] or 0) + int(found[2] or 0)))


def _url(field: Field, text: str) -> Json:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(letter.isspace() for letter in text):
        raise Refused(_("http:// か https:// で始まるアドレスを入力してください。"))
    return _stored(field, text)


def _link(field: Field, text: str) -> Json:
    found = narrow(text).upper()
    if not _NUMBER.fullmatch(found):
        raise Refused(_("顧客番号で入力してください。例：C-000042"))
    return found


def _corporate_no(field: Field, text: str) -> Json:
    found = parse_corporate_number(text)
    if found is None:
        raise Refused(_("法人番号として正しくありません。13桁の数字を確かめてください（先頭の1桁は検査数字です）。"))
    return found


def _auto_number(field: Field, text: str) -> Json:
    plain = narrow(text).removeprefix(narrow(str(field.options.get("prefix") or "")))
    if not plain.isdecimal():
        raise Refused(_("自動で付く番号です。数字で入力してください。"))
    return _figure(field, Decimal(plain))


_OWN: Final[Mapping[str, Callable[[Field, str], Json]]] = {
    "duration": _duration,
    "url": _url,
    "link": _link,
    "corporate_no": _corporate_no,
    "auto_number": _auto_number,
}


def _file_ids(field: Field, value: object) -> Json:
    """The files that are named, each once: by ids, or by files as they are given out."""
    ids: list[int] = []
    for one in value if isinstance(value, list) else [value]:
        found = one.get("id") if isinstance(one, dict) else one
        if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 2**63:
            raise Refused(_("ファイルのIDで指定してください。"))
        ids.append(found)
    if len(set(ids)) > field.files:
        raise Refused(_("この項目のファイルは%(n)d件までです。") % {"n": field.files})
    return [{"id": one} for one in dict.fromkeys(ids)]


def _parsed_json(text: str) -> Json:
    if not text.strip():
        return None
    try:
        value: Json = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise Refused(_("JSON として読めません。かっこと引用符を確かめてください。")) from problem
    return _fitting_json(value)


def _fitting_json(value: Json) -> Json:
    if len(json.dumps(value, ensure_ascii=False)) > _JSON_LIMIT:
        raise Refused(_("%(n)d文字以内で入力してください。") % {"n": _JSON_LIMIT})
    if "\\u0000" in json.dumps(value):
        raise Refused(_("使えない文字が入っています。"))
    return value


def _no_constant(word: str) -> Json:
    raise ValueError(word)


def _keys_of(field: Field, text: str) -> list[str]:
    """Keys of the choices that a text names: one, or several between commas. A label with a comma is found whole first."""
    whole = clean(text)
    if not whole:
        return []
    if field.kind not in SEVERAL or _found(field, whole):
        return [_key_of(field, whole)]
    return [_key_of(field, part) for part in _SPLIT.split(text) if clean(part)]


def _key_of(field: Field, word: str) -> str:
    found = _found(field, word)
    if found is None:
        offered = "・".join(choice.label for choice in field.choices if not choice.retired)
        raise Refused(_("「%(word)s」は選べません。%(offered)s のどれかにしてください。") % {"word": word[:40], "offered": offered[:200]})
    return found.key


def _found(field: Field, word: str) -> Choice | None:
    """By its label as people write it, one in use first; by its key where no label is like it."""
    folded = fold(word)
    alike = [choice for choice in field.choices if fold(choice.label) == folded]
    named = [choice for choice in field.choices if choice.key == word]
    return min(alike or named, key=lambda choice: choice.retired, default=None)


def _chosen(field: Field, keys: Sequence[str]) -> Json:
    if not keys:
        return None
    retired = [choice.label for choice in field.choices if choice.key in keys and choice.retired]
    if retired:
        raise Refused(_("「%(word)s」は使用をやめた選択肢です。") % {"word": retired[0]})
    if field.kind in SEVERAL:
        return [choice.key for choice in field.choices if choice.key in keys]
    return keys[0]
