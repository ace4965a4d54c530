"""How sure it is that two customers are one: what is compared, and what each outcome weighs.

The weights are those of Fellegi and Sunter: log2(m / u), where m is how often the outcome is met among pairs of one person and u
how often among pairs of two. They were set by hand from the frequencies of Japanese names, birthdays and addresses, with the
doubt on the side of "two", and are the same for every company: a pair that was looked at keeps its reasons. Only how many
customers there are moves the beginning: of more people more resemble each other by chance.

splink evaluates this on DuckDB. It is imported by the job alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from splink import SettingsCreator

MILLION: Final = 1_000_000
#: From here on, in parts of a million, a pair may be merged by itself; from `REVIEW` on somebody is asked.
AUTOMATIC_PPM: Final = 998_000
REVIEW: Final = 0.9
#: Of so many customers of a hundred another record is expected: where the weighing begins.
SHARE_OF_TWINS: Final = 0.03
#: For so many customers it was reckoned how often two strangers have a phone, a mail address or a house in common.
REACH_COUNTED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome of a comparison. `code` is what a pair keeps, `when` the condition in DuckDB's SQL."""

    code: str
    when: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """Its weight: each bit doubles the odds."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, its outcomes from the closest to the rest; where it is not known on one side it weighs nothing."""

    name: str
    unknown: str
    outcomes: tuple[Outcome, ...]


def _same(column: str) -> str:
    return f"({column}_l = {column}_r and {column}_l <> '')"


def _near(column: str, least: int, most: int = 1) -> str:
    """At most so many letters typed, left out or swapped, in texts of at least `least` letters."""
    return (
        f"(length({column}_l) >= {least} and length({column}_r) >= {least} and abs(length({column}_l) - length({column}_r)) <= {most}"
        f" and damerau_levenshtein({column}_l, {column}_r) between 1 and {most})"
    )


def _any_near(column: str, most: int = 1) -> str:
    near = f"len(list_filter({column}_r, lambda b: damerau_levenshtein(a, b) <= {most})) > 0"
    return f"len(list_filter({column}_l, lambda a: {near})) > 0"


def _once(kind: str) -> str:
    """What led to one of them once leads, or led, to the other."""
    some = f"(len({kind}_before_l) > 0 or len({kind}_before_r) > 0)"
    return f"({some} and list_has_any(list_concat({kind}_l, {kind}_before_l), list_concat({kind}_r, {kind}_before_r)))"


def _places(side: str) -> str:
    return f"list_append(places_besides_{side}, case when street_{side} <> '' then postal_{side} || '|' || street_{side} end)"


_PLACES = f"((len(places_besides_l) > 0 or len(places_besides_r) > 0) and list_has_any({_places('l')}, {_places('r')}))"
_HOUSE = "(street_l <> '' and street_l = street_r and postal_l = postal_r)"
_GIVEN = f"({_same('given')} or {_same('kana_given')})"
_FAMILY = f"({_same('family')} or {_same('kana_family')})"
_FORMER = "(list_contains(formers_l, family_r) or list_contains(formers_r, family_l) or list_has_any(formers_l, formers_r))"
_COMPANY_FORMER = "(kind_l = 'company' and (list_contains(formers_l, name_r) or list_contains(formers_r, name_l)))"
# A typing error is in the letters or in the reading, not in both: 健一 ケンイチ and 健二 ケンジ are brothers.
_GIVEN_TYPED = (
    f"((kana_given_l <> '' and kana_given_r <> '' and {_near('kana_given', 3)} and (given_l = given_r or given_l = '' or given_r = ''))"
    f" or (kana_given_l = kana_given_r and kana_given_l <> '' and given_l <> given_r)"
    f" or ((kana_given_l = '' or kana_given_r = '') and {_near('given', 3)}))"
)
_FAMILY_TYPED = f"({_near('family', 2)} or {_near('kana_family', 2)})"

NAME = Comparison(
    "name",
    "name_l = '' or name_r = ''",
    (
        Outcome("same", f"{_same('name')} and {_same('kana')}", 0.9, 5e-6),
        Outcome("written", f"{_same('name')}", 0.9, 1e-5),  # the reading is not known twice, or read differently
        Outcome("reading", f"{_same('kana')}", 0.5, 1e-5),
        Outcome("former", f"({_GIVEN} and {_FORMER}) or {_COMPANY_FORMER}", 0.5, 5e-6),
        Outcome("typed", f"({_GIVEN} and {_FAMILY_TYPED}) or ({_FAMILY} and {_GIVEN_TYPED})", 0.2, 8e-5),
        Outcome("company_near", f"kind_l = 'company' and {_near('name', 5)}", 0.1, 1e-4),
        Outcome("given", f"kind_l = 'person' and {_GIVEN}", 0.06, 2e-3),
        Outcome("family", f"kind_l = 'person' and {_FAMILY}", 1e-4, 1.5e-2),
        Outcome("other", "", 5e-4, 0.98),
    ),
)
BIRTHDAY = Comparison(
    "birthday",
    "born_l is null or born_r is null",
    (
        Outcome("same", "born_l = born_r", 0.9, 4.5e-5),
        Outcome("a_day", "abs(born_l - born_r) = 1", 0.02, 1e-4),
        Outcome(
            "typed",
            "damerau_levenshtein(strftime(born_l, '%Y%m%d'), strftime(born_r, '%Y%m%d')) = 1"
            " or (year(born_l) = year(born_r) and month(born_l) = day(born_r) and day(born_l) = month(born_r))",
            0.05,
            1e-3,
        ),
        Outcome("other", "", 5e-3, 0.998),
    ),
)
PHONE = Comparison(
    "phone",
    f"(len(phones_l) = 0 or len(phones_r) = 0) and not {_once('phones')}",
    (
        Outcome("same", "list_has_any(phones_l, phones_r)", 0.6, 1e-6),
        Outcome("before", _once("phones"), 0.1, 1e-6),  # numbers are given to somebody else after some years
        Outcome("typed", _any_near("phones"), 0.03, 3e-5),
        Outcome("other", "", 0.35, 0.99),
    ),
)
MAIL = Comparison(
    "mail",
    f"(len(mails_l) = 0 or len(mails_r) = 0) and not {_once('mails')}",
    (
        Outcome("same", "list_has_any(mails_l, mails_r)", 0.5, 5e-7),
        Outcome("before", _once("mails"), 0.1, 5e-7),
        # Of the first address alone, and of what stands before the @: letters are compared with letters, which takes its time.
        Outcome("typed", f"domain_l = domain_r and {_near('local', 5)}", 0.03, 1e-5),
        Outcome("before_at", f"length(local_l) > 5 and {_same('local')}", 0.1, 2e-5),
        Outcome("other", "", 0.4, 0.99),
    ),
)
ADDRESS = Comparison(
    "address",
    f"(prefecture_l = '' or prefecture_r = '') and not {_PLACES}",
    (
        Outcome("room", f"{_HOUSE} and room_l = room_r and room_l <> ''", 0.25, 1e-6),
        Outcome(
            "same",
            f"{_HOUSE} and (room_l = room_r or room_l = '' or room_r = '')",
            0.55,
            3e-6,
        ),
        Outcome("house", _HOUSE, 0.03, 6e-6),
        Outcome("besides", _PLACES, 0.1, 1e-6),
        Outcome("typed", f"postal_l = postal_r and postal_l <> '' and {_near('street', 3)}", 0.03, 2e-5),
        Outcome("area", "postal_l = postal_r and postal_l <> ''", 0.08, 2e-3),
        Outcome("prefecture", "prefecture_l = prefecture_r", 0.12, 0.1),
        Outcome("other", "", 0.2, 0.89),
    ),
)
GENDER = Comparison(
    "gender",
    "gender_l not in ('male', 'female') or gender_r not in ('male', 'female')",
    (Outcome("same", "gender_l = gender_r", 0.99, 0.5), Outcome("other", "", 0.01, 0.5)),
)
#: How much rarer or more frequent the name that both have is than names are on the average, for which `NAME` stands. `rarity` is
#: −log2 of how often family name and given name are met in the base: 17 is that of a usual name.
RARITY = Comparison(
    "rarity",
    "kind_l <> 'person' or name_l = '' or name_l <> name_r or rarity_l is null or rarity_r is null",
    (
        Outcome("very_rare", "least(rarity_l, rarity_r) >= 24", 0.32, 0.01),
        Outcome("rare", "least(rarity_l, rarity_r) >= 21", 0.4, 0.04),
        Outcome("uncommon", "least(rarity_l, rarity_r) >= 19", 0.4, 0.13),
        Outcome("", "least(rarity_l, rarity_r) >= 17", 0.4, 0.4),  # as names are: nothing to tell
        Outcome("common", "least(rarity_l, rarity_r) >= 15", 0.1, 0.3),
        Outcome("very_common", "", 0.04, 0.32),
    ),
)
COMPARISONS: Final = (NAME, RARITY, BIRTHDAY, PHONE, MAIL, ADDRESS, GENDER)
#: Outcomes with which a pair is never merged by itself, however much else is the same: the household, the shared phone.
HELD_BY: Final = {
    ("name", "family"): "given_name",
    ("name", "other"): "name",
    ("name", "company_near"): "name",
    ("birthday", "other"): "birthday",
    ("gender", "other"): "gender",
}


def prior(customers: int) -> float:
    """How likely two customers that are taken by chance are one, of so many."""
    return min(0.001, 2 * SHARE_OF_TWINS / max(customers, 2))


def _reach(customers: int) -> Comparison:
    """How many others there are at somebody's phone, mail address or house does not grow with the base, as the number of strangers
    does: in a large one, to have such a thing in common says more. Once, since a household has all of them in common. And those
    who share a phone or a mail address mostly live together: who lives elsewhere is rather the same person who moved."""
    reached = f"(list_has_any(phones_l, phones_r) or list_has_any(mails_l, mails_r) or {_once('phones')} or {_once('mails')})"
    at_home = f"({_HOUSE} or {_PLACES})"
    rarer = min(1.0, REACH_COUNTED / max(customers, 1))
    return Comparison(
        "reach",
        "false",
        (
            Outcome("elsewhere", f"{reached} and street_l <> '' and street_r <> '' and not {at_home}", 1.0, rarer * 0.17),
            Outcome("at_home", f"{at_home} and len(phones_l) > 0 and len(phones_r) > 0 and not {reached}", 1.0, rarer * 0.4),
            Outcome("shared", f"{reached} or {at_home}", 1.0, rarer),
            Outcome("nothing", "", 1.0, 1.0),
        ),
    )


def bits_of(comparison: str, outcome: str) -> float:
    """The weight of an outcome that a pair kept; 0 for what was not known."""
    outcomes = next(one.outcomes for one in COMPARISONS if one.name == comparison)
    return next((one.bits for one in outcomes if one.code == outcome), 0.0)


def outcome_of(comparison: Comparison, gamma: int) -> str:
    """The code of what splink numbers: −1 unknown, 0 the rest, upwards to the closest."""
    return "" if gamma < 0 else comparison.outcomes[len(comparison.outcomes) - 1 - gamma].code


def settings(customers: int) -> SettingsCreator:
    """The model as splink reads it."""
    import splink.comparison_level_library as levels
    from splink import SettingsCreator, block_on
    from splink.comparison_library import CustomComparison
    from splink.internals.comparison_level_creator import ComparisonLevelCreator

    def creator(comparison: Comparison) -> CustomComparison:
        made: list[ComparisonLevelCreator | dict[str, Any]] = [levels.CustomLevel(comparison.unknown).configure(is_null_level=True)]
        for outcome in comparison.outcomes:
            level = levels.CustomLevel(outcome.when) if outcome.when else levels.ElseLevel()
            made.append(level.configure(m_probability=outcome.m, u_probability=outcome.u))
        return CustomComparison(made, output_column_name=comparison.name)

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[creator(one) for one in (*COMPARISONS, _reach(customers))],
        blocking_rules_to_generate_predictions=[block_on("keys", arrays_to_explode=["keys"])],
        probability_two_random_records_match=prior(customers),
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
    )
