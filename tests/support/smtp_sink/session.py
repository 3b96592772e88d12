"""One SMTP session of the sink: fast where nothing is wrong, obedient where a fault is asked for."""

from __future__ import annotations

import asyncio
import base64
import socket
import struct

from tests.support.smtp_sink.options import Fault
from tests.support.smtp_sink.shared import Sink

BUFFER = 262_144
END = b"\r\n.\r\n"


class Session(asyncio.BufferedProtocol):
    """Reads into one buffer that is reused: no copy of a payload is made unless messages are kept."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = bytearray(BUFFER)
        self.view = memoryview(self.buffer)
        self.start = self.end = 0  # unread bytes of the buffer
        self.incoming = bytearray(BUFFER) if sink.options.round_trip else self.buffer
        self.transport: asyncio.Transport | None = None
        self.replies: list[bytes] = []
        self.deaf = False  # hung or closed: whatever comes is not read
        self.handshaking = False
        self.encrypted = sink.options.tls == "implicit"
        self.signed_in = not sink.options.user
        self.login: list[str] | None = None  # answers of AUTH LOGIN so far
        self.messages = 0
        self.reset_transaction()
        self.in_data = False

    def reset_transaction(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.spilled = bytearray()  # beginning of a payload that outgrew the buffer
        self.spilled_size = 0

    # --- asyncio ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.sink.sessions.add(self)
        self.sink.connections += 1
        link = transport.get_extra_info("socket")
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.fails("greeting"):
            self.say("220 localhost sink ready")
        self.answer()

    def get_buffer(self, _hint: int) -> memoryview:
        return memoryview(self.incoming) if self.sink.options.round_trip else self.view[self.end :]

    def buffer_updated(self, count: int) -> None:
        if self.deaf:
            return
        if self.sink.options.round_trip:
            data = bytes(self.incoming[:count])
            asyncio.get_running_loop().call_later(self.sink.options.round_trip, self.arrive, data)
            return
        self.end += count
        if not self.handshaking:  # TLS 1.3: the first command may come before we hold the new transport
            self.work()

    def connection_lost(self, _error: Exception | None) -> None:
        self.deaf = True
        self.sink.sessions.discard(self)

    def arrive(self, data: bytes) -> None:
        while data and not self.deaf:
            part = data[: BUFFER - self.end]
            self.buffer[self.end : self.end + len(part)] = part
            self.end += len(part)
            data = data[len(part) :]
            self.work()

    # --- reading ---

    def work(self) -> None:
        while not (self.deaf or self.handshaking) and (
            self.read_payload() if self.in_data else self.read_line()
        ):
            pass
        if self.start == self.end:
            self.start = self.end = 0
        elif self.end > BUFFER // 2:
            rest = self.buffer[self.start : self.end]
            self.buffer[: len(rest)] = rest
            self.start, self.end = 0, len(rest)
        self.answer()

    def read_line(self) -> bool:
        found = self.buffer.find(b"\r\n", self.start, self.end)
        if found < 0:
            return False
        line = bytes(self.view[self.start : found])
        self.start = found + 2
        self.on_line(line)
        return True

    def read_payload(self) -> bool:
        if self.sink.options.faults and self.payload_fails():
            return False
        if not self.spilled_size and self.buffer.startswith(b".\r\n", self.start, self.end):
            self.start += 3  # an empty payload
        else:
            found = self.buffer.find(END, self.start, self.end)
            if found < 0:
                if self.end - self.start > BUFFER // 2:  # a large payload: put its beginning aside
                    self.spill(self.end - len(END) + 1)
                    self.start = self.end - len(END) + 1
                return False
            self.spill(found + 2)
            self.start = found + len(END)
        self.in_data = False
        self.on_message()
        return True

    def spill(self, end: int) -> None:
        size = max(0, end - self.start)
        wanted = size if self.sink.options.keep_messages else max(0, 4096 - len(self.spilled))
        self.spilled += self.view[self.start : self.start + min(size, wanted)]
        self.spilled_size += size

    def payload_fails(self) -> bool:
        arrived = self.spilled_size + self.end - self.start
        for fault in self.sink.options.faults:
            if fault.stage == "body" and arrived >= fault.after_bytes:
                return self.fails("body", " ".join(self.recipients))
        return False

    # --- commands ---

    def on_line(self, line: bytes) -> None:
        if self.login is not None:
            self.on_login_answer(line)
            return
        verb, _, rest = line.partition(b" ")
        match verb.upper():
            case b"MAIL":
                self.on_mail(rest.decode("utf-8", "replace"))
            case b"RCPT":
                self.on_rcpt(rest.decode("utf-8", "replace"))
            case b"DATA":
                self.on_data()
            case b"RSET":
                self.reset_transaction()
                self.say("250 2.0.0 Ok")
            case b"EHLO" | b"HELO":
                self.introduced(rest.decode("ascii", "replace"))
                self.on_hello(verb.upper() == b"EHLO")
            case b"STARTTLS":
                self.on_starttls()
            case b"AUTH":
                self.on_auth(rest.decode("ascii", "replace"))
            case b"NOOP":
                self.say("250 2.0.0 Ok")
            case b"QUIT":
                self.say("221 2.0.0 Bye")
                self.leave()
            case _:
                self.say("500 5.5.2 unknown command")

    def introduced(self, name: str) -> None:
        assert self.transport is not None
        self.sink.hellos.append((self.transport.get_extra_info("peername")[0], name))

    def on_hello(self, extended: bool) -> None:
        options = self.sink.options
        if self.fails("ehlo"):
            return
        if not extended:
            self.say("250 localhost")
            return
        if not options.ehlo:
            self.say("502 5.5.1 not implemented")
            return
        lines = ["localhost"]
        lines += ["PIPELINING"] * options.pipelining + ["8BITMIME"] * options.eight_bit
        lines += ["SMTPUTF8"] * options.smtputf8 + [f"SIZE {options.size}"] * bool(options.size)
        lines += ["STARTTLS"] * (options.tls == "starttls" and not self.encrypted)
        lines += ["AUTH " + " ".join(options.mechanisms)] * bool(options.user)
        for line in lines[:-1]:
            self.say(f"250-{line}")
        self.say(f"250 {lines[-1]}")

    def on_starttls(self) -> None:
        if self.sink.options.tls != "starttls" or self.encrypted:
            self.say("503 5.5.1 no STARTTLS here")
            return
        assert self.transport is not None
        self.transport.pause_reading()  # the client's first TLS bytes belong to the TLS layer
        self.say("220 2.0.0 go ahead")
        self.answer()
        self.start = self.end = 0
        self.handshaking = True
        asyncio.get_running_loop().create_task(self.encrypt())

    async def encrypt(self) -> None:
        loop = asyncio.get_running_loop()
        assert self.transport is not None
        assert self.sink.tls is not None
        self.encrypted = True
        try:
            transport = await loop.start_tls(self.transport, self, self.sink.tls, server_side=True)
        except OSError:  # the client did not like the certificate
            return
        self.transport = transport  # type: ignore[assignment]
        self.handshaking = False
        self.work()

    def on_auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN" and "PLAIN" in self.sink.options.mechanisms:
            user, _, password = base64.b64decode(initial).decode().lstrip("\0").partition("\0")
            self.judge(user, password)
        elif mechanism.upper() == "LOGIN" and "LOGIN" in self.sink.options.mechanisms:
            self.login = []
            self.say("334 VXNlcm5hbWU6")
        else:
            self.say("504 5.5.4 unknown mechanism")

    def on_login_answer(self, line: bytes) -> None:
        assert self.login is not None
        self.login.append(base64.b64decode(line).decode())
        if len(self.login) == 1:
            self.say("334 UGFzc3dvcmQ6")
            return
        user, password = self.login
        self.login = None
        self.judge(user, password)

    def judge(self, user: str, password: str) -> None:
        if self.fails("auth"):
            return
        self.signed_in = (user, password) == (self.sink.options.user, self.sink.options.password)
        self.say("235 2.7.0 welcome" if self.signed_in else "535 5.7.8 wrong user name or password")

    def on_mail(self, rest: str) -> None:
        address = _between_brackets(rest)
        if self.sink.options.max_messages and self.messages >= self.sink.options.max_messages:
            self.say("421 4.7.0 too many messages on this connection")
            self.leave()
        elif not self.signed_in:
            self.say("530 5.7.0 sign in first")
        elif self.sender is not None:
            self.say("503 5.5.1 nested MAIL")
        elif not self.fails("mail", address):
            self.sender = address
            self.say("250 2.1.0 Ok")

    def on_rcpt(self, rest: str) -> None:
        address = _between_brackets(rest)
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif not self.fails("rcpt", address):
            self.recipients.append(address)
            self.say("250 2.1.5 Ok")

    def on_data(self) -> None:
        if self.sender is None or (not self.recipients and not self.sink.options.data_without_recipients):
            self.say("503 5.5.1 RCPT first")
        elif not self.fails("data", " ".join(self.recipients)):
            self.say("354 go ahead")
            self.in_data = True

    def on_message(self) -> None:
        self.messages += 1
        sender, recipients = self.sender or "", self.recipients
        payload, size = self.spilled, self.spilled_size
        self.reset_transaction()
        if not recipients:
            self.say("554 5.5.1 no valid recipients")
            return
        fault = self.sink.fault_at("dot", " ".join(recipients)) if self.sink.options.faults else None
        taken = fault is None or fault.keeps
        self.sink.log.add(taken, sender, recipients, payload, size)
        if fault is None:
            self.say(f"250 2.0.0 Ok: queued as {self.sink.chance.getrandbits(44):X}")
        else:
            self.play(fault)

    # --- answering ---

    def say(self, line: str) -> None:
        self.replies.append(line.encode() + b"\r\n")

    def answer(self) -> None:
        if self.replies and self.transport is not None and not self.transport.is_closing():
            self.transport.write(b"".join(self.replies))
        self.replies.clear()

    def leave(self) -> None:
        self.answer()
        self.deaf = True
        if self.transport is not None:
            self.transport.close()

    def fails(self, stage: str, subject: str = "") -> bool:
        """Play the fault due here, if any."""
        fault = self.sink.fault_at(stage, subject) if self.sink.options.faults else None
        if fault is not None:
            self.play(fault)
        return fault is not None

    def play(self, fault: Fault) -> None:
        match fault.action:
            case "reply":
                for line in fault.text.split("\n")[:-1]:
                    self.say(f"{fault.code}-{line}")
                self.say(f"{fault.code} {fault.text.split(chr(10))[-1]}")
                if fault.code == 421:
                    self.leave()
            case "close":
                self.leave()
            case "hang":
                self.answer()
                self.deaf = True
            case "reset":
                self.answer()
                self.deaf = True
                assert self.transport is not None
                link = self.transport.get_extra_info("socket")
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.transport.abort()
            case other:
                raise ValueError(other)


def _between_brackets(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
