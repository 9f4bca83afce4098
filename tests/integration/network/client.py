# SPDX-License-Identifier: Apache-2.0
"""Python: urllib, asyncio, smtplib, syslog by UDP, IPv6 loopback, unix and abstract sockets, a server of its own.  client.py FOLDER"""
import asyncio
import logging
import logging.handlers
import os
import smtplib
import socket
import ssl
import sys
import threading
import urllib.request

context = ssl.create_default_context(cafile=os.environ["CERT"])
print(urllib.request.urlopen("http://api.test:8080/").read())
print(urllib.request.urlopen("https://api.test:8443/", context=context).read())


async def streams():
    reader, writer = await asyncio.open_connection("www.test", 8080)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    print(await reader.readline())
    writer.close()


asyncio.run(streams())
with smtplib.SMTP("api.test", 2525, local_hostname="localhost") as mail:
    print(mail.sendmail("a@api.test", "b@api.test", "text"))
log = logging.getLogger()
log.addHandler(logging.handlers.SysLogHandler(("127.0.0.1", 5140)))
log.warning("a line")
print(socket.create_connection(("::1", 8080)).getpeername()[0])
for address in (os.path.join(sys.argv[1], "app.sock"), "\0buckler-test-app"):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(address)
        s.sendall(b"echo")
        print(s.recv(100))
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"own")).start()
print(socket.create_connection(server.getsockname()).recv(10))
left, right = socket.socketpair()
socket.send_fds(left, [b"x"], [server.fileno()])
print(len(socket.recv_fds(right, 10, 1)[1]))
