"""A real SMTP server for the tests: aiosmtpd, which keeps every message that it takes as a file.

What it does with a recipient stands in the address: grey@ is refused for the moment the first time,
gone@ for good, content@ after the whole message, cut@ ends the connection before the message,
silent@ takes the message and ends the connection in the place of an answer, busy@ never has time.
"""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder, self.seen, self.count = folder, {}, 0

    def times(self, address):
        self.seen[address] = self.seen.get(address, 0) + 1
        return self.seen[address]

    async def handle_RCPT(self, server, session, envelope, address, options):
        local, times = address.split("@")[0], self.times(address)
        if local.startswith("grey") and times == 1:
            return "451 4.7.1 Greylisted, try again later"
        if local.startswith("busy"):
            return "450 4.2.1 Too busy"
        if local.startswith("gone"):
            return "550 5.1.1 No such user"
        if local.startswith("cut") and times == 1:
            server.transport.abort()
            return "421 4.3.0 Going down"
        if local.startswith("closing") and times == 1:
            return "421 4.3.2 Closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        local = envelope.rcpt_tos[0].split("@")[0]
        if local.startswith("content"):
            return "554 5.7.1 Refused for its content"
        self.count += 1
        name = os.path.join(self.folder, f"{self.count:04}")
        with open(name + ".part", "wb") as file:
            head = {"from": envelope.mail_from, "to": envelope.rcpt_tos,
                    "tls": session.ssl is not None, "user": str(session.auth_data or "")}
            file.write(json.dumps(head).encode() + b"\n" + envelope.original_content)
        os.rename(name + ".part", name + ".eml")
        if local.startswith("silent"):
            server.transport.abort()
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    right = data.login == b"feedback" and data.password == b"a secret"
    session.auth_data = data.login.decode() if right else None
    return AuthResult(success=right, handled=False, auth_data=session.auth_data)


async def main():
    folder, certificate, key = sys.argv[1], *(sys.argv[2:4] or [None, None])
    handler, settings = Handler(folder), {}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        settings = {"tls_context": context, "require_starttls": True,
                    "auth_required": True, "authenticator": login}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="mail.test", **settings), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
