"""Who may ask what: a column that an actor cannot read in clear they cannot filter or count by either."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError
from enishi.rules.facts import Registry, traits_of
from enishi.rules.tree import Rule, conditions
from enishi.rules.values import Trait


class RuleRefused(ActionError):
    """The rule asks about something that the actor may not read in clear."""

    code = "rule.fact_not_readable"
    message = _("この条件には、あなたの権限では見られない項目が使われています。")
    status = 403


def traits_needed(rule: Rule, registry: Registry) -> list[Trait]:
    """What one must read in clear to see the people or the number behind this rule.

    Raises RuleInvalid for a fact that is not registered.
    """
    return [trait for condition in conditions(rule) for trait in traits_of(condition, registry)]


def refuse_unreadable(rule: Rule, registry: Registry, actor: Actor) -> None:
    """Raises RuleRefused where the actor does not read one of them; the same answer whatever the rule would find."""
    if not all(reads(actor, trait) for trait in traits_needed(rule, registry)):
        raise RuleRefused


def readable(registry: Registry, actor: Actor) -> Registry:
    """What this actor may ask about: the builder's palette."""
    return registry.only(lambda trait: reads(actor, trait))


def reads(actor: Actor, trait: Trait) -> bool:
    return all(actor.reads(trait.privacy, right) for right in (trait.right, *trait.others))
