# SPDX-License-Identifier: Apache-2.0
"""Questions to the resolver over TCP, message by message: overtcp.py ADDRESS.  Prints a line for each kind of conversation."""
import socket
import struct
import sys
import time

SERVER = (sys.argv[1], 53)


def query(name, kind=1, ident=0x1234):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = struct.pack(">HHHHHH", ident, 0x100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)
    return struct.pack(">H", len(message)) + message


def connect():
    s = socket.create_connection(SERVER, 5)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def exactly(s, size):
    data = b""
    while len(data) < size:
        part = s.recv(size - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


def reply(s):
    """(id, code, answers) of the next message, or what ended the conversation."""
    try:
        message = exactly(s, struct.unpack(">H", exactly(s, 2))[0])
    except ConnectionError:
        return "closed"
    except TimeoutError:
        return "nothing"
    ident, flags, _, count = struct.unpack(">HHHH", message[:8])
    return f"{ident:x}:{flags & 15}:{count}"


def once(data, *more):
    with connect() as s:
        s.sendall(data)
        return " ".join([reply(s)] + [reply(s) for _ in more])


def bytewise(data):
    with connect() as s:
        for byte in data:
            s.sendall(bytes([byte]))
            time.sleep(0.001)
        return reply(s)


def half_closed(data):
    with connect() as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return reply(s) + " " + reply(s)


def many(count):
    """The newest conversations are served, whatever hangs."""
    open_ones = [connect() for _ in range(count)]
    for s in open_ones[:-1]:
        try:
            s.sendall(query("silent-tcp.test"))
        except ConnectionError:
            pass
    open_ones[-1].sendall(query("api.test"))
    result = reply(open_ones[-1])
    for s in open_ones:
        s.close()
    return result


def abandoned(count):
    for _ in range(count):
        with connect() as s:
            s.sendall(query("api.test"))
    return once(query("api.test"))


print("one", once(query("api.test")))
print("two in one segment", once(query("api.test", ident=1) + query("www.test", ident=2), 1))
print("twelve in one segment", once(b"".join(query("api.test", ident=i) for i in range(12)), *range(11)))
print("byte by byte", bytewise(query("api.test")))
print("half closed", half_closed(query("api.test")))
print("not listed", once(query("evil.test")))
print("not listed, then listed", once(query("evil.test", ident=1) + query("api.test", ident=2), 1))
print("a long answer", once(query("long-tcp.test")))
print("an answer in drops", once(query("drip-tcp.test")))
print("a second answer", once(query("twice-tcp.test", ident=1) + query("api.test", ident=2), 1))
print("another id first", once(query("id-tcp.test")))
print("another question first", once(query("other-tcp.test")))
print("an answer cut off", once(query("cut-tcp.test")))
print("an answer too long", once(query("huge-tcp.test")))
print("an empty answer", once(query("empty-tcp.test")))
print("an empty question", once(b"\0\0"))
print("rubbish", once(b"\0\x0c" + b"\xff" * 12))
print("a question too long", once(b"\xff\xff" + b"\0" * 70000))
print("while others hang", many(12))
print("abandoned", abandoned(40))
