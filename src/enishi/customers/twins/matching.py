"""Compares customers on DuckDB, in memory alone: what it held is gone with the process, however that ends."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from enishi.customers.twins import model
from enishi.customers.twins.traits import Traits

if TYPE_CHECKING:
    import duckdb

#: For DuckDB; with Python, splink and what Arrow holds for a moment a search of a million stays below 4 GiB.
MEMORY_LIMIT: Final = os.environ.get("ENISHI_TWINS_MEMORY", "2500MB")
THREADS: Final = 2
#: A key that so many share says nothing: a switchboard's phone, a placeholder of a birthday.
MOST_AT_A_KEY: Final = 200
#: Of fewer people it cannot be said which names are rare.
LEAST_COUNTED: Final = 5_000
#: Parts in which a large base is compared: between two of them a search can be stopped, and keeps its lease.
PARTS: Final = 8
LARGE: Final = 100_000

_TABLE: Final = """
CREATE TABLE {name} (id BIGINT, kind VARCHAR, name VARCHAR, family VARCHAR, given VARCHAR, kana VARCHAR, kana_family VARCHAR,
 kana_given VARCHAR, formers VARCHAR[], born DATE, phones VARCHAR[], mails VARCHAR[], phones_before VARCHAR[],
 mails_before VARCHAR[], places_besides VARCHAR[], postal VARCHAR, street VARCHAR, room VARCHAR,
 prefecture VARCHAR, gender VARCHAR, keys INTEGER[])
"""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two customers that may be one: the lower id first."""

    first: int
    second: int
    score: float
    outcomes: dict[str, str]  # comparison → code of its outcome; what was not known is left out

    @property
    def held_by(self) -> list[str]:
        """Why they are not merged by themselves, however sure it looks."""
        return sorted({model.HELD_BY[pair] for pair in self.outcomes.items() if pair in model.HELD_BY})

    @property
    def score_ppm(self) -> int:
        """The score in whole parts of a million, never more than it is."""
        return int(self.score * model.MILLION)

    @property
    def is_automatic(self) -> bool:
        return self.score_ppm >= model.AUTOMATIC_PPM and not self.held_by


@dataclass(frozen=True, slots=True)
class NameCounts:
    """How many people of the base have a family name, and a given name, in their folded forms."""

    families: Mapping[str, int] = field(default_factory=dict)
    givens: Mapping[str, int] = field(default_factory=dict)


class Bench:
    """The table on which customers are compared."""

    def __init__(self) -> None:
        import duckdb

        self.server: duckdb.DuckDBPyConnection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY_LIMIT,
                "threads": THREADS,
                # Nothing personal on a disk: better to fail for want of memory than to leave a file behind a kill.
                "temp_directory": "",
                "preserve_insertion_order": False,
            },
        )

    def __enter__(self) -> Self:
        for name in ("known", "fresh"):
            create = _TABLE.format(name=name)
            self.server.execute(create)
        for name in ("families", "givens"):
            words = f"CREATE TABLE {name} (word VARCHAR, bits DOUBLE)"
            self.server.execute(words)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def lay_out(self, who: Sequence[Traits], *, fresh: bool) -> None:
        """Put customers on the table: the `fresh` ones are compared with all, the others with those alone."""
        import pyarrow as pa

        if not who:
            return
        columns = dict(zip(Traits._fields, zip(*who, strict=True), strict=True))
        types = {"born": pa.date32(), "phones": pa.list_(pa.string()), "mails": pa.list_(pa.string()), "keys": pa.list_(pa.int32())}
        stretch = pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()})
        self.server.register("stretch", stretch)
        self.server.execute("INSERT INTO fresh SELECT * FROM stretch" if fresh else "INSERT INTO known SELECT * FROM stretch")
        self.server.unregister("stretch")

    def know_names(self, counts: NameCounts) -> None:
        """How frequent names are, where enough people were counted to say so."""
        import pyarrow as pa

        for name, counted in (("families", counts.families), ("givens", counts.givens)):
            total = sum(counted.values())
            if total < LEAST_COUNTED:
                continue
            words = pa.table({"word": list(counted), "bits": [math.log2(total / count) for count in counted.values()]})
            self.server.register("words", words)
            insert = f"INSERT INTO {name} SELECT * FROM words"  # noqa: S608 — names of ours
            self.server.execute(insert)
            self.server.unregister("words")

    def likenesses(self, customers: int, *, between: Callable[[int, int], None] = lambda _done, _of: None) -> Iterator[Likeness]:
        """Pairs from `REVIEW` upwards. `customers`: how many there are in all. `between` is called between two parts, with how
        many are done and of how many; what it raises ends the search."""
        from splink import DuckDBAPI, Linker

        logging.getLogger("splink").setLevel(logging.WARNING)
        self._drop_frequent_keys()
        api = DuckDBAPI(connection=self.server)
        fresh = api.register("fresh_ready")
        linker = Linker(fresh, model.settings(customers), log_level=None)
        count = self._count("fresh_ready")
        parts = PARTS if count > LARGE else 1
        for part in range(parts):
            between(part, parts)
            if parts == 1:
                found = linker.inference.predict(threshold_match_probability=model.REVIEW)
            else:
                found = linker.inference.predict_chunk((part + 1, parts), (1, 1), threshold_match_probability=model.REVIEW)
            yield from self._read(found.physical_name)
            found.drop_table_from_database_and_remove_from_cache()
        if self._count("known_ready"):
            known = api.register("known_ready")
            found = linker.inference.predict_between(known, fresh, threshold_match_probability=model.REVIEW)
            yield from self._read(found.physical_name)

    def _count(self, table: str) -> int:
        # `fetchall`: splink uses the same connection, and an unfinished answer would stand in its way.
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 — names of ours
        [(count,)] = self.server.execute(query).fetchall()
        return int(count)

    def _drop_frequent_keys(self) -> None:
        self.server.execute(
            "CREATE TABLE frequent AS SELECT key FROM (SELECT unnest(keys) AS key FROM fresh UNION ALL SELECT unnest(keys) FROM known)"
            " GROUP BY key HAVING count(*) > ?",
            [MOST_AT_A_KEY],
        )
        frequent = [row[0] for row in self.server.execute("SELECT key FROM frequent").fetchall()]
        mail = "coalesce(split_part(mails[1], '@', 1), '') AS local, coalesce(split_part(mails[1], '@', 2), '') AS domain"
        keys = "list_filter(keys, lambda k: NOT list_contains(getvariable('frequent'), k))" if frequent else "keys"
        self.server.execute("SET VARIABLE frequent = $1", [frequent])
        for name in ("known", "fresh"):
            ready = (
                f"CREATE TABLE {name}_ready AS SELECT {name}.* REPLACE ({keys} AS keys), {mail}, families.bits + givens.bits AS rarity"  # noqa: S608
                f" FROM {name} LEFT JOIN families ON families.word = family LEFT JOIN givens ON givens.word = given"
            )
            self.server.execute(ready)
            drop = f"DROP TABLE {name}"
            self.server.execute(drop)

    def _read(self, table: str) -> Iterator[Likeness]:
        names = [comparison.name for comparison in model.COMPARISONS]
        columns = ", ".join(f"gamma_{name}" for name in names)
        query = f"SELECT least(id_l, id_r), greatest(id_l, id_r), match_probability, {columns} FROM {table}"  # noqa: S608
        for first, second, score, *gammas in self.server.execute(query).fetchall():
            found = zip(model.COMPARISONS, gammas, strict=True)
            outcomes = {one.name: code for one, gamma in found if (code := model.outcome_of(one, gamma))}
            yield Likeness(first, second, score, outcomes)


def compare(fresh: Iterable[Traits], known: Iterable[Traits] = (), *, customers: int) -> list[Likeness]:
    """The likenesses of a few customers with each other and with the `known` ones."""
    with Bench() as bench:
        bench.lay_out(list(fresh), fresh=True)
        bench.lay_out(list(known), fresh=False)
        return list(bench.likenesses(customers))
