# SPDX-License-Identifier: Apache-2.0
"""A Lambda Runtime API that hands out some events and ends.

usage: runtime_api.py [--limit SECONDS] [--until TEXT] [--times] [--linger] EVENTS ANSWERS CMD ARG...

Starts CMD with AWS_LAMBDA_RUNTIME_API set, as the platform does, hands it the lines of EVENTS (one JSON document each), one
request id after the other (id-1, id-2, ...), and writes one line to ANSWERS for whatever comes back:

    id-1 response BODY            id-2 error BODY            - init/error BODY            - stray METHOD PATH

A body's newlines are written as \\n.  A `stray` line is a request that is no part of the protocol's order (an answer to an id that
is not under way, an unknown path): it gets 400.  When all events are answered, or init failed, CMD gets SIGKILL, as the platform
does where no extension is registered; with --until, already when a body has that text; with --linger it is left to end by itself, and `next` is not answered any more.

Also written: `- first MILLISECONDS`, the time from CMD's start to its first `next`, with --times only, so that the answers of two
runs can be compared.

Exit status: 0 all answered; 1 CMD ended before, with `- ended STATUS`; 3 the time was up, with `- timeout`.
"""
import argparse
import http.server
import os
import queue
import signal
import subprocess
import sys
import threading
import time

PREFIX = "/2018-06-01/runtime/"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


class State:
    """What the platform knows; `done` holds the exit status once it is decided."""

    def __init__(self, events, answers, times, until):
        self.events = events
        self.until = until
        self.answers = answers
        self.times = times
        self.handed_out = 0
        self.pending = set()
        self.answered = 0
        self.lock = threading.Lock()
        self.done = queue.Queue()
        self.started = time.monotonic()

    def write(self, *words):
        self.answers.write(" ".join(words) + "\n")
        self.answers.flush()

    def next(self):
        with self.lock:
            if self.times and self.handed_out == 0:
                self.write("-", "first", "%.3f" % (1000 * (time.monotonic() - self.started)))
            if self.handed_out == len(self.events):
                return None, None
            self.handed_out += 1
            name = "id-%d" % self.handed_out
            self.pending.add(name)
            return name, self.events[self.handed_out - 1]

    def answer(self, name, kind, body):
        with self.lock:
            if name not in self.pending:
                return False
            self.pending.remove(name)
            self.write(name, kind, body)
            self.answered += 1
            if self.answered == len(self.events) or (self.until and self.until in body):
                self.done.put(0)
            return True

    def note(self, status, *words):
        with self.lock:
            self.write("-", *words)
        if status is not None:
            self.done.put(status)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stray(self):
        self.state.note(None, "stray", self.command, self.path)
        self.reply(400, b'{"errorType": "InvalidRequestID"}')

    def do_GET(self):
        if self.path != PREFIX + "invocation/next":
            self.stray()
            return
        name, event = self.state.next()
        while name is None:     # frozen: no answer until the next event, and there is none
            time.sleep(3600)
        self.reply(200, event, (
            ("Lambda-Runtime-Aws-Request-Id", name),
            ("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60000)),
            ("Lambda-Runtime-Invoked-Function-Arn", ARN),
            ("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"),
        ))

    def do_POST(self):
        body = self.body().decode(errors="replace").replace("\n", "\\n")
        words = self.path.removeprefix(PREFIX).split("/")
        if self.path == PREFIX + "init/error":
            self.reply(202, b'{"status": "OK"}')
            self.state.note(0, "init/error", body)
        elif len(words) == 3 and words[0] == "invocation" and words[2] in ("response", "error") and \
                self.state.answer(words[1], words[2], body):
            self.reply(202, b'{"status": "OK"}')
        else:
            self.stray()

    def log_message(self, *args):
        pass


def serve(state):
    handler = type("Bound", (Handler,), {"state": state})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None   # a client that was ended before it read its answer
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "127.0.0.1:%d" % server.server_port


def environment(api):
    return dict(os.environ, AWS_LAMBDA_RUNTIME_API=api, AWS_LAMBDA_FUNCTION_NAME="thumbnailer", AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
                AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512", AWS_LAMBDA_LOG_GROUP_NAME="/aws/lambda/thumbnailer",
                AWS_LAMBDA_LOG_STREAM_NAME="stream", AWS_REGION="eu-west-1", LAMBDA_TASK_ROOT="/var/task", LAMBDA_RUNTIME_DIR="/var/runtime",
                AWS_EXECUTION_ENV="AWS_Lambda_test", AWS_SECRET_ACCESS_KEY="not-a-secret")


def watch(child, state, limit):
    """Waits for the decision, for the child's end, or for the end of the time."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            return state.done.get(timeout=0.05)
        except queue.Empty:
            if child.poll() is not None and state.done.empty():
                state.note(None, "ended", str(child.returncode))
                return 1
    state.note(None, "timeout")
    return 3


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--until")
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--linger", action="store_true")
    parser.add_argument("events")
    parser.add_argument("answers")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    with open(options.events, "rb") as f:
        events = [line for line in f.read().splitlines() if line]
    with open(options.answers, "w", encoding="utf-8") as answers:
        state = State(events, answers, options.times, options.until)
        api = serve(state)
        state.started = time.monotonic()
        with subprocess.Popen(options.command, env=environment(api), start_new_session=True) as child:
            status = watch(child, state, options.limit)
            if not options.linger or status == 3:
                child.send_signal(signal.SIGKILL)
            child.wait()
    return status


if __name__ == "__main__":
    sys.exit(main())
