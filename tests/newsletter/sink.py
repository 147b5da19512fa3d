"""A mail server for tests: takes mail on a free port, counts it, and can be made to misbehave."""

import asyncio
import re
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

RECIPIENT = re.compile(rb"RCPT TO:<([^>]*)>", re.IGNORECASE)
SENDER = re.compile(rb"MAIL FROM:<([^>]*)>", re.IGNORECASE)


@dataclass
class Message:
    sender: str
    recipient: str
    content: bytes


@dataclass
class Behaviour:
    """What the sink answers; each is asked with the recipient and may give an answer to send.

    None is the good answer. ``b""`` closes the connection without one.
    """

    mail: Callable[[str], bytes | None] = lambda sender: None
    rcpt: Callable[[str], bytes | None] = lambda recipient: None
    data: Callable[[str], bytes | None] = lambda recipient: None
    dot: Callable[[str], bytes | None] = lambda recipient: None
    delay: float = 0.0  # before each answer to a dot
    pipelining: bool = True
    login: tuple[str, str] | None = None
    greeting: bytes = b"220 sink ESMTP\r\n"


@dataclass
class Sink:
    """What has been accepted: a message is in ``messages`` before its 250 is sent."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    messages: list[Message] = field(default_factory=list)
    keep_content: bool = True
    port: int = 0
    connections: int = 0
    open_connections: int = 0
    most_connections: int = 0

    def counts(self) -> Counter[str]:
        return Counter(message.recipient for message in self.messages)

    def take(self, message: Message) -> None:
        self.messages.append(message)


class Session(asyncio.Protocol):
    def __init__(self, sink: Sink, tls: ssl.SSLContext | None) -> None:
        self.sink = sink
        self.tls = tls
        self.buffer = b""
        self.sender = self.recipient = ""
        self.is_in_data = False
        self.is_busy = False

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.sink.connections += 1
        self.sink.open_connections += 1
        self.sink.most_connections = max(self.sink.most_connections, self.sink.open_connections)
        self.answer(self.sink.behaviour.greeting)

    def connection_lost(self, exc) -> None:
        self.sink.open_connections -= 1

    def answer(self, line: bytes) -> None:
        if line:
            self.transport.write(line)
        else:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.work()

    def work(self) -> None:
        while not self.is_busy and not self.transport.is_closing():
            if self.is_in_data:
                content, end, rest = self.buffer.partition(b"\r\n.\r\n")
                if not end and self.buffer.startswith(b".\r\n"):
                    content, end, rest = b"", b".\r\n", self.buffer[3:]
                if not end:
                    return
                self.buffer = rest
                self.end_content(content)
            else:
                line, end, rest = self.buffer.partition(b"\r\n")
                if not end:
                    return
                self.buffer = rest
                self.command(line)

    def command(self, line: bytes) -> None:
        verb = line[:4].upper()
        handler = getattr(self, f"do_{verb.decode('latin-1').lower()}", None)
        answer = handler(line) if handler else b"250 ok\r\n"
        if answer is not None:
            self.answer(answer)

    def do_ehlo(self, line: bytes) -> bytes:
        offers = [b"sink"]
        if self.sink.behaviour.pipelining:
            offers.append(b"PIPELINING")
        if self.tls:
            offers.append(b"STARTTLS")
        if self.sink.behaviour.login:
            offers.append(b"AUTH PLAIN")
        lines = [b"250-" + offer for offer in offers[:-1]] + [b"250 " + offers[-1]]
        return b"\r\n".join(lines) + b"\r\n"

    def do_auth(self, line: bytes) -> bytes:
        import base64  # noqa: PLC0415

        user, password = self.sink.behaviour.login
        wanted = base64.b64encode(f"\0{user}\0{password}".encode())
        is_right = line.split()[-1] == wanted
        return b"235 2.7.0 ok\r\n" if is_right else b"535 5.7.8 wrong password\r\n"

    def do_mail(self, line: bytes) -> bytes:
        self.sender = SENDER.match(line)[1].decode()
        self.recipient = ""
        answer = self.sink.behaviour.mail(self.sender)
        return b"250 2.1.0 ok\r\n" if answer is None else answer

    def do_rcpt(self, line: bytes) -> bytes:
        recipient = RECIPIENT.match(line)[1].decode()
        answer = self.sink.behaviour.rcpt(recipient)
        if answer is None:
            self.recipient = recipient
            return b"250 2.1.5 ok\r\n"
        return answer

    def do_data(self, line: bytes) -> bytes:
        if not self.recipient:
            return b"503 5.5.1 no recipient\r\n"
        answer = self.sink.behaviour.data(self.recipient)
        if answer is None:
            self.is_in_data = True
            return b"354 go on\r\n"
        return answer

    def do_quit(self, line: bytes) -> None:
        self.transport.write(b"221 2.0.0 bye\r\n")
        self.transport.close()

    def do_star(self, line: bytes) -> None:
        """STARTTLS: what comes from now on is for TLS to read."""
        self.is_busy = True
        self.transport.pause_reading()
        self.transport.write(b"220 2.0.0 go on\r\n")
        asyncio.get_running_loop().create_task(self.start_tls())

    async def start_tls(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport.set_protocol(self)
        try:
            self.transport = await loop.start_tls(self.transport, self, self.tls, server_side=True)
        except OSError:  # the client does not trust us
            self.transport.abort()
            return
        self.is_busy = False
        self.work()

    def end_content(self, content: bytes) -> None:
        self.is_in_data = False
        self.is_busy = True
        asyncio.get_running_loop().call_later(
            self.sink.behaviour.delay, self.accept, content, self.recipient
        ) if self.sink.behaviour.delay else self.accept(content, self.recipient)

    def accept(self, content: bytes, recipient: str) -> None:
        self.is_busy = False
        answer = self.sink.behaviour.dot(recipient)
        if answer is None or answer.startswith(b"2"):
            kept = content if self.sink.keep_content else b""
            self.sink.take(Message(self.sender, recipient, kept))
        self.answer(b"250 2.0.0 taken\r\n" if answer is None else answer)
        self.work()


@contextmanager
def running_sink(
    behaviour: Behaviour | None = None,
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    is_tls_at_once: bool = False,
    keep_content: bool = True,
) -> Iterator[Sink]:
    """A sink in a thread of its own, on this machine only."""
    sink = Sink(behaviour or Behaviour(), keep_content=keep_content)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def serve() -> None:
        server = await loop.create_server(
            lambda: Session(sink, None if is_tls_at_once else tls),
            "127.0.0.1",
            port,
            ssl=tls if is_tls_at_once else None,
        )
        sink.port = server.sockets[0].getsockname()[1]
        sink.server = server
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(sink.server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
