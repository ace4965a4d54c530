"""The import target "customers"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import cast

from django.db import connection
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, npgettext
from django.utils.translation import gettext_lazy as _

from enishi.customers import access
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS, TargetField
from enishi.customers.imports.people import own, standard, tied, undo
from enishi.customers.imports.people.extras import find_staff, write_extras
from enishi.customers.imports.people.known import load_world, suppressed_mails
from enishi.customers.imports.people.memory import PeopleMemory
from enishi.customers.imports.people.plan import Plan, Rules, World, plan_rows
from enishi.customers.imports.people.prepare import prepare
from enishi.customers.imports.people.rows import MAILS, PHONES, PersonRow
from enishi.customers.imports.people.ties import plan_with_ties
from enishi.customers.imports.people.write import write_plan
from enishi.customers.imports.target import ChunkResult, Figure, Json, Named, Naming, Option, RawRow, Recipe, RunContext, UndoContext
from enishi.customers.models import ImportRun
from enishi.customers.models.consent import Channel
from enishi.customers.queries.names import Name
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.models import FieldChange
from enishi.platform.once import asked_once
from enishi.platform.sql.one_of import OneOf

# How many of the run's people can be mailed, and why the rest cannot, as they stand when the run is over.
_REACH = """
SELECT CASE WHEN c.email = '' THEN 'no_address'
            WHEN p.id IS NOT NULL THEN 'stopped_address'
            WHEN NOT s.allowed AND s.basis = 'unknown' THEN 'unknown'
            WHEN NOT s.allowed THEN 'refused'
            WHEN s.allowed IS NULL THEN 'never_asked'
            ELSE 'ok' END AS stands, count(*)
  FROM (SELECT DISTINCT object_id FROM customers_importresult WHERE run_id = %s AND object_id IS NOT NULL) AS r
  JOIN customers_customer c ON c.id = r.object_id
  LEFT JOIN customers_consentstate s ON s.customer_id = c.id AND s.channel = 'email' AND s.purpose = 'marketing'
  LEFT JOIN customers_contactpoint p ON p.customer_id = c.id AND p.kind = 'email' AND p.is_primary AND NOT p.state = 'usable'
 GROUP BY 1
"""


_REACH_WORDS: Mapping[str, str | Promise] = {
    "ok": _("メールを送れる人"),
    "no_address": _("メールアドレスがない"),
    "stopped_address": _("メールアドレスが無効"),
    "refused": _("本人の希望で停止"),
    "unknown": _("同意が不明"),
    "never_asked": _("同意が未取得"),
    "suppressed": _("配信停止リストにある宛先"),
}


#: Fields by whose values other rows may name a customer of the file.
_BY = frozenset({"number", "member_number", "name", "company", *MAILS, *PHONES})


class CustomerTarget:
    key = "customers"
    label = _("顧客")
    counter = _("%(count)s人")
    asks_consent = True
    group_by: str | None = None

    @property
    def fields(self) -> Sequence[TargetField]:
        return (*CUSTOMER_FIELDS, *tied.target_fields(), *own.target_fields())

    def extras(self, keys: Collection[str]) -> Mapping[str, object]:
        return {**own.mapped(keys), **tied.ways(keys), **standard.extras()}

    def naming(self, mapping: Mapping[int, str]) -> Naming | None:
        named_in = [column for column, key in mapping.items() if tied.is_tie(key)]
        return Naming(named_in, [column for column, key in mapping.items() if key in _BY or key.startswith("cf_")]) if named_in else None

    def recognised(self, headings: Sequence[str]) -> tuple[str, Mapping[int, str]] | None:
        """None is known better than by its headings one by one."""
        return None

    def prepare(self, recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
        return prepare(recipe, rows)

    def require(self, actor: Actor) -> None:
        policy.require(actor, "customer", "create")
        if not access.writes_everything(actor):
            raise NotAllowed

    def options(self, run: ImportRun) -> list[Option]:
        return [
            Option(
                "existing",
                _("すでに登録のある顧客"),
                (("fill", _("空欄だけ埋める")), ("overwrite", _("新しい値で上書きする"))),
                "fill",
                _("ファイルの空欄で、登録ずみの値が消えることはありません。"),
            )
        ]

    def mapping_problems(self, fields: Collection[str]) -> list[str]:
        if set(fields) & {"number", "name", "family_name", "company", "member_number", *MAILS, *PHONES}:
            return [gettext("「関係の種類」の列も選んでください。")] if tied.OTHER in fields and tied.KIND not in fields else []
        return [gettext("氏名・会員番号・メールアドレス・電話番号のどれかの列を選んでください。")]

    def apply(self, context: RunContext, rows: Sequence[object]) -> ChunkResult:
        """About twenty-five queries a chunk; three more where the company has fields of its own, four with further contact points."""
        people = cast("Sequence[PersonRow]", rows)
        with asked_once():
            return self._apply(context, people)

    def _apply(self, context: RunContext, people: Sequence[PersonRow]) -> ChunkResult:
        find_staff(people, context.actor)
        own.drop_unwritable(people, context.actor)
        rules = self._rules(context, people)

        def planner(rows: Sequence[PersonRow]) -> tuple[Plan, World]:
            world = load_world(rows, context.actor, run_id=context.run.pk, lock=True)
            return plan_rows(rows, world, rules), world

        plan = plan_with_ties(people, context.actor, planner, overwrite=rules.overwrite)
        write_plan(context, plan)
        write_extras(context, plan, people)
        return _result(plan)

    def _rules(self, context: RunContext, people: Sequence[PersonRow]) -> Rules:
        return replace(rules_of(context.run.choices, suppressed_mails(people)), objections=own.objections(), own_key=own.key_in_use())

    def open_memory(self) -> PeopleMemory:
        return PeopleMemory()

    def check(self, context: RunContext, rows: Sequence[object], memory: PeopleMemory) -> ChunkResult:
        people = cast("Sequence[PersonRow]", rows)
        with asked_once():
            find_staff(people, context.actor)
            own.drop_unwritable(people, context.actor)
            rules = self._rules(context, people)

            def planner(rows: Sequence[PersonRow]) -> tuple[Plan, World]:
                world = load_world(rows, context.actor, run_id=context.run.pk, lock=False)
                memory.overlay(world, rows)
                return plan_rows(rows, world, rules, first_ref=memory.next_ref), world

            plan = plan_with_ties(people, context.actor, planner, overwrite=rules.overwrite, overlay=memory.overlay_bonds)
            memory.remember(plan)
        return _result(plan)

    def figures(self, counters: Mapping[str, int]) -> list[Figure]:
        found = []
        if counters.get("candidates"):
            note = gettext("連絡先が同じで氏名が違う人です。別の顧客として登録します。")
            found.append(
                Figure(
                    gettext("名寄せ候補"),
                    f"{counters['candidates']:,}",
                    npgettext("counter", "人", "人", counters["candidates"]),
                    note,
                    "wait",
                )
            )
        if counters.get("kept_refusals"):
            note = gettext("ファイルでは希望でも、本人の停止の申し出を優先します。")
            found.append(
                Figure(
                    gettext("配信停止のまま"),
                    f"{counters['kept_refusals']:,}",
                    npgettext("counter", "人", "人", counters["kept_refusals"]),
                    note,
                    "wait",
                )
            )
        for key, label, note in (
            ("mended", gettext("入力基準で直す行"), gettext("全角・半角や空白などを、公開中の入力基準に合わせます。")),
            ("odd", gettext("確かめたい行"), gettext("似た文字の打ち間違いなど、入力基準で知らせるものです。そのまま取り込みます。")),
        ):
            if counters.get(key):
                tone = "wait" if key == "odd" else ""
                found.append(Figure(label, f"{counters[key]:,}", npgettext("counter", "行", "行", counters[key]), note, tone))
        for key, label, note in (
            ("ties", gettext("登録する関係"), gettext("所属・世帯・グループ・紹介などです。")),
            ("ties_ended", gettext("終わりにする関係"), gettext("終了日のある行と、新しい関係に替わる行です。")),
        ):
            if counters.get(key):
                found.append(Figure(label, f"{counters[key]:,}", npgettext("counter", "件", "件", counters[key]), note))
        if counters.get("skipped"):
            found.append(
                Figure(
                    gettext("読み飛ばした行"),
                    f"{counters['skipped']:,}",
                    npgettext("counter", "行", "行", counters["skipped"]),
                    gettext("合計や見出しの行です。"),
                )
            )
        return found

    def reach(self, counters: Mapping[str, int]) -> list[Figure]:
        counts = [(key, counters.get(f"reach.{key}", 0)) for key in _REACH_WORDS]
        return [
            Figure(str(_REACH_WORDS[key]), f"{count:,}", npgettext("counter", "人", "人", count), tone="good" if key == "ok" else "")
            for key, count in counts
            if count or key == "ok"
        ]

    def take_back(self, context: UndoContext, made: Collection[int], changed: Collection[int]) -> dict[int, str]:
        return undo.take_back(context, made, changed)

    def finish_undo(self, context: UndoContext) -> None:
        undo.finish(context)

    def touched_beside(self, context: UndoContext) -> QuerySet[FieldChange]:
        return undo.beside(context)

    def named(self, actor: Actor, ids: Collection[int]) -> dict[int, Named]:
        """One query, and one row in the view log."""
        if not ids:
            return {}
        base = reverse("customers:list")
        people = policy.present_many(Name, actor, access.readable_customers(actor).filter(OneOf(F("pk"), ids)))
        return {person.id: Named(person.id, person.number, person.name or person.number, f"{base}{person.number}/") for person in people}

    def finish(self, context: RunContext) -> dict[str, int]:
        """Who can be written to, counted over everybody the run met. One query; the suppressed are told by the chunks."""
        suppressed = context.run.report.get("counters", {}).get("reach.suppressed", 0)
        with connection.cursor() as cursor:
            cursor.execute(_REACH, [context.run.pk])
            counts = dict(cursor.fetchall())
        reach = {
            f"reach.{stands}": counts.get(stands, 0)
            for stands in ("ok", "no_address", "stopped_address", "refused", "never_asked", "unknown")
        }
        # Who is on the list by their own wish was allowed nothing and stands among those never asked; the rest bounced.
        asked_to_stop = min(suppressed, reach["reach.never_asked"])
        reach["reach.never_asked"] -= asked_to_stop
        reach["reach.ok"] -= min(suppressed - asked_to_stop, reach["reach.ok"])
        return reach


def rules_of(choices: Mapping[str, Json], suppressed: Mapping[str, str]) -> Rules:
    """The rules of a run from what was chosen on its screens."""
    consent = choices.get("consent")
    rules = Rules(overwrite=choices.get("existing") == "overwrite", suppressed=suppressed)
    if not isinstance(consent, dict):
        return rules
    channels = consent.get("channels")
    return replace(
        rules,
        consent_basis=str(consent.get("basis") or ""),
        consent_channels=tuple(map(str, channels)) if isinstance(channels, list) else (Channel.EMAIL.value,),
    )


def _result(plan: Plan) -> ChunkResult:
    return ChunkResult([result for result, _known in plan.results], dict(plan.counters))


TARGET = CustomerTarget()
