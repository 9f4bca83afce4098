# SPDX-License-Identifier: Apache-2.0
"""Calls that block, and what ends them: prints the same bare and under the shim."""
import errno
import os
import select
import signal
import socket
import struct
import sys
import threading
import time


def name(number):
    return errno.errorcode.get(number, number)


def listener(backlog):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(backlog)
    return s


def full_listener():
    """A listener whose queue is full: connections to it hang."""
    s = listener(0)
    for _ in range(3):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(s.getsockname())
        kept.append(c)
    return s


class Rung(Exception):
    pass


def ring(*_):
    raise Rung


kept = []
full, live = full_listener(), listener(200)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200000))
print("a send time limit:", name(s.connect_ex(full.getsockname())))

signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    socket.socket().connect(full.getsockname())
except Rung:
    print("a signal whose handler does not come back")

rings = []
signal.signal(signal.SIGALRM, lambda *_: rings.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.2)


def make_room():
    while not rings:
        time.sleep(0.05)
    for c in kept:
        full.accept()


threading.Thread(target=make_room, daemon=True).start()
s = socket.socket()
print("a signal whose handler does:", name(s.connect_ex(full.getsockname())), len(rings), s.getblocking())

gone = listener(1)
address = gone.getsockname()
gone.close()
print("nobody there:", name(socket.socket().connect_ex(address)))
s = socket.socket()
s.setblocking(False)
print("without blocking:", name(s.connect_ex(live.getsockname())), bool(select.select([], [s], [], 5)[1]), name(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
print("again:", name(s.connect_ex(live.getsockname())), name(s.connect_ex(live.getsockname())))
print("an address too short:", name(socket.socket().connect_ex(("127.0.0.1", 0))))

path = os.path.join(sys.argv[1], "full.sock")
if os.path.exists(path):
    os.unlink(path)
u = socket.socket(socket.AF_UNIX)
u.bind(path)
u.listen(0)
first, second = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
first.connect(path)
threading.Timer(0.2, u.accept).start()
print("a full unix queue:", name(second.connect_ex(path)))
third = socket.socket(socket.AF_UNIX)
third.setblocking(False)
print("the same without blocking:", name(third.connect_ex(path)))

hanging = full_listener()
for _ in range(100):
    threading.Thread(target=lambda: socket.socket().connect_ex(hanging.getsockname()), daemon=True).start()
time.sleep(0.5)
print("while 100 hang:", [name(socket.socket().connect_ex(live.getsockname())) for _ in range(5)])
sys.stdout.flush()
os._exit(0)
