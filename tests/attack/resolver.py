# SPDX-License-Identifier: Apache-2.0
"""A network of its own for attacks by DNS: resolver.py UID TOP CMD ARG..., called behind unshare -mn.

The given resolver is 127.0.0.53; 127.0.0.66 is the attacker's machine, which also answers for every name, and 1.1.1.1 and 169.254.169.254 are there.
What connects to a listener gets a line: DONE from a machine that no rule names, "normal work done" from those that one does.  Runs CMD as the user and
ends as it does."""
import fcntl
import os
import selectors
import socket
import struct
import subprocess
import sys
import threading

GOOD = [("127.0.0.10", 8080), ("127.0.0.11", 8080)]
EVIL = [("127.0.0.66", port) for port in (443, 853, 8080)] + [("1.1.1.1", port) for port in (443, 853)] + [("169.254.169.254", 8080)]


def set_up():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x49))                                                             # SIOCSIFFLAGS: up
    for i, address in enumerate(("1.1.1.1", "169.254.169.254")):
        fcntl.ioctl(s, 0x8916, struct.pack("16sHH4s8x", f"lo:{i}".encode(), socket.AF_INET, 0, socket.inet_aton(address)))  # SIOCSIFADDR
    with open("/tmp/buckler-test-resolv.conf", "w") as f:
        f.write("nameserver 127.0.0.53\n")
    subprocess.run(["mount", "--bind", f.name, "/etc/resolv.conf"], check=True)
    os.unlink(f.name)


def serve():
    ready = selectors.DefaultSelector()
    for places, text in ((GOOD, b"normal work done\n"), (EVIL, b"DONE\n")):
        for place in places:
            ready.register(socket.create_server(place, backlog=64), selectors.EVENT_READ, text)
    while True:
        for key, _ in ready.select():
            client = key.fileobj.accept()[0]
            client.sendall(key.data)
            client.close()


user, top, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
set_up()
threading.Thread(target=serve, daemon=True).start()
resolvers = [subprocess.Popen([sys.executable, top + "/tests/support/dns_server.py", address, "53"], stdout=subprocess.PIPE) for address in ("127.0.0.53", "127.0.0.66")]
for r in resolvers:
    r.stdout.readline()
    threading.Thread(target=r.stdout.read, daemon=True).start()
status = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *command], close_fds=False).returncode
for r in resolvers:
    r.kill()
sys.exit(status if status >= 0 else 128 - status)
