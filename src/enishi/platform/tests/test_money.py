from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.platform.money import allot, net_by_rate, net_of_tax, tax_of, tax_within, with_tax, yen, yen_short

YEN = st.integers(-(10**12), 10**12)
RATE = st.sampled_from([0, 800, 1000])


@pytest.mark.parametrize(("amount", "shown"), [(1_234_567, "¥1,234,567"), (0, "¥0"), (-1234, "−¥1,234")])
def test_yen_are_shown_whole(amount, shown):
    assert yen(amount) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (9_999, "¥9,999"),
        (10_000, "¥1万"),
        (123_456, "¥12.3万"),
        (12_345_678, "¥1,234万"),
        (123_456_789, "¥1.2億"),
        (-123_456, "−¥12.3万"),
        (99_999, "¥9.9万"),
    ],
)
def test_large_amounts_have_a_short_form(amount, shown):
    assert yen_short(amount) == shown


@pytest.mark.parametrize(
    ("gross", "rate", "net"), [(1100, 1000, 1000), (1080, 800, 1000), (100, 1000, 91), (-100, 1000, -91), (1, 1000, 1), (0, 800, 0)]
)
def test_tax_is_taken_out_once_and_cut(gross, rate, net):
    assert net_of_tax(gross, rate) == net


@given(YEN, RATE)
def test_net_and_tax_are_the_gross_again(gross, rate):
    assert net_of_tax(gross, rate) + tax_within(gross, rate) == gross


@given(YEN, RATE)
def test_a_return_mirrors_its_sale(amount, rate):
    assert net_of_tax(-amount, rate) == -net_of_tax(amount, rate)
    assert tax_of(-amount, rate) == -tax_of(amount, rate)


@given(YEN, RATE)
def test_adding_tax_and_taking_it_out_misses_by_one_yen_at_most(net, rate):
    assert abs(net_of_tax(with_tax(net, rate), rate) - net) <= 1


def test_tax_is_rounded_per_rate_of_a_document():
    assert net_by_rate({1000: 100 + 100 + 100, 800: 324}) == {1000: 273, 800: 300}


@given(YEN, st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_no_yen_is_lost_when_an_amount_is_dealt_out(total, weights):
    parts = allot(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_dealing_out_is_fair_and_stable():
    assert allot(100, [1, 1, 1]) == [34, 33, 33]
    assert allot(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allot(10, [0, 0]) == [5, 5]
    assert allot(300, [-100, -200]) == [100, 200]
    with pytest.raises(ValueError, match="nobody"):
        allot(1, [])
    with pytest.raises(ValueError, match="both signs"):
        allot(1, [1, -1])
