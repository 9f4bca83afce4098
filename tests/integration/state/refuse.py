# SPDX-License-Identifier: Apache-2.0
# refuse.py CMD...: runs CMD where seccomp(2) and ptrace(2) fail with EPERM and nothing else does: x86-64 numbers.
import ctypes, os, struct, sys

SECCOMP, PTRACE = 317, 101
code = b"".join(struct.pack("HBBI", *i) for i in (
    (0x20, 0, 0, 0),                    # the number
    (0x15, 2, 0, SECCOMP),
    (0x15, 1, 0, PTRACE),
    (0x06, 0, 0, 0x7FFF0000),           # allowed
    (0x06, 0, 0, 0x00050001)))          # EPERM
kept = ctypes.create_string_buffer(code, len(code))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 5, ctypes.addressof(kept)), 16)
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
    sys.exit("no filter: " + os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
