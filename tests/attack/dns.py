# SPDX-License-Identifier: Apache-2.0
"""Ways out by names: dns.py WAY [twin], see attack.h; in the network of resolver.py.  The policy lists api.test, meta.test and *.wild.test, port 8080."""
import os
import socket
import struct
import sys

GIVEN, OTHER = "127.0.0.53", "127.0.0.66"


def query(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return os.urandom(2) + struct.pack(">5H", 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)


def ask(name, kind=1, server=GIVEN):
    """True where the resolver knows the name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect((server, 53))
        s.send(query(name, kind))
        return s.recv(4096)[3] & 15 == 0


def ask_by_tcp(name, server=GIVEN):
    with socket.create_connection((server, 53), 5) as s:
        message = query(name, 1)
        s.sendall(struct.pack(">H", len(message)) + message)
        return s.recv(4096)[5] & 15 == 0


def fetch(host, port):
    with socket.create_connection((host, port), 5) as s:
        return s.makefile().read()


def told(good):
    return "DONE\n" if good else ""


def normal_label():
    return "normal work done\n" if all(ask(f"bucket{i}.wild.test") for i in range(5)) else ""


def normal_name():
    return fetch("api.test", 8080)


def normal_question():
    return "normal work done\n" if ask("api.test") else ""


def normal_question_by_tcp():
    return "normal work done\n" if ask_by_tcp("api.test") else ""


ways = {
    "labels": (lambda: told(all(ask(os.urandom(15).hex() + ".wild.test") for _ in range(60))), normal_label),
    "text": (lambda: told(ask("secret.wild.test", 16)), normal_label),
    "unlisted": (lambda: told(ask("evil.test")), normal_question),
    "unlisted-tcp": (lambda: told(ask_by_tcp("evil.test")), normal_question_by_tcp),
    "other": (lambda: told(ask("api.test", 1, OTHER)), normal_question),
    "other-tcp": (lambda: told(ask_by_tcp("api.test", OTHER)), normal_question_by_tcp),
    "tls": (lambda: fetch("1.1.1.1", 853), normal_name),
    "https": (lambda: fetch("1.1.1.1", 443), normal_name),
    "wrong-address": (lambda: fetch(OTHER, 8080) if ask("api.test") else "", normal_name),
    "wrong-port": (lambda: fetch(OTHER, 443) if ask("api.test") else "", normal_name),
    "metadata": (lambda: fetch("meta.test", 8080), normal_name),
}

attack, twin = ways[sys.argv[1]]
is_twin = sys.argv[2:] == ["twin"]
try:
    output = (twin if is_twin else attack)()
except OSError as error:
    sys.exit(f"stopped: {error}")
print(output, end="")
sys.exit(0 if ("normal" if is_twin else "DONE") in output else 1)
