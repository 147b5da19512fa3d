"""Mailboxes on this machine that speak as much of IMAP (RFC 3501) and POP3 (RFC 1939) as we do."""

import re
import socketserver
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "bounces@example.org", "p:ss/w@rd"


@dataclass
class Store:
    """What is in the mailbox, by number, and what was said to it."""

    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    drop_after: str = ""  # the connection is cut instead of answering a command that contains this
    port: int = 0

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            number = max(self.flags, default=0) + 1
            self.mails[number] = mail
            self.flags[number] = set()


class Conversation(socketserver.StreamRequestHandler):
    store: Store
    tls: ssl.SSLContext | None
    is_tls_at_once: bool

    def setup(self) -> None:
        if self.is_tls_at_once:
            self.request = self.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def start_tls(self) -> None:
        self.request = self.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def say(self, line: str | bytes) -> None:
        self.wfile.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def handle(self) -> None:
        self.say(self.greeting)
        while line := self.rfile.readline().decode().strip():
            self.store.commands.append(line)
            if self.store.drop_after and self.store.drop_after in line:
                return
            if self.answer(line):
                return


class Imap(Conversation):
    greeting = "* OK ready"

    def answer(self, line: str) -> bool:
        tag, name, *words = line.split(maxsplit=2)
        rest = words[0] if words else ""
        if name.upper() == "UID":
            name, _space, rest = rest.partition(" ")
        result = getattr(self, f"do_{name.lower()}")(rest) or "OK done"
        self.say(f"{tag} {result}")
        if name.upper() == "STARTTLS":
            self.start_tls()
        return name.upper() == "LOGOUT"

    def do_capability(self, rest: str) -> None:
        self.say("* CAPABILITY IMAP4rev1" + " STARTTLS" * bool(self.tls))

    def do_starttls(self, rest: str) -> None:
        """The answer goes out before the line is encrypted."""

    def do_login(self, rest: str) -> str | None:
        expected = f'{USER} "{PASSWORD}"'
        return None if rest.replace(f'"{USER}"', USER) == expected else f"NO {rest} is wrong"

    def do_select(self, rest: str) -> str | None:
        if rest != '"INBOX"':
            return "NO no such folder"
        self.say(f"* {len(self.store.mails)} EXISTS")
        return None

    def do_search(self, rest: str) -> None:
        assert rest == "UNSEEN UNDELETED"
        found = [n for n in self.store.mails if not self.store.flags[n]]
        self.say("* SEARCH" + "".join(f" {n}" for n in found))

    def do_fetch(self, rest: str) -> None:
        number, limit = map(int, re.fullmatch(r"(\d+) \(BODY\.PEEK\[]<0\.(\d+)>\)", rest).groups())
        content = self.store.mails[number][:limit]
        self.say(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(content)}}}".encode())
        self.wfile.write(content)
        self.say(")")

    def do_store(self, rest: str) -> None:
        number, flag = re.fullmatch(r"(\d+) \+FLAGS\.SILENT \((\\\w+)\)", rest).groups()
        self.store.flags[int(number)].add(flag)

    def do_close(self, rest: str) -> None:
        for number in [n for n in self.store.mails if "\\Deleted" in self.store.flags[n]]:
            del self.store.mails[number]

    def do_logout(self, rest: str) -> None:
        self.say("* BYE")


class Pop3(Conversation):
    """A deletion counts only when the client has taken its leave."""

    greeting = "+OK ready"

    def __init__(self, *args) -> None:
        self.deleted: set[int] = set()
        super().__init__(*args)

    def answer(self, line: str) -> bool:
        name, _space, rest = line.partition(" ")
        getattr(self, f"do_{name.lower()}")(rest)
        return name == "QUIT"

    def do_capa(self, rest: str) -> None:
        self.say("+OK")
        self.say("STLS")
        self.say(".")

    def do_stls(self, rest: str) -> None:
        self.say("+OK")
        self.start_tls()

    def do_user(self, rest: str) -> None:
        self.say("+OK")

    def do_pass(self, rest: str) -> None:
        self.say("+OK" if rest == PASSWORD else f"-ERR {rest} is wrong")

    def do_uidl(self, rest: str) -> None:
        self.say("+OK")
        for position, number in enumerate(self.store.mails, 1):
            self.say(f"{position} uid-{number}")
        self.say(".")

    def do_retr(self, rest: str) -> None:
        self.say("+OK")
        for line in self.store.mails[self._number(rest)].split(b"\r\n"):
            self.say(b"." + line if line.startswith(b".") else line)
        self.say(".")

    def do_dele(self, rest: str) -> None:
        self.deleted.add(self._number(rest))
        self.say("+OK")

    def do_quit(self, rest: str) -> None:
        for number in self.deleted:
            del self.store.mails[number]
        self.say("+OK")

    def _number(self, position: str) -> int:
        return list(self.store.mails)[int(position) - 1]


@contextmanager
def running(
    kind: type[Conversation], tls: ssl.SSLContext | None = None, *, is_tls_at_once: bool = False
):
    """A server of this kind in a thread; its mailbox, with the ``port`` that it listens on."""
    store = Store()
    facts = {"store": store, "tls": tls, "is_tls_at_once": is_tls_at_once}
    handler = type("Handler", (kind,), facts)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        store.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
