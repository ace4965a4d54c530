"""Signing in by the company's directory (Active Directory, OpenLDAP): search for somebody, then bind as them.

The protocol is sansldap's; the connection is `egress`'s, always under TLS with the server's certificate checked, before anything is
said. What is searched for goes as a value of the protocol, never as a piece of a filter's text. Referrals are followed nowhere. Of
whoever is found the immutable id counts (objectGUID, entryUUID), whatever they are called there.
"""

from __future__ import annotations

import secrets
import ssl
import time as machine_time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sansldap
from django.utils.translation import gettext_lazy as _
from sansldap import LDAPClient, LDAPMessage, LDAPResultCode, SearchResultEntry

from enishi.platform.egress import EgressRefused, open_directory_connection
from enishi.platform.errors import ActionError

SECONDS = 8.0  # from the first packet to the last
_MOST_BYTES = 1_000_000  # of all answers of one conversation
AD_ID, OPEN_ID = "objectGUID", "entryUUID"
_NAMES = ("displayName", "cn")


class DirectoryTrouble(ActionError):
    """The directory cannot be asked. The message is for whoever sets it up."""

    code = "ldap.unreachable"
    message = _("会社のディレクトリに接続できません。サーバー名とポートを確かめ、Enishi のサーバーから届くかを調べてください。")
    status = 502


class UntrustedServer(DirectoryTrouble):
    code = "ldap.certificate"
    message = _(
        "サーバーの証明書を確かめられません。証明書の名前がサーバー名と合っているか、期限が切れていないかを調べ、社内の認証局なら、その証明書を"
        "入力してください。"
    )


class NoTls(DirectoryTrouble):
    code = "ldap.no_tls"
    message = _("サーバーが StartTLS に応じません。LDAPS（636）を選ぶか、サーバーに証明書を入れてください。")


class ServiceRefused(DirectoryTrouble):
    code = "ldap.service"
    message = _("接続用アカウントでログインできません。名前（DN）とパスワードを確かめてください。")


class WrongBase(DirectoryTrouble):
    code = "ldap.base"
    message = _("検索の起点が見つからないか、接続用アカウントに読む権限がありません。DN を確かめてください。")


class NoLastingId(DirectoryTrouble):
    code = "ldap.id"
    message = _("見つかった人に、変わらない ID がありません。製品の選択が合っているか、接続用アカウントが読めるかを確かめてください。")


class TooManyGuesses(ActionError):
    code = "ldap.guesses"
    message = _("続けて間違えたため、しばらく試せません。5分ほどたってから、もう一度お試しください。")
    status = 429


@dataclass(frozen=True, slots=True)
class Directory:
    """Where it is and how it is asked."""

    host: str
    port: int
    starts_plain: bool  # StartTLS; else TLS from the first byte
    authorities: str  # PEM of whom its certificate must come from; "" for those that everybody knows
    base: str
    service: str  # the name by which we search, as the directory takes it
    password: str
    login_attribute: str
    id_attribute: str


@dataclass(frozen=True, slots=True)
class Person:
    subject: str
    name: str
    login: str
    dn: str


def prove(directory: Directory, login: str, password: str, *, may_try: Callable[[str], bool]) -> Person | None:
    """Whoever is called so and has this password. `may_try` is asked with what guesses count against before one is made: their
    id, or what was typed. A name that is nobody's costs the same steps. Raises TooManyGuesses, DirectoryTrouble, EgressRefused."""
    if not login or not password:  # a bind without a password succeeds as nobody (RFC 4513, 5.1.2)
        return None
    with _Conversation(directory).open() as talk:
        person = talk.find(login)
        if not may_try(person.subject if person else login):
            raise TooManyGuesses
        dn = person.dn if person else f"cn={secrets.token_hex(8)},{directory.base}"
        return person if talk.bind(dn, password) and person else None


def look(directory: Directory, login: str) -> Person | None:
    """Whom a sign-in name would find; without one, only whether the directory can be asked. Raises as `prove`."""
    with _Conversation(directory).open() as talk:
        return talk.find(login or secrets.token_hex(8))


class _Conversation:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._client = LDAPClient()
        self._ends, self._left = machine_time.monotonic() + SECONDS, _MOST_BYTES
        self._connection: Any = None

    @contextmanager
    def open(self) -> Iterator[_Conversation]:
        """Connected, under TLS, bound as the service."""
        try:
            self._connect()
            if not self.bind(self._directory.service, self._directory.password):
                raise ServiceRefused
            yield self
        except ssl.SSLError as error:
            raise UntrustedServer from error
        except (OSError, sansldap.LDAPError, ValueError) as error:
            raise DirectoryTrouble from error
        finally:
            if self._connection is not None:
                self._connection.close()

    def _connect(self) -> None:
        directory = self._directory
        context = ssl.create_default_context(cadata=directory.authorities or None)
        self._connection = open_directory_connection(directory.host, directory.port, SECONDS)
        if directory.starts_plain:
            self._client.extended_request(sansldap.ExtendedOperations.LDAP_START_TLS.value)
            answers = self._exchange()
            if len(answers) != 1 or _code(answers[0]) != LDAPResultCode.SUCCESS:
                raise NoTls
            self._client = LDAPClient()  # nothing that was said before TLS is heard after it
        self._connection.settimeout(self._seconds())
        self._connection = context.wrap_socket(self._connection, server_hostname=directory.host)

    def bind(self, dn: str, password: str) -> bool:
        if not dn or not password:
            return False
        self._client.bind_simple(dn, password)
        return _code(self._exchange()[-1]) == LDAPResultCode.SUCCESS

    def find(self, login: str) -> Person | None:
        """The one person of that name; nobody where there are several. Raises WrongBase, NoLastingId."""
        directory = self._directory
        self._client.search_request(
            base_object=directory.base,
            size_limit=2,
            time_limit=int(SECONDS),
            filter=sansldap.FilterAnd(
                [
                    sansldap.FilterEquality("objectClass", b"user" if directory.id_attribute == AD_ID else b"person"),
                    sansldap.FilterEquality(directory.login_attribute, login.encode()),
                ]
            ),
            attributes=[directory.id_attribute, directory.login_attribute, *_NAMES],
        )
        answers = self._exchange()
        if _code(answers[-1]) not in (LDAPResultCode.SUCCESS, LDAPResultCode.SIZE_LIMIT_EXCEEDED):
            raise WrongBase
        found = [each for each in answers if isinstance(each, SearchResultEntry)]
        return _person(found[0], directory) if len(found) == 1 and found[0].object_name else None

    def _exchange(self) -> list[LDAPMessage]:
        """Send what is waiting and read until its last answer."""
        self._connection.settimeout(self._seconds())
        self._connection.sendall(self._client.data_to_send())
        answers: list[LDAPMessage] = []
        while not answers or _code(answers[-1]) is None:
            self._connection.settimeout(self._seconds())
            data = self._connection.recv(65_536)
            self._left -= len(data)
            if not data or self._left < 0:
                raise DirectoryTrouble
            answers += self._client.receive(data)
        return answers

    def _seconds(self) -> float:
        left = self._ends - machine_time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _code(message: LDAPMessage) -> LDAPResultCode | None:
    """How an operation ended; None of what comes before its end."""
    result = getattr(message, "result", None)
    return result.result_code if isinstance(result, sansldap.LDAPResult) else None


def _person(entry: SearchResultEntry, directory: Directory) -> Person:
    said = {each.name.lower(): each.values for each in entry.attributes}
    ids = said.get(directory.id_attribute.lower(), [])
    if len(ids) != 1 or not ids[0]:
        raise NoLastingId
    try:
        subject = str(uuid.UUID(bytes_le=ids[0])) if directory.id_attribute == AD_ID else str(uuid.UUID(ids[0].decode()))
    except ValueError as error:
        raise NoLastingId from error
    return Person(subject, _first(said, _NAMES), _first(said, [directory.login_attribute]), entry.object_name)


def _first(said: dict[str, list[bytes]], names: Sequence[str]) -> str:
    values = [value for name in names for value in said.get(name.lower(), [])]
    return values[0].decode("utf-8", "replace").strip() if values else ""


__all__ = ["AD_ID", "OPEN_ID", "Directory", "DirectoryTrouble", "EgressRefused", "Person", "TooManyGuesses", "look", "prove"]
