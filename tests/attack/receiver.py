# SPDX-License-Identifier: Apache-2.0
"""The attacker's end: receiver.py FOLDER.  Listens on the ports and sockets of network.c and keeps an empty file FOLDER/WORD for each line "SECRET WORD" that comes."""
import os
import selectors
import socket
import sys

PREY, LISTED, RUNTIME = 28471, 28472, 28476
folder = sys.argv[1]
ready = selectors.DefaultSelector()


def keep(data):
    words = data.decode("latin-1").split()
    if len(words) == 3 and words[0] == "AKIAIOSFODNN7EXAMPLE":
        open(os.path.join(folder, words[1] + "-" + words[2]), "w").close()


def listen(family, kind, address):
    s = socket.socket(family, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if kind == socket.SOCK_STREAM and family != socket.AF_UNIX:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
    s.bind(address)
    if kind == socket.SOCK_STREAM:
        s.listen(128)
    s.setblocking(False)
    ready.register(s, selectors.EVENT_READ, kind)


for port in (PREY, LISTED, RUNTIME):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        listen(socket.AF_INET, kind, ("127.0.0.1", port))
        listen(socket.AF_INET6, kind, ("::1", port))
for name in ("proxy.sock", "listed.sock", "\0buckler-test-proxy", "\0buckler-test-listed"):
    listen(socket.AF_UNIX, socket.SOCK_STREAM, name)
    if name[0] != "\0":
        os.chmod(name, 0o777)
for name in ("\0buckler-test-proxy-datagrams", "\0buckler-test-listed-datagrams"):  # of their own: gVisor has one list of names
    listen(socket.AF_UNIX, socket.SOCK_DGRAM, name)
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        try:
            if key.data == socket.SOCK_DGRAM:
                keep(key.fileobj.recv(4096))
            elif key.data == socket.SOCK_STREAM:
                client = key.fileobj.accept()[0]
                ready.register(client, selectors.EVENT_READ, None)
            else:
                data = key.fileobj.recv(4096)
                keep(data)
                if not data:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()
        except OSError:
            pass
