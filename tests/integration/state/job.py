# SPDX-License-Identifier: Apache-2.0
"""Job control as a person uses it: an interactive bash on a terminal of its own runs the words that are given, control-Z, jobs,
fg, control-C.  Prints what bash says of the job, without the job's own words.  What does not come within 20 s is an error."""
import os, pty, re, select, signal, sys, time

command = " ".join(sys.argv[1:])
pid, terminal = pty.fork()
if pid == 0:
    os.environ["PS1"] = "ready> "
    os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])


def read_until(pattern):
    text, end = "", time.time() + 20
    while not re.search(pattern, text):
        if time.time() > end:
            sys.exit(f"no {pattern!r} in {text!r}")
        if select.select([terminal], [], [], 0.2)[0]:
            text += os.read(terminal, 4096).decode(errors="replace")
    return text


def say(text):
    os.write(terminal, text.encode())


read_until("ready> ")
say(f"{command} sh -c 'echo up; sleep 60' 2>/dev/null\n")
read_until("\nup")
time.sleep(0.3)                     # the sleep is to be a process of the job
say("\x1a")
print("control-Z:", re.search(r"Stopped", read_until(r"Stopped[^\n]*\n.*ready> ")).group())
say("jobs\n")
print("jobs:", re.search(r"Stopped|Running", read_until(r"(Stopped|Running)[^\n]*\n.*ready> ")).group())
say("fg\n")
read_until(r"sleep 60[^\n]*\n")
time.sleep(0.3)
say("\x03")
read_until("ready> ")
say("echo status $?\n")
print("control-C:", re.search(r"status \d+", read_until(r"status \d+\r?\n")).group())
os.kill(pid, signal.SIGKILL)
