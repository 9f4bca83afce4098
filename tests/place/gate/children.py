# SPDX-License-Identifier: Apache-2.0
"""Children from threads, under signals, by fork, and what a program sees of itself."""
import ctypes
import multiprocessing
import os
import signal
import ssl
import subprocess
import threading

print(subprocess.run(["/bin/echo", "hi"], capture_output=True).stdout)


def spawn():
    for _ in range(5):
        subprocess.run(["/bin/true"], check=True)


threads = [threading.Thread(target=spawn) for _ in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
count = 0


def tick(*_):
    global count
    count += 1


signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for _ in range(20):
    subprocess.run(["/bin/true"], check=True)
signal.setitimer(signal.ITIMER_REAL, 0)
print(count > 0)
with multiprocessing.get_context("fork").Pool(3) as pool:
    print(pool.map(abs, [-1, -2, -3]))
print(ssl.OPENSSL_VERSION[:7], sorted(k for k in os.environ if k.startswith(("LD_", "BUCKLER"))))
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(39) == os.getpid(), libc.open(ctypes.c_void_p(8), os.O_WRONLY), ctypes.get_errno())
try:
    os.execv("/nonexistent", ["x"])
except OSError as e:
    print(e.errno)
try:
    os.execve("/bin/true", ["x" * (1 << 18)], {})
except OSError as e:
    print(e.errno)
