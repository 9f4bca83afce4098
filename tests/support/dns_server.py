# SPDX-License-Identifier: Apache-2.0
"""A DNS server for tests: dns_server.py ADDRESS PORT.  Knows the zone "test" and answers in hostile ways where the name asks for it.

Prints "ready", then a line for each question: the name and the type."""
import socket
import struct
import sys

ZONE = {
    "api.test": ["127.0.0.10"], "www.test": "api.test", "deep.test": "www.test", "ring.test": "ring.test", "evil.test": ["127.0.0.66"], "two.test": ["127.0.0.66", "127.0.0.10"],
    "six.test": ["::1"], "meta.test": ["169.254.169.254"], "short.test": ["127.0.0.12"],
}


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


def answer(message, name, kind, end):
    """The true answer, behind the false ones that the name asks for."""
    ident, rest = message[:2], message[12:end]
    known = name in ZONE or name.endswith(".wild.test")
    found = records(name, kind)
    head = struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, len(found), 0, 0)
    if name == "spoofed.test":
        wrong = bytes([ident[0] ^ 255, ident[1]])
        forged = struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + rest + record(name, 1, bytes([127, 0, 0, 66]))
        other = struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + encode("api.test") + rest[-4:] + record("api.test", 1, bytes([127, 0, 0, 66]))
        yield wrong + forged
        yield ident + other
        yield ident + b"\x81\x80"
    if name == "oversize.test":
        head = struct.pack(">HHHHH", 0x8180, 1, 400, 0, 0)
        found = [record(name, 1, bytes([127, 0, 0, 66]))] * 400
    if name == "loop.test":
        head = struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
        found = [b"\xc0" + bytes([end]) + struct.pack(">HHIH", 1, 1, 30, 4) + bytes([127, 0, 0, 66])]
    if name == "foreign.test":
        head = struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
        found = [record("evil.test", 1, bytes([127, 0, 0, 66]))]
    yield ident + head + rest + b"".join(found)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], int(sys.argv[2])))
    print("ready", flush=True)
    while True:
        message, client = server.recvfrom(4096)
        name, end = name_at(message, 12)
        kind = struct.unpack(">H", message[end:end + 2])[0]
        print(name.lower(), kind, flush=True)
        for reply in answer(message, name.lower(), kind, end + 4):
            server.sendto(reply, client)


main()
