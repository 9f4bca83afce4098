# SPDX-License-Identifier: Apache-2.0
"""Names by other ways than the given resolver."""
import errno
import socket

QUERY = b"\0\1\1\0\0\1\0\0\0\0\0\0\3api\4test\0\0\1\0\1"


def attempt(what, how):
    try:
        how()
        print(what, "open")
    except OSError as e:
        print(what, "denied" if e.errno == errno.EACCES else e)


def datagram():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(QUERY, ("127.0.0.66", 53))


def stream(host, port):
    socket.socket().connect((host, port))


attempt("resolver", datagram)
attempt("tcp", lambda: stream("127.0.0.66", 53))
attempt("dot", lambda: stream("127.0.0.53", 853))
attempt("doh", lambda: stream("127.0.0.66", 443))
