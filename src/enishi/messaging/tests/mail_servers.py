"""Mail servers on loopback that fail exactly as they are told, one fault a message."""

import base64
import datetime
import socket
import ssl
import struct
import threading
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# What is answered, by the local part of the recipient (at MAIL: of the sender); everybody else's mail is taken.
ANSWERS = {
    "reject-sender": ("MAIL", b"550 5.7.1 you may not send\r\n"),
    "defer-sender": ("MAIL", b"451 4.3.0 later\r\n"),
    "reject-recipient": ("RCPT", b"550 5.1.1 no such user\r\n"),
    "defer-recipient": ("RCPT", b"450 4.2.0 greylisted\r\n"),
    "busy-recipient": ("RCPT", b"421 4.7.0 too much\r\n"),
    "garbage-recipient": ("RCPT", b"hello there\r\n"),
    "odd-recipient": ("RCPT", b"354 what\r\n"),
    "long-recipient": ("RCPT", b"250-" + b"x" * 400 + b"\r\n"),
    "reject-data": ("DATA", b"554 5.5.1 no\r\n"),
    "defer-data": ("DATA", b"451 4.3.0 later\r\n"),
    "odd-data": ("DATA", b"250 fine\r\n"),
    "reject-message": ("END", b"554 5.7.1 spam\r\n"),
    "defer-message": ("END", b"451 4.3.0 later\r\n"),
    "busy-message": ("END", b"421 4.3.2 closing\r\n"),
    "garbage-message": ("END", b"hello there\r\n"),
    "odd-message": ("END", b"354 what\r\n"),
    "long-message": ("END", b"2" * 10_000),
    "many-lines": ("END", b"250-ok\r\n250-\xe7\xb8\x81\r\n250 done\r\n"),
}


class Gone(Exception):
    """The client went away, or we did."""


class FaultyServer:
    """`taken`: messages that were whole when they arrived, whatever was answered; (recipient, bytes)."""

    def __init__(self, *, pipelining=True, tls=None, starttls=None, password=None, greeting=b"220 test\r\n", close_after=0):
        self.pipelining, self.tls, self.starttls, self.password = pipelining, tls, starttls, password
        self.greeting, self.close_after = greeting, close_after
        self.taken = []
        self.connections = 0
        self.commands = []
        self.released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            Dialogue(self, connection).run()
        except (Gone, OSError):
            pass
        finally:
            connection.close()


class Dialogue:
    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.buffer = b""
        self.fault = ""
        self.count = 0
        self.encrypted = server.tls is not None

    def say(self, data):
        self.connection.sendall(data)

    def read_until(self, end):
        while end not in self.buffer:
            more = self.connection.recv(65536)
            if not more:
                raise Gone
            self.buffer += more
        found, _, self.buffer = self.buffer.partition(end)
        return found

    def cut(self):
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def hang(self):
        self.server.released.wait(20)
        raise Gone

    def answer(self, place, default):
        """The fault of this message at this place, or the ordinary reply."""
        where, words = ANSWERS.get(self.fault, ("", b""))
        if self.fault == f"drop-at-{place.lower()}":
            self.cut()
        if self.fault == f"close-at-{place.lower()}":
            raise Gone
        if self.fault == f"hang-at-{place.lower()}":
            self.hang()
        if self.fault == f"drip-at-{place.lower()}":
            while not self.server.released.wait(0.05):
                self.say(b"2")
            raise Gone
        if where != place:
            self.say(default)
            return True
        if self.fault == "long-recipient":
            while True:
                self.say(words)
        self.say(words)
        return False

    def run(self):
        self.say(self.server.greeting)
        while True:
            line = self.read_until(b"\r\n").decode()
            verb = line[:4].upper()
            self.server.commands.append(verb)
            getattr(self, f"on_{verb.lower()}", self.on_other)(line)

    def on_ehlo(self, line):
        words = ["test"]
        words += ["PIPELINING"] if self.server.pipelining else []
        words += ["STARTTLS"] if self.server.starttls and not self.encrypted else []
        words += ["AUTH PLAIN LOGIN"] if self.server.password is not None else []
        self.say("".join(f"250{' ' if word == words[-1] else '-'}{word}\r\n" for word in words).encode())

    def on_star(self, line):
        self.say(b"220 go\r\n")
        self.connection = self.server.starttls.wrap_socket(self.connection, server_side=True)
        self.encrypted, self.buffer = True, b""

    def on_auth(self, line):
        given = base64.b64decode(line.split(" ", 2)[2]).split(b"\0")[-1].decode()
        self.say(b"235 ok\r\n" if given == self.server.password else b"535 5.7.8 wrong\r\n")

    def on_mail(self, line):
        self.fault = line[line.index("<") + 1 :].split("@")[0]
        self.sender_refused = not self.answer("MAIL", b"250 ok\r\n")

    def on_rcpt(self, line):
        self.recipient = line[line.index("<") + 1 : line.rindex(">")]
        self.fault = self.recipient.split("@")[0]
        if self.sender_refused:
            self.say(b"503 5.5.1 no sender\r\n")
            self.recipient = ""
        elif not self.answer("RCPT", b"250 ok\r\n"):
            self.recipient = ""

    def on_data(self, line):
        if self.server.close_after and self.count >= self.server.close_after:
            self.say(b"421 4.3.2 enough\r\n")
            raise Gone
        if not self.recipient and self.fault != "reject-recipient":
            self.say(b"503 5.5.1 no recipient\r\n")
            return
        if not self.answer("DATA", b"354 go\r\n"):
            return
        if self.fault == "drop-in-message":
            self.connection.recv(1000)
            self.cut()
        if not self.recipient:
            self.read_until(b".\r\n")
            self.say(b"554 5.5.1 no recipient\r\n")
            return
        message = self.read_until(b"\r\n.\r\n") + b"\r\n"
        self.server.taken.append((self.recipient, message))
        self.count += 1
        if not self.answer("END", b"250 2.0.0 taken\r\n") and self.fault == "busy-message":
            raise Gone

    def on_rset(self, line):
        self.say(b"250 ok\r\n")

    def on_quit(self, line):
        self.say(b"221 bye\r\n")
        raise Gone

    def on_other(self, line):
        self.say(b"502 no\r\n")


def self_made_certificate(folder, *, name="localhost"):
    """A TLS context for a server, and one for a client that trusts just this server."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
