import pytest

from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.privacy import Level, Privacy
from enishi.rules.rights import RuleRefused, readable, refuse_unreadable, traits_needed
from enishi.rules.tests.pretend import REGISTRY
from enishi.rules.tests.test_readback import ONCE, is_
from enishi.rules.tree import AllOf, AnyOf, Not, RuleInvalid

CITY = is_("customer.city", "text", "contains", "台東")


def staff(level):
    return Actor(kind="staff", name="林", user_id=1, levels={Privacy.INTERNAL: Level.READ, Privacy.PERSONAL: level})


def classes(rule):
    return {trait.privacy for trait in traits_needed(rule, REGISTRY)}


def test_the_classes_of_every_condition_are_needed_wherever_it_stands():
    assert classes(ONCE) == {Privacy.INTERNAL}
    assert classes(AllOf(rules=(ONCE, Not(rule=AnyOf(rules=(CITY,)))))) == {Privacy.INTERNAL, Privacy.PERSONAL}


@pytest.mark.parametrize("level", [Level.HIDDEN, Level.MASKED])
def test_what_an_actor_cannot_read_in_clear_they_cannot_ask_about(level):
    with pytest.raises(RuleRefused) as refused:
        refuse_unreadable(Not(rule=CITY), REGISTRY, staff(level))
    assert refused.value.code == "rule.fact_not_readable"
    refuse_unreadable(ONCE, REGISTRY, staff(level))


def test_who_reads_may_ask():
    refuse_unreadable(CITY, REGISTRY, staff(Level.READ))
    refuse_unreadable(CITY, REGISTRY, SYSTEM)


def test_the_palette_holds_only_what_may_be_asked():
    assert "customer.city" not in readable(REGISTRY, staff(Level.MASKED))
    assert "customer.city" in readable(REGISTRY, staff(Level.READ))
    assert [found.key for found in readable(REGISTRY, staff(Level.MASKED)).suggestions()] == ["once", "30_90", "mailable"]


def test_an_unknown_fact_is_refused_before_anything_is_said_about_rights():
    with pytest.raises(RuleInvalid):
        refuse_unreadable(is_("customer.password", "text", "is", "x"), REGISTRY, staff(Level.READ))
