# SPDX-License-Identifier: Apache-2.0
"""Requests that are answered with subprocess, some with a shell.  Called with a file of requests, one a line."""
import hashlib
import json
import os
import ssl  # what every function with a client library loads
import subprocess
import sys


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def shell(command):
    return subprocess.run(command, shell=True, stdout=subprocess.PIPE, check=True, text=True).stdout


def archive(name, text):
    with open(name, "w") as out:
        out.write(text + "\n")
    run("tar", "-czf", name + ".tar.gz", name)
    return run("tar", "-xzOf", name + ".tar.gz")


def fetch(path):
    return shell("curl --silent %s/%s" % (os.environ["SERVER"], path))


def count(name, text):
    with open(name, "w") as out:
        out.write(text + "\n")
    return shell("cat %s | wc -w" % name)


def thumbnail(name, size):
    run("convert", "../in/picture.png", "-resize", size, name + ".png")
    return run("identify", "-format", "%wx%h\n", name + ".png")


def digest(text):
    return json.dumps({"digest": hashlib.sha256(text.encode()).hexdigest(), "tls": ssl.HAS_TLSv1_3}) + "\n"


HANDLERS = {"archive": archive, "fetch": fetch, "count": count, "thumbnail": thumbnail, "digest": digest}

for line in open(sys.argv[1]):
    action, *values = line.rstrip("\n").split("|")
    sys.stdout.write(action + ": " + HANDLERS[action](*values))
    sys.stdout.flush()
