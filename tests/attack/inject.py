# SPDX-License-Identifier: Apache-2.0
# The same as inject.js for what is customary in Python.  Called as `inject.py WAY` or `inject.py WAY twin`, see attack.h.
import ctypes
import os
import pickle
import subprocess
import sys


def thumbnail(key):
    """An object's key in a command line: the classic."""
    return os.system("cat ../bin/%s > thumbnail.out" % key)


def object_key():
    thumbnail("null_;cat ../bin/secret > stolen;echo x.raw")
    return open("stolen").read() if os.path.exists("stolen") else ""


def object_key_twin():
    if thumbnail("data.txt") != 0:
        return ""
    return open("thumbnail.out").read()


class Payload:
    def __init__(self, call):
        self.call = call

    def __reduce__(self):
        return self.call


def unpickle(call):
    return str(pickle.loads(pickle.dumps(Payload(call))))


def unpickle_twin():
    return str(pickle.loads(pickle.dumps({"user": "somebody"})))


def load(path):
    return "DONE" if ctypes.CDLL(path).answer() == 66 else ""


def load_twin():
    return str(ctypes.CDLL("../lib/good.so").answer())


def drop_library():
    with open("../lib/evil.so", "rb") as source, open("module.so", "wb") as out:
        out.write(source.read())
    return load("./module.so")


WAYS = {
    "object-key": (object_key, object_key_twin),
    "pickle": (lambda: unpickle((subprocess.getoutput, ("cat <../bin/secret",))), unpickle_twin),
    "pickle-no-child": (lambda: unpickle((os.getenv, ("TOKEN",))), unpickle_twin),
    "ctypes": (lambda: load("../lib/evil.so"), load_twin),
    "ctypes-dropped": (drop_library, load_twin),
}

attack, twin = WAYS[sys.argv[1]]
try:
    output = twin() if sys.argv[2:] == ["twin"] else attack()
except OSError as error:
    print("stopped:", error, file=sys.stderr)
    sys.exit(1)
print(output.strip())
sys.exit(0 if sys.argv[2:] == ["twin"] or "DONE" in output else 1)
