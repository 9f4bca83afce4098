# SPDX-License-Identifier: Apache-2.0
"""A DNS server for tests: dns_server.py ADDRESS PORT.  Knows the zone "test" and answers in hostile ways where the name asks for it.

By UDP names that end in "-tcp.test" get a truncated answer, which sends resolvers to TCP.
Prints "ready", then a line for each question: the name, the type, and "tcp" where it came so."""
import socket
import struct
import sys
import threading
import time

ZONE = {
    "api.test": ["127.0.0.10"], "www.test": "api.test", "deep.test": "www.test", "ring.test": "ring.test", "evil.test": ["127.0.0.66"], "two.test": ["127.0.0.66", "127.0.0.10"],
    "six.test": ["::1"], "meta.test": ["169.254.169.254"], "short.test": ["127.0.0.12"],
    "long-tcp.test": ["127.0.0.10"] + [f"127.8.0.{i}" for i in range(1, 31)], "drip-tcp.test": ["127.0.0.10"], "evil-tcp.test": ["127.0.0.66"],
    "id-tcp.test": [], "other-tcp.test": [], "cut-tcp.test": ["127.0.0.66"], "huge-tcp.test": ["127.0.0.66"], "empty-tcp.test": ["127.0.0.66"], "twice-tcp.test": ["127.0.0.10"],
}
FORGED = bytes([127, 0, 0, 66])


def name_at(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels), at + 1


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(owner, kind, data):
    return encode(owner) + struct.pack(">HHIH", kind, 1, 30, len(data)) + data


def records(name, kind):
    chain, out = 0, []
    while isinstance(ZONE.get(name), str) and chain < 4:
        out.append(record(name, 5, encode(ZONE[name])))
        name, chain = ZONE[name], chain + 1
    addresses = ["127.0.0.11"] if name.endswith(".wild.test") else ZONE.get(name, [])
    for address in addresses if isinstance(addresses, list) else []:
        six = ":" in address
        if kind == (28 if six else 1):
            out.append(record(name, kind, socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, address)))
    return out


def head(count, code=0x8180):
    return struct.pack(">HHHHH", code, 1, count, 0, 0)


def answer(message, name, kind, end):
    """The true answer, behind the false ones that the name asks for."""
    ident, rest = message[:2], message[12:end]
    known = name in ZONE or name.endswith(".wild.test")
    found = records(name, kind)
    top = head(len(found), 0x8180 if known else 0x8183)
    if name in ("spoofed.test", "id-tcp.test"):
        yield bytes([ident[0] ^ 255, ident[1]]) + head(1) + rest + record(name, 1, FORGED)
    if name in ("spoofed.test", "other-tcp.test"):
        yield ident + head(1) + encode("api.test") + rest[-4:] + record("api.test", 1, FORGED)
    if name == "spoofed.test":
        yield ident + b"\x81\x80"
    if name == "oversize.test":
        top = head(400)
        found = [record(name, 1, FORGED)] * 400
    if name == "loop.test":
        top = head(1)
        found = [b"\xc0" + bytes([end]) + struct.pack(">HHIH", 1, 1, 30, 4) + FORGED]
    if name == "foreign.test":
        top = head(1)
        found = [record("evil.test", 1, FORGED)]
    yield ident + top + rest + b"".join(found)
    if name == "twice-tcp.test":
        yield ident + head(1) + rest + record(name, 1, FORGED)


def question(message, how=""):
    name, end = name_at(message, 12)
    kind = struct.unpack(">H", message[end:end + 2])[0]
    print(name.lower(), kind, how, flush=True)
    return name.lower(), kind, end + 4


def exactly(client, size):
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        if not part:
            return b""
        data += part
    return data


def put(client, name, reply):
    framed = struct.pack(">H", len(reply)) + reply
    if name == "drip-tcp.test":
        for byte in framed:
            client.sendall(bytes([byte]))
            time.sleep(0.002)
    elif name == "cut-tcp.test":
        client.sendall(framed[:40])
        client.shutdown(socket.SHUT_WR)
    elif name == "huge-tcp.test":
        client.sendall(b"\xff\xff" + reply + b"\0" * (65535 - len(reply)))
    elif name == "empty-tcp.test":
        client.sendall(b"\0\0" + framed)
    else:
        client.sendall(framed)


def converse(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client:
        try:
            while size := exactly(client, 2):
                message = exactly(client, struct.unpack(">H", size)[0])
                name, kind, end = question(message, "tcp")
                if name == "silent-tcp.test":
                    continue
                for reply in answer(message, name, kind, end):
                    put(client, name, reply)
        except (OSError, IndexError):
            pass


def over_tcp(server):
    while True:
        threading.Thread(target=converse, args=(server.accept()[0],), daemon=True).start()


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], int(sys.argv[2])))
    threading.Thread(target=over_tcp, args=(socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64),), daemon=True).start()
    print("ready", flush=True)
    while True:
        message, client = server.recvfrom(4096)
        name, kind, end = question(message)
        if name.endswith("-tcp.test"):
            server.sendto(message[:2] + head(0, 0x8380) + message[12:end], client)
            continue
        for reply in answer(message, name, kind, end):
            server.sendto(reply, client)


main()
