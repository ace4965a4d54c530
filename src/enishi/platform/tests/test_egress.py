"""Where the server connects to on a user's behalf: never inside, however it is spelled."""

import ipaddress
import socket
import threading
import time

import pytest

from enishi.platform import egress
from enishi.platform.egress import (
    AddressNotPublic,
    EgressRefused,
    NameNotFound,
    PortNotAllowed,
    checked_addresses,
    is_public,
    open_mail_connection,
)


@pytest.fixture(autouse=True)
def nothing_allowed(settings):
    settings.EGRESS_ALLOW = ()


@pytest.fixture
def sentinel():
    """The port of a listener on this machine, and the list of those who got through."""
    hits = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while True:
                try:
                    connection, _peer = server.accept()
                except OSError:
                    return
                hits.append(1)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], hits


def answering(*answers):
    """A resolver that gives the next answer at each question."""
    waiting = list(answers)
    return lambda host, port: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",  # noqa: S104
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "127.000.000.001",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "[::1]",
        "::",
        "::ffff:127.0.0.1",
        "[::ffff:127.0.0.1]",
        "::ffff:7f00:1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::0a00:1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:0a00:0001::1",
        "2001:0:0:0:0:0:80ff:fffe",
        "fe80::1",
        "fe80::1%lo",
        "fe80::1%25lo",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_no_spelling_leads_inside(host):
    with pytest.raises(AddressNotPublic):
        checked_addresses(host, 25, timeout=1)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "203.104.209.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_the_world_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1\r\nHELO", "mail.example.jp\0", "a b", "", ".", "-x.jp", "mail..jp", "http://x.jp", "x.jp/", "１２７.0.0.1", "ⓛocalhost"],
)
def test_what_is_no_host_name_is_never_looked_up(host):
    def resolver(host, port):
        raise AssertionError("asked")

    with pytest.raises(EgressRefused):
        checked_addresses(host, 25, timeout=1, resolve=resolver)


def test_a_name_that_means_this_machine_is_refused(sentinel):
    port, hits = sentinel
    with pytest.raises(EgressRefused):
        open_mail_connection("localhost", port, 1)
    with pytest.raises(AddressNotPublic):
        open_mail_connection("localhost", 25, 1)
    assert hits == []


def test_one_inside_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(AddressNotPublic):
        checked_addresses("mail.example.jp", 25, timeout=1, resolve=answering(["8.8.8.8", "10.0.0.1"]))


def test_a_name_that_changes_its_answer_gains_nothing(sentinel, monkeypatch):
    """The name is asked once, and the connection goes to the address that was checked."""
    _port, hits = sentinel
    tried = []
    monkeypatch.setattr(egress, "_connect", lambda addresses, port, deadline: tried.append(addresses) or pytest.fail("connected"))
    resolver = answering(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(pytest.fail.Exception):
        open_mail_connection("mail.example.jp", 25, 1, resolve=resolver)
    assert tried == [[ipaddress.ip_address("8.8.8.8")]]
    with pytest.raises(AddressNotPublic):
        open_mail_connection("mail.example.jp", 25, 1, resolve=resolver)
    assert hits == []


@pytest.mark.parametrize(
    "failure", [socket.gaierror(-2, "Name or service not known"), OSError("resolver is down"), UnicodeError("label too long")]
)
def test_a_failing_resolver_means_no(failure):
    def resolver(host, port):
        raise failure

    with pytest.raises(NameNotFound):
        checked_addresses("mail.example.jp", 25, timeout=1, resolve=resolver)


@pytest.mark.parametrize("answer", [[], ["not an address"], [""]])
def test_a_senseless_answer_means_no(answer):
    with pytest.raises(NameNotFound):
        checked_addresses("mail.example.jp", 25, timeout=1, resolve=answering(answer))


def test_a_hanging_resolver_is_left_behind():
    release = threading.Event()
    started = time.perf_counter()
    with pytest.raises(NameNotFound):
        checked_addresses("mail.example.jp", 25, timeout=0.05, resolve=lambda host, port: release.wait(5) and [])
    release.set()
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("port", [0, 22, 80, 443, 5432, 6379, 8025, 65535, 70000])
def test_only_mail_ports_are_used(port):
    with pytest.raises(PortNotAllowed):
        checked_addresses("8.8.8.8", port, timeout=1)


@pytest.mark.parametrize("entry", ["127.0.0.1:{port}", "127.0.0.0/8:{port}", "localhost:{port}"])
def test_what_the_setting_lists_is_reached(sentinel, settings, entry):
    port, _hits = sentinel
    settings.EGRESS_ALLOW = (entry.format(port=port),)
    host = "localhost" if entry.startswith("localhost") else "127.0.0.1"
    with open_mail_connection(host, port, 2, resolve=answering(["127.0.0.1"])) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)
        assert connection.gettimeout() == 2


def test_an_address_without_a_port_allows_the_mail_ports_only(settings):
    settings.EGRESS_ALLOW = ("127.0.0.1",)
    assert checked_addresses("127.0.0.1", 25, timeout=1) == [ipaddress.ip_address("127.0.0.1")]
    with pytest.raises(PortNotAllowed):
        checked_addresses("127.0.0.1", 5432, timeout=1)


def test_a_listed_port_is_not_open_for_others(settings):
    settings.EGRESS_ALLOW = ("127.0.0.1:8025", "[::1]:8026")
    with pytest.raises(AddressNotPublic):
        checked_addresses("10.0.0.1", 8025, timeout=1)
    with pytest.raises(AddressNotPublic):
        checked_addresses("8.8.8.8", 8025, timeout=1)
    with pytest.raises(AddressNotPublic):
        checked_addresses("127.0.0.1", 8026, timeout=1)
    assert checked_addresses("::1", 8026, timeout=1) == [ipaddress.ip_address("::1")]


def test_a_closed_port_says_so(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.EGRESS_ALLOW = (f"127.0.0.1:{port}",)
    with pytest.raises(ConnectionRefusedError):
        open_mail_connection("127.0.0.1", port, 2)


def test_the_next_address_is_tried(settings, sentinel):
    port, _hits = sentinel
    settings.EGRESS_ALLOW = (f"127.0.0.1:{port}", f"[::1]:{port}")
    with open_mail_connection("mail.example.jp", port, 2, resolve=answering(["::1", "127.0.0.1"])) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
