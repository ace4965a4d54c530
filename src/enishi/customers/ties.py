"""The kinds of relation: those that every company has, and those that this one added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import Customer, RelationType

PERSON, COMPANY = Customer.Kind.PERSON.value, Customer.Kind.COMPANY.value


@dataclass(frozen=True, slots=True)
class RelationKind:
    """What a relation means, read from its source to its target."""

    code: str
    name: str | Promise
    target_label: str | Promise  # what the target is to the source: 所属先
    source_label: str | Promise  # what the source is to the target: 先方担当者
    source_kind: str = ""  # person, company; empty: either
    target_kind: str = ""
    one_at_a_time: bool = False  # a source has one that goes on; its targets form no circle
    is_retired: bool = False

    def fits(self, source_kind: str, target_kind: str) -> bool:
        return self.source_kind in ("", source_kind) and self.target_kind in ("", target_kind)


WORKS_FOR, HOUSEHOLD, GROUP, REFERRED = "works_for", "household", "group", "referred"
BUILT_IN: tuple[RelationKind, ...] = (
    RelationKind(WORKS_FOR, _("所属"), _("所属先"), _("先方担当者"), PERSON, COMPANY),
    RelationKind(HOUSEHOLD, _("世帯"), _("世帯主"), _("家族"), PERSON, PERSON, one_at_a_time=True),
    RelationKind(GROUP, _("グループ"), _("本部・親会社"), _("支店・グループ会社"), COMPANY, COMPANY, one_at_a_time=True),
    RelationKind(REFERRED, _("紹介"), _("紹介してくれた人"), _("紹介された人")),
)


def relation_kinds() -> Mapping[str, RelationKind]:
    """By code, in the order of the forms; the retired ones last. One query."""
    own = RelationType.rows.order_by("retired_at", "pk")
    kinds = [*BUILT_IN, *(_own(row) for row in own)]
    return {kind.code: kind for kind in sorted(kinds, key=lambda kind: kind.is_retired)}


def kinds_of(codes: Iterable[str]) -> Mapping[str, RelationKind]:
    """Those of the codes, by code. One query where one of the company's own is among them."""
    common = {kind.code: kind for kind in BUILT_IN}
    wanted = set(codes)
    return common if wanted <= common.keys() else relation_kinds()


def _own(row: RelationType) -> RelationKind:
    return RelationKind(
        row.code, row.name, row.target_label, row.source_label, row.source_kind, row.target_kind, is_retired=row.retired_at is not None
    )
