# SPDX-License-Identifier: Apache-2.0
"""Who reaches what: reach.py WORD... [-- ARGUMENT...]; a WORD is tcp:HOST:PORT, udp:HOST:PORT or ask:NAME.  Each is tried by the main process, by a
thread of it and by a child of it; for each a line "WHO WORD yes|ERRNO".  Behind -- stands what a host gives a worker."""
import errno
import os
import socket
import sys
import threading


def reach(word):
    kind, rest = word.split(":", 1)
    if kind == "ask":
        return "yes" if socket.getaddrinfo(rest, 80, socket.AF_INET, socket.SOCK_STREAM) else "no"
    host, port = rest.rsplit(":", 1)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        if kind == "tcp":
            s.connect((host, int(port)))
        else:
            s.sendto(b"x", (host, int(port)))
    return "yes"


def attempt(who, word):
    try:
        result = reach(word)
    except socket.gaierror:
        result = "no name"
    except OSError as e:
        result = errno.errorcode.get(e.errno, str(e))
    print(who, word, result, flush=True)


words = sys.argv[1:sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
for word in words:
    attempt("main", word)
    thread = threading.Thread(target=attempt, args=("thread", word))
    thread.start()
    thread.join()
    child = os.fork()
    if not child:
        attempt("child", word)
        os._exit(0)
    os.waitpid(child, 0)
