"""Every setting that comes from the process environment, parsed and checked in one place.

`env` is what the rest of the project reads. A wrong value stops the start with a `SettingsError` that names
each variable at fault, in Japanese and in English. The page for people is `docs/operations/settings.md`.
"""

import difflib
import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

ROLES = ("app", "worker", "owner")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SCHEMES = ("http", "https")
SMTP_SECURITIES = ("starttls", "tls", "none")
SHORTEST_SECRET_KEY = 32

_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_KNOWN_KEYS = ("changeme", "secret", "insecure", "example", "password")
_MAIL_ADDRESS = re.compile(r"[^\s@,<>]+@[^\s@,<>]+")
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off", "")


class SettingsError(Exception):
    """One or more environment settings cannot be used. `str()` is fit for a terminal, Japanese first."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        head = "設定に誤りがあります。次の環境変数を直してください。\nThe settings are wrong. Please correct these environment variables."
        tail = "一覧 / All settings: docs/operations/settings.md"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in problems), tail]))


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of one installation. Secrets never appear in its `repr`."""

    project_dir: Path  # the checkout, or the working folder of an installed wheel
    data_dir: Path  # everything that is written: database, files, secrets, logs
    database_url: str | None = field(repr=False)  # a server of the user's own; None = the embedded one
    database_url_owner: str | None = field(repr=False)  # migrations; these three are set for child processes
    database_url_app: str | None = field(repr=False)  # web
    database_url_worker: str | None = field(repr=False)  # jobs
    role: str  # which of the three this process speaks as
    pg_bin: Path | None  # folder with initdb, pg_ctl, postgres; None = those of the wheel
    secret_key: str = field(repr=False)
    debug: bool
    demo: bool
    test_clock: bool  # may time be moved by hand? never in production
    host: str  # the address to listen on
    port: int
    base_scheme: str  # what people type: http or https
    public_port: int | None  # the port in links; None = the scheme's own
    app_host: str
    track_host: str
    files_host: str
    trusted_proxies: int  # how many reverse proxies stand in front
    egress_allow: tuple[str, ...]  # non-public hosts or networks that may be called, `host`, `host:port` or CIDR
    smtp_host: str | None  # for the system's own mail (password reset); customers' mail has accounts on a screen
    smtp_port: int
    smtp_user: str
    smtp_password: str = field(repr=False)
    smtp_security: str  # starttls, tls or none
    smtp_from: str
    web_count: int  # web server processes
    worker_count: int  # job processes
    engine_memory_mb: int  # what analyses may take before they go on in files
    log_level: str
    unknown: tuple[str, ...] = ()  # ENISHI_ variables that mean nothing here, with a guess

    @property
    def secrets_dir(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def source_dir(self) -> Path:
        """The folder that holds the packages `config` and `enishi`."""
        return Path(__file__).resolve().parents[2]

    @property
    def secure(self) -> bool:
        """Do people reach the installation by https?"""
        return self.base_scheme == "https"


class _Reader:
    """Reads typed values out of an environment and gathers the problems instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.names: set[str] = set()
        self.problems: list[str] = []

    def refuse(self, name: str, japanese: str, english: str) -> None:
        self.problems.append(f"{name}: {japanese} / {english}")

    def text(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return self.environ.get(name, "").strip() or default

    def optional(self, name: str) -> str | None:
        return self.text(name) or None

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name).lower()
        if name not in self.environ or not raw:
            return default
        if raw not in (*_TRUE, *_FALSE):
            self.refuse(name, f"「{raw}」は 1 か 0 にしてください", f"must be 1 or 0, not {raw!r}")
        return raw in _TRUE

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        raw = self.text(name, str(default))
        value = int(raw) if re.fullmatch(r"-?\d{1,9}", raw, re.ASCII) else None
        if value is None or not lowest <= value <= highest:
            self.refuse(
                name, f"「{raw}」は {lowest} から {highest} の整数にしてください", f"must be a whole number {lowest}-{highest}, not {raw!r}"
            )
            return default
        return value

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        raw = self.text(name, default)
        found = next((choice for choice in choices if choice.lower() == raw.lower()), None)
        if found is None:
            listed = ", ".join(choices)
            self.refuse(name, f"「{raw}」は使えません。次のどれかにしてください: {listed}", f"must be one of {listed}, not {raw!r}")
        return found or default

    def host_name(self, name: str, default: str) -> str:
        raw = self.text(name, default).lower()
        if raw and not _HOST_NAME.fullmatch(raw):
            self.refuse(
                name,
                f"「{raw}」はホスト名ではありません（http:// やポートは付けません）",
                f"not a host name (no http://, no port): {raw!r}",
            )
            return default
        return raw

    def mail_address(self, name: str, default: str) -> str:
        raw = self.text(name, default)
        if not _MAIL_ADDRESS.fullmatch(raw):
            self.refuse(name, f"「{raw}」はメールアドレスではありません（例 enishi@example.jp）", f"not a mail address: {raw!r}")
        return raw

    def address(self, name: str, default: str) -> str:
        raw = self.text(name, default)
        try:
            return str(ipaddress.ip_address("127.0.0.1" if raw == "localhost" else raw))
        except ValueError:
            self.refuse(name, f"「{raw}」は IP アドレスではありません（例 127.0.0.1、0.0.0.0）", f"not an IP address: {raw!r}")
            return default

    def folder(self, name: str, default: Path | None) -> Path | None:
        raw = self.text(name)
        return Path(raw).expanduser().absolute() if raw else default

    def database_url(self, name: str) -> str | None:
        raw = self.optional(name)
        if raw is None:
            return None
        try:
            parts = urlsplit(raw)
            fits = parts.scheme in ("postgres", "postgresql") and len(parts.path) > 1 and parts.port != 0
        except ValueError:
            fits = False
        if not fits:  # the value itself may hold a password, so it is not shown
            shape = "postgresql://USER:PASSWORD@HOST:5432/NAME"
            self.refuse(name, f"PostgreSQL の URL ではありません。形: {shape}", f"not a PostgreSQL URL of the form {shape}")
            return None
        return raw

    def unknown(self) -> tuple[str, ...]:
        strangers = []
        for name in sorted(set(self.environ) - self.names):
            if name.startswith("ENISHI_"):
                near = difflib.get_close_matches(name, self.names, n=1)
                strangers.append(f"{name} (→ {near[0]}?)" if near else name)
        return tuple(strangers)


def _project_dir() -> Path:
    """The checkout this file lies in; for an installed wheel the working folder."""
    checkout = Path(__file__).resolve().parents[3]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def _given_secret_key(reader: _Reader) -> str:
    key = reader.text("ENISHI_SECRET_KEY")
    if key and (len(key) < SHORTEST_SECRET_KEY or len(set(key)) < 8 or any(word in key.lower() for word in _KNOWN_KEYS)):
        reader.refuse(
            "ENISHI_SECRET_KEY",
            f"短すぎるか推測できる値です。{SHORTEST_SECRET_KEY} 文字以上の乱数にするか、指定をやめて自動生成にしてください",
            f"too short or guessable: give {SHORTEST_SECRET_KEY}+ random characters, or leave it out to have one generated",
        )
    return key


def _egress_allow(reader: _Reader) -> tuple[str, ...]:
    entries = tuple(part.strip().lower() for part in reader.text("ENISHI_EGRESS_ALLOW").split(",") if part.strip())
    for entry in entries:
        host = re.sub(r":\d{1,5}$", "", entry)
        try:
            ipaddress.ip_network(host.strip("[]"), strict=False)
        except ValueError:
            if not _HOST_NAME.fullmatch(host):
                reader.refuse(
                    "ENISHI_EGRESS_ALLOW", f"「{entry}」はホスト名でも IP の範囲でもありません", f"neither a host nor a network: {entry!r}"
                )
    return entries


def parse(environ: Mapping[str, str]) -> Environment:
    """Read and check the settings in `environ`. Touches no file. `secret_key` is empty where none was given.

    Raises SettingsError with every problem found.
    """
    read = _Reader(environ)
    project_dir = _project_dir()
    demo, debug = read.flag("ENISHI_DEMO", False), read.flag("ENISHI_DEBUG", False)
    scheme, port = read.choice("ENISHI_SCHEME", "http", SCHEMES), read.integer("ENISHI_PORT", 8000, 1, 65535)
    public_port = read.integer("ENISHI_PUBLIC_PORT", 443 if scheme == "https" else port, 1, 65535)
    cpus = os.cpu_count() or 1
    pg_bin = read.folder("ENISHI_PG_BIN", None)
    if pg_bin is not None and not (pg_bin / "pg_ctl").is_file():
        read.refuse("ENISHI_PG_BIN", f"{pg_bin} に pg_ctl がありません", f"no pg_ctl in {pg_bin}")
    app_host = read.host_name("ENISHI_APP_HOST", "localhost")
    parsed = Environment(
        project_dir=project_dir,
        data_dir=read.folder("ENISHI_DATA_DIR", None) or project_dir / "var",
        database_url=read.database_url("DATABASE_URL"),
        database_url_owner=read.database_url("ENISHI_DATABASE_URL_OWNER"),
        database_url_app=read.database_url("ENISHI_DATABASE_URL_APP"),
        database_url_worker=read.database_url("ENISHI_DATABASE_URL_WORKER"),
        role=read.choice("ENISHI_ROLE", "app", ROLES),
        pg_bin=pg_bin,
        secret_key=_given_secret_key(read),
        debug=debug,
        demo=demo,
        test_clock=read.flag("ENISHI_TEST_CLOCK", demo),
        host=read.address("ENISHI_HOST", "127.0.0.1"),
        port=port,
        base_scheme=scheme,
        public_port=None if public_port == (443 if scheme == "https" else 80) else public_port,
        app_host=app_host,
        track_host=read.host_name("ENISHI_TRACK_HOST", f"track.{app_host}"),
        files_host=read.host_name("ENISHI_FILES_HOST", f"files.{app_host}"),
        trusted_proxies=read.integer("ENISHI_TRUSTED_PROXIES", 0, 0, 5),
        egress_allow=_egress_allow(read),
        smtp_host=read.host_name("ENISHI_SMTP_HOST", "") or None,
        smtp_port=read.integer("ENISHI_SMTP_PORT", 587, 1, 65535),
        smtp_user=read.text("ENISHI_SMTP_USER"),
        smtp_password=read.text("ENISHI_SMTP_PASSWORD"),
        smtp_security=read.choice("ENISHI_SMTP_SECURITY", "starttls", SMTP_SECURITIES),
        smtp_from=read.mail_address("ENISHI_SMTP_FROM", f"enishi@{app_host}"),
        web_count=read.integer("ENISHI_WEB_COUNT", 2, 1, 64),
        worker_count=read.integer("ENISHI_WORKER_COUNT", min(2, cpus), 1, 64),
        engine_memory_mb=read.integer("ENISHI_ENGINE_MEMORY_MB", 2048, 256, 1_000_000),
        log_level=read.choice("ENISHI_LOG_LEVEL", "INFO", LOG_LEVELS),
    )
    if len({parsed.app_host, parsed.track_host, parsed.files_host}) < 3:
        read.refuse(
            "ENISHI_APP_HOST, ENISHI_TRACK_HOST, ENISHI_FILES_HOST",
            "3 つは別々のホスト名にしてください",
            "must be three different host names",
        )
    if parsed.smtp_password and not parsed.smtp_user:
        read.refuse("ENISHI_SMTP_USER", "ENISHI_SMTP_PASSWORD だけでは使えません", "is needed with ENISHI_SMTP_PASSWORD")
    if parsed.test_clock and not parsed.demo:
        read.refuse("ENISHI_TEST_CLOCK", "デモ以外では使えません", "only a demo may move time")
    if read.problems:
        raise SettingsError(read.problems)
    return replace(parsed, unknown=read.unknown())


def kept_secret(path: Path) -> str:
    """The secret in `path` (readable by its owner only), made of 256 random bits the first time.

    Two processes that come at once get the same one. Raises SettingsError when it cannot be read or written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)  # unlike a rename, never replaces the secret of a process that was faster
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                fresh.replace(path)
            fresh.unlink(missing_ok=True)
        return path.read_text().strip()
    except OSError as error:
        reason = f"{path} を読み書きできません / cannot be read or written ({error.strerror})"
        raise SettingsError([f"ENISHI_DATA_DIR: {reason}"]) from error


def load() -> Environment:
    """The settings of this process, with the secret key of the data folder where none was given."""
    parsed = parse(os.environ)
    return parsed if parsed.secret_key else replace(parsed, secret_key=kept_secret(parsed.secrets_dir / "secret_key"))


env = load()
