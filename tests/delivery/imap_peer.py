"""A real IMAP server on 127.0.0.1 with a certificate of its own: as much of RFC 3501 as reading new mail takes."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Mailbox:
    """What the server keeps. `announce` makes it lie about the length of a message; `cut` ends a connection at FETCH."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    announce: int = 0
    cut: bool = False


@contextmanager
def imap_peer(folder: Path) -> Iterator[tuple[Mailbox, ssl.SSLContext]]:
    """The running server's mailbox, and a context that trusts its certificate."""
    box, pem = Mailbox(), _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Serve(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                self.connection = context.wrap_socket(self.request, server_side=True)
            except (ssl.SSLError, OSError):
                return  # a client that does not trust us, or that speaks no TLS
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            with self.connection, self.rfile, self.wfile:
                _talk(self, box)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Serve) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box, ssl.create_default_context(cafile=str(pem))
        finally:
            server.shutdown()
            thread.join()


def _talk(at: socketserver.StreamRequestHandler, box: Mailbox) -> None:
    def say(line: str) -> None:
        at.wfile.write(f"{line}\r\n".encode())
        at.wfile.flush()

    say("* OK ready")
    while line := at.rfile.readline().decode().strip():
        tag, _, asked = line.partition(" ")
        box.said.append(asked)
        verb = asked.upper()
        if verb.startswith("CAPABILITY"):
            say("* CAPABILITY IMAP4rev1")
        elif verb.startswith("LOGIN") and asked != 'LOGIN notices "a secret"':
            say(f"{tag} NO [AUTHENTICATIONFAILED] no")
            continue
        elif verb.startswith("SELECT"):
            if asked != 'SELECT "INBOX/bounces"':
                say(f"{tag} NO no such mailbox")
                continue
            say(f"* {len(box.mails)} EXISTS")
        elif verb.startswith("UID SEARCH"):
            unseen = [str(n + 1) for n in range(len(box.mails)) if n not in box.seen]
            say(f"* SEARCH {' '.join(unseen)}")
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", asked):
            if box.cut:
                return
            part = box.mails[int(found[1]) - 1][: int(found[2])]
            say(f"* {found[1]} FETCH (UID {found[1]} BODY[]<0> {{{box.announce or len(part)}}}")
            at.wfile.write(part)
            say(")")
        elif found := re.match(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", asked):
            box.seen.add(int(found[1]) - 1)
        elif verb.startswith("LOGOUT"):
            say("* BYE")
            say(f"{tag} OK done")
            return
        say(f"{tag} OK done")


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "imap.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return pem
