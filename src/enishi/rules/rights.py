"""Who may ask what: a column that an actor cannot read in clear they cannot filter or count by either."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError
from enishi.platform.privacy import Privacy
from enishi.rules.facts import Registry, classes_of
from enishi.rules.tree import Rule, conditions


class RuleRefused(ActionError):
    """The rule asks about something that the actor may not read in clear."""

    code = "rule.fact_not_readable"
    message = _("この条件には、あなたの権限では見られない項目が使われています。")
    status = 403


def classes_needed(rule: Rule, registry: Registry) -> frozenset[Privacy]:
    """The privacy classes that one must read in clear to see the people or the number behind this rule.

    Raises RuleInvalid for a fact that is not registered.
    """
    return frozenset(privacy for condition in conditions(rule) for privacy in classes_of(condition, registry))


def refuse_unreadable(rule: Rule, registry: Registry, actor: Actor) -> None:
    """Raises RuleRefused where the actor lacks one of the classes; the same answer whatever the rule would find."""
    if not all(actor.reads(privacy) for privacy in classes_needed(rule, registry)):
        raise RuleRefused


def readable(registry: Registry, actor: Actor) -> Registry:
    """What this actor may ask about: the builder's palette."""
    return registry.only(frozenset(privacy for privacy in Privacy if actor.reads(privacy)))
