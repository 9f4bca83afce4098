# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A server for tests, sourced behind tap.sh: server_start sets $SERVER, server_end ends it.

# A server on the loopback: /document is a text, what is posted to /echo comes back.
server_start() {
	cat >server.py <<'PY'
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(b"the text of the document\n")

    def do_POST(self):
        self.reply(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
	/usr/bin/python3 server.py >port 2>/dev/null &
	SERVER_PID=$!
	wait_for port
	SERVER=http://127.0.0.1:$(cat port)
	export SERVER
}

server_end() {
	[ -z "${SERVER_PID:-}" ] || kill "$SERVER_PID"
}
