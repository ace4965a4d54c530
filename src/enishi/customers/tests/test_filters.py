"""The list narrowed by a rule: what it finds, for whom, by an address that can be shared; and the builder's doors."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from enishi.customers.filtering import list_registry
from enishi.customers.models import Customer
from enishi.customers.queries.filters import filter_chips, headcount
from enishi.customers.queries.listing import Asked, customer_page
from enishi.platform.listing import Window
from enishi.platform.models import TeamMember
from enishi.platform.privacy import Level, Privacy
from enishi.rules import address, loading, python_eval
from enishi.rules.rights import RuleRefused
from enishi.rules.tree import AllOf, RuleInvalid, RuleTooLarge, parse


def choice(fact, *values):
    return {"type": "condition", "fact": fact, "test": {"type": "choice", "op": "in", "values": list(values)}}


def flag(fact, op="yes"):
    return {"type": "condition", "fact": fact, "test": {"type": "flag", "op": op}}


def rule(*conditions):
    return parse({"type": "all", "rules": list(conditions)})


IN_TOKYO = choice("customer.prefecture", "東京都")
NAMED = {"type": "condition", "fact": "customer.name", "test": {"type": "text", "op": "contains", "values": ["田"]}}


@pytest.fixture
def four(make_customer, misaki, yanaka):
    make_customer(name="田中 一", kana="タナカ", prefecture="東京都", owner_id=misaki.user_id)
    make_customer(name="佐藤 二", kana="サトウ", prefecture="東京都", team=yanaka)
    make_customer(name="山田 三", kana="ヤマダ", prefecture="京都府")
    make_customer(name="阿部 四", kana="アベ", prefecture="京都府", archived_at=Customer.rows.first().created_at)


def names(actor, now, **asked):
    return [row.name.split(" ")[0] for row in customer_page(actor, Asked(sort="kana", **asked), now=now).rows]


def test_a_rule_narrows_the_list_with_search_tab_and_order(four, misaki, now):
    assert names(misaki, now, rule=rule(IN_TOKYO)) == ["佐藤", "田中"]
    assert names(misaki, now, rule=rule(IN_TOKYO), text="たなか") == ["田中"]
    assert names(misaki, now, rule=rule(IN_TOKYO), view="mine") == ["田中"]
    assert names(misaki, now, rule=rule(IN_TOKYO), backwards=True) == ["田中", "佐藤"]


def test_a_filtered_list_is_counted_and_paged(four, misaki, now):
    page = customer_page(misaki, Asked(sort="kana", rule=rule(IN_TOKYO), window=Window(size=1)), now=now)
    assert (page.count_words, page.slice.more) == ("2", True)
    rest = customer_page(misaki, Asked(sort="kana", rule=rule(IN_TOKYO), window=Window(after=page.slice.ids[-1], first=2)), now=now)
    assert [row.name for row in rest.rows] == ["田中 一"]


def test_mine_and_my_teams_are_the_viewers_own(four, misaki, yoshida, yanaka, now):
    everything = replace(yoshida, grants=misaki.grants)
    TeamMember.rows.create(team=yanaka, user_id=yoshida.user_id)
    assert names(misaki, now, rule=rule(flag("viewer.customers"))) == ["田中"]
    assert names(everything, now, rule=rule(flag("viewer.customers"))) == []
    assert names(everything, now, rule=rule(flag("viewer.customers", "no"))) == ["佐藤", "田中", "山田"]
    assert names(everything, now, rule=rule(flag("viewer.teams_customers"))) == ["佐藤"]
    assert names(misaki, now, rule=rule(flag("viewer.teams_customers"))) == []


@pytest.mark.parametrize("fact", ["viewer.customers", "viewer.teams_customers"])
@pytest.mark.parametrize("op", ["yes", "no"])
def test_facts_about_the_viewer_agree_with_the_reference(four, misaki, yanaka, now, fact, op):
    TeamMember.rows.create(team=yanaka, user_id=misaki.user_id)
    asked, known, everybody = rule(flag(fact, op)), list_registry(misaki), Customer.rows.filter(archived_at=None)
    loaded = loading.load_for([asked], everybody, ids=list(everybody.values_list("pk", flat=True)), now=now, registry=known)
    expected = {pk for pk, facts in loaded.items() if python_eval.matches(asked, facts, now=now)}
    assert set(customer_page(misaki, Asked(rule=asked), now=now).slice.ids) == expected


def test_who_reads_no_names_cannot_filter_or_count_by_them(four, hayashi, misaki, now):
    with pytest.raises(RuleRefused):
        customer_page(hayashi, Asked(rule=rule(NAMED)), now=now)
    with pytest.raises(RuleRefused):
        headcount(hayashi, rule(NAMED), now=now)
    masked = replace(misaki, levels={**misaki.levels, Privacy.PERSONAL: Level.MASKED})
    assert len(customer_page(masked, Asked(rule=rule(IN_TOKYO)), now=now).rows) == 2


def test_a_count_stays_within_the_scope(four, misaki, hayashi, now):
    assert headcount(misaki, rule(IN_TOKYO), now=now).words == "2"
    assert headcount(hayashi, rule(IN_TOKYO), now=now).words == "1"


def test_each_condition_is_a_chip_that_can_be_taken_away(misaki):
    first, second = filter_chips(misaki, rule(IN_TOKYO, NAMED))
    assert "東京都" in first.words
    assert first.without == rule(NAMED)
    assert second.without == rule(IN_TOKYO)
    assert filter_chips(misaki, rule(IN_TOKYO))[0].without is None


# ---- the address


def test_a_rule_comes_back_from_an_address_as_it_was():
    written = address.packed(rule(IN_TOKYO, NAMED))
    assert address.unpacked(written) == rule(IN_TOKYO, NAMED)
    assert written.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("text", ["x", "あ", "AAAA", "eJw", "%00", "=" * 9, address.packed(AllOf())[:-3]])
def test_other_letters_are_no_rule(text):
    with pytest.raises(RuleInvalid):
        address.unpacked(text)


def test_what_unpacks_too_large_is_refused_before_it_is_read():
    import zlib
    from base64 import urlsafe_b64encode

    bomb = urlsafe_b64encode(zlib.compress(b" " * 1_000_000)).decode()
    with pytest.raises(RuleTooLarge):
        address.unpacked(bomb)
    with pytest.raises(RuleTooLarge):
        address.unpacked("A" * 10_000)


# ---- the doors


def test_the_list_keeps_its_filter_in_its_address(misaki_client, four):
    written = address.packed(rule(IN_TOKYO))
    text = misaki_client.get(reverse("customers:list"), {"rule": written}).content.decode()
    assert "佐藤 二" in text
    assert "山田 三" not in text
    assert f'name="rule" value="{written}"' in text
    assert f"sort=kana&amp;rule={written}" in text or f"rule={written}&amp;sort=kana" in text
    assert misaki_client.get(reverse("customers:list"), {"rule": "x"}).status_code == 422


def test_an_empty_filter_leads_on(misaki_client, organisation):
    text = misaki_client.get(reverse("customers:list"), {"rule": address.packed(rule(IN_TOKYO))}).content.decode()
    assert "この条件に合う顧客はいません" in text


def test_the_builder_leads_back_to_the_list(misaki_client, four):
    url = f"{reverse('customers:filter')}?view=mine&sort=kana"
    form = {
        "join": "all",
        "line": "1@main",
        "fact-1": "customer.prefecture",
        "was-1": "customer.prefecture",
        "op-1": "in",
        "value-1": "東京都",
    }
    assert misaki_client.get(url).status_code == 200
    assert "2" in misaki_client.post(reverse("customers:filter-build"), form).content.decode()
    answer = misaki_client.post(url, form | {"apply": "1"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/customers/?view=mine&rule={address.packed(rule(IN_TOKYO))}&sort=kana"
    assert misaki_client.post(url, {"apply": "1", "join": "all"}).headers["Location"] == "/customers/?view=mine&sort=kana"
    assert misaki_client.post(url, form | {"value-1": "", "apply": "1"}).status_code == 422


def test_the_builder_offers_nothing_that_the_viewer_may_not_ask(hayashi, sign_in):
    text = sign_in(hayashi).get(reverse("customers:filter")).content.decode()
    assert "customer.prefecture" in text
    assert "customer.name" not in text


def test_a_filtered_list_costs_few_queries(misaki_client, make_customer, django_assert_max_num_queries):
    for _ in range(55):
        make_customer(prefecture="東京都")
    query = {"rule": address.packed(rule(IN_TOKYO, flag("viewer.customers", "no")))}
    misaki_client.get(reverse("customers:list"), query)
    with django_assert_max_num_queries(19):
        misaki_client.get(reverse("customers:list"), query)
