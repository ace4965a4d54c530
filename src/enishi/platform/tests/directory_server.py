"""A directory for tests, by ldaptor: `python directory_server.py CERTIFICATE KEY REFUSES_TLS` prints its two ports and serves
until its input ends. Passwords are compared as they stand; nobody but who is bound may search."""

from __future__ import annotations

import sys
import uuid

from ldaptor import interfaces
from ldaptor.inmemory import ReadOnlyInMemoryLDAPEntry
from ldaptor.protocols import pureldap
from ldaptor.protocols.ldap import ldaperrors
from ldaptor.protocols.ldap.ldapserver import LDAPServer
from twisted.internet import protocol, reactor, ssl, stdio
from twisted.python.components import registerAdapter

BASE = "dc=example,dc=co,dc=jp"
SERVICE, SERVICE_PASSWORD = f"cn=enishi,{BASE}", "service-password"
START_TLS = b"1.3.6.1.4.1.1466.20037"
PEOPLE = {  # login → (name, password, id)
    "misaki": ("髙橋 美咲", "桜-company-1", uuid.UUID("7f3c1a52-0000-4000-8000-000000000001")),
    "naoto": ("𠮷田 直人", "company-2", uuid.UUID("7f3c1a52-0000-4000-8000-000000000002")),
    "a*b(c)\\d": ("記号 太郎", "company-3", uuid.UUID("7f3c1a52-0000-4000-8000-000000000003")),
    "twice": ("二重 一郎", "company-4", uuid.UUID("7f3c1a52-0000-4000-8000-000000000004")),
}


def tree() -> ReadOnlyInMemoryLDAPEntry:
    root = ReadOnlyInMemoryLDAPEntry(BASE, {"objectClass": ["domain"]})
    root.addChild("cn=enishi", {"objectClass": ["applicationProcess"], "userPassword": [SERVICE_PASSWORD]})
    staff = root.addChild("ou=staff", {"objectClass": ["organizationalUnit"]})
    for number, (login, (name, password, pk)) in enumerate(PEOPLE.items()):
        staff.addChild(f"cn=p{number}", _entry(login, name, password, pk))
    staff.addChild("cn=second", _entry("twice", "二重 二郎", "company-5", uuid.uuid4()))
    staff.addChild("cn=bare", {"objectClass": ["person", "user"], "uid": ["bare"], "sAMAccountName": ["bare"], "cn": ["番号 なし"]})
    return root


def _entry(login: str, name: str, password: str, pk: uuid.UUID) -> dict[str, list[str | bytes]]:
    return {
        "objectClass": ["person", "user"],
        "uid": [login],
        "sAMAccountName": [login],
        "displayName": [name],
        "mail": [f"{login}@example.co.jp"],
        "objectGUID": [pk.bytes_le],
        "entryUUID": [str(pk)],
        "userPassword": [password],
    }


class Directory(LDAPServer):
    tls: ssl.CertificateOptions | None = None

    def handle_LDAPSearchRequest(self, request, controls, reply):  # noqa: N802
        if self.boundUser is None:
            raise ldaperrors.LDAPInsufficientAccessRights
        return super().handle_LDAPSearchRequest(request, controls, reply)

    def handle_LDAPExtendedRequest(self, request, controls, reply):  # noqa: N802
        if request.requestName != START_TLS or self.tls is None:
            raise ldaperrors.LDAPProtocolError(b"not supported")
        reply(pureldap.LDAPExtendedResponse(resultCode=0, responseName=START_TLS))
        self.transport.startTLS(self.tls)


class Factory(protocol.ServerFactory):
    protocol = Directory

    def __init__(self, root: ReadOnlyInMemoryLDAPEntry) -> None:
        self.root = root


class UntilClosed(protocol.Protocol):
    def connectionLost(self, reason=protocol.connectionDone):  # noqa: N802
        reactor.stop()


def main(certificate: str, key: str, refuses_tls: str) -> None:
    with open(certificate) as first, open(key) as second:
        options = ssl.PrivateCertificate.loadPEM(first.read() + second.read()).options()
    Directory.tls = None if refuses_tls == "yes" else options
    registerAdapter(lambda factory: factory.root, Factory, interfaces.IConnectedLDAPEntry)
    factory = Factory(tree())
    under_tls = reactor.listenSSL(0, factory, options, interface="127.0.0.1")
    plain = reactor.listenTCP(0, factory, interface="127.0.0.1")
    stdio.StandardIO(UntilClosed())
    print(under_tls.getHost().port, plain.getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
