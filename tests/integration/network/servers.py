# SPDX-License-Identifier: Apache-2.0
"""What the programs of network.t talk to: servers.py FOLDER.  HTTP 8080, HTTPS 8443, SMTP 2525, syslog 5140/udp, FOLDER/app.sock and an abstract socket."""
import http.server
import os
import socket
import socketserver
import ssl
import sys
import threading

folder = sys.argv[1]


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"page\n")

    def log_message(self, *args):
        pass


class Six(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mail\r\n")
        data = False
        for line in self.rfile:
            word = line.strip().upper()[:4]
            if data:
                data = line != b".\r\n"
                if not data:
                    self.wfile.write(b"250 kept\r\n")
            elif word == b"DATA":
                data = True
                self.wfile.write(b"354 go on\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 mail\r\n")


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.request.recv(100))


def start(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


class Abstract(socketserver.ThreadingUnixStreamServer):
    pass


start(Six(("::", 8080), Page))
tls = Six(("::", 8443), Page)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
tls.socket = context.wrap_socket(tls.socket, server_side=True)
start(tls)
start(Tcp(("0.0.0.0", 2525), Mail))
start(Abstract(os.path.join(folder, "app.sock"), Echo))
start(Abstract("\0buckler-test-app", Echo))
syslog = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
syslog.bind(("127.0.0.1", 5140))
print("ready", flush=True)
while True:
    syslog.recv(4096)
