"""Writes the demo company into an empty base, chapter by chapter, block by block."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import date, datetime

from django.db import connection, transaction

from enishi.platform import presets, wiring
from enishi.platform.actions.installation import installation_id
from enishi.platform.bulk import columns_text, copy_columns, pour
from enishi.platform.demo.chapter import Chapter, Rows, Story
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.world import BLOCK, DEFAULT_SEED, World
from enishi.platform.models import Organisation, Role, Team, TeamMember, User, UserRole
from enishi.platform.sql.bare import bare

LARGE = 50_000  # customers; from here on a second process pays
AHEAD = 16  # texts that wait for the server
EVERY_LOGIN_MAY_SEE = {"admin": ("admin", "all_customers")}


def exists() -> bool:
    """Whether this base was set up already, by hand or as a demo."""
    return Organisation.rows.exists()


def make(
    *,
    customers: int,
    today: date,
    now: datetime,
    tell: Callable[[str], None],
    seed: int = DEFAULT_SEED,
    density: float = 1.0,
    chapters: Sequence[str] | None = None,
    in_bulk: bool = False,
) -> World:
    """The whole company, or some of its chapters, in one transaction: it is there, or it is not. The base must be empty.

    `in_bulk`: the tables that grow are filled without their indexes, which are built at the end; for large companies.
    """
    world = World(seed, customers, today=today, density=density)
    story = Story(world, now)
    told: list[Chapter] = [found for found in wiring.load("DEMO_CHAPTERS") if chapters is None or found.key in chapters]
    with transaction.atomic():
        with bare([table for chapter in told for table in chapter.tables]) if in_bulk else nullcontext():
            _write(story, told, tell, in_bulk=in_bulk)
        for chapter in told:
            chapter.end(story)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return world


def _write(story: Story, chapters: Sequence[Chapter], tell: Callable[[str], None], *, in_bulk: bool) -> None:
    world = story.world
    organisation(story.moment(0, 0))
    _staff(story)
    for chapter in chapters:
        chapter.begin(story)
    with _pouring() if in_bulk else nullcontext(_copy) as write:
        for number, block in enumerate(world.blocks_ahead() if world.customers > LARGE else world.blocks()):
            for chapter in chapters:
                write(chapter.block(story, block))
            if number % 10 == 9 or number + 1 == world.block_count:
                tell(f"{min((number + 1) * BLOCK, world.customers):,} / {world.customers:,}")


def _copy(rows: Iterable[Rows]) -> None:
    for table, columns in rows:
        copy_columns(table, columns)


@contextmanager
def _pouring() -> Iterator[Callable[[Iterable[Rows]], None]]:
    """Rows go to the server in a second thread while the next ones are being put into words."""
    server = connection.connection
    with ThreadPoolExecutor(1) as pen:
        waiting: deque[Future[None]] = deque()

        def write(rows: Iterable[Rows]) -> None:
            for table, columns in rows:
                waiting.append(pen.submit(pour, server, table, list(columns), columns_text(columns)))
            while len(waiting) > AHEAD:
                waiting.popleft().result()

        yield write
        for future in waiting:
            future.result()


def organisation(since: datetime) -> None:
    """The company itself and its roles, in an empty base."""
    presets.install()
    Organisation.rows.create(
        name=staff.COMPANY, address=staff.ADDRESS, contact=staff.CONTACT, installation_id=installation_id(), created_at=since
    )


def _staff(story: Story) -> None:
    for name in staff.TEAMS:
        story.team_ids[name] = Team.rows.create(name=name, kind="shop" if name.endswith("店") else "department").pk
    roles = {role.key: role for role in Role.rows.all()}
    for person in staff.STAFF:
        user = User(username=person.login, display_name=person.display_name, title=person.title, joined_at=story.moment(0, 0))
        user.set_password(staff.PASSWORD)
        user.save(force_insert=True)
        story.user_ids[person.login] = user.pk
        for key in EVERY_LOGIN_MAY_SEE.get(person.login, person.roles):
            UserRole.rows.create(user=user, role=roles[key])
        if person.team is not None:
            TeamMember.rows.create(team_id=story.team_ids[person.team], user=user)
