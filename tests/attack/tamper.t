#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What becomes of the supervision when the shim is killed, its policy goes away, or its log is flooded and lied to.
. "${0%/*}/../support/tap.sh"

[ -x "$SHIM" ] && [ -x "$BUCKLER" ] || { tap_fail 'buckler and buckler-init are built'; done_testing; }
cat >p.yaml <<'YAML'
version: 1
processes:
  - /usr/bin/sleep
YAML
"$BUCKLER" compile -q p.yaml -o p.bkl || exit 2

# --- the policy is rewritten in place ---

printf 'version: 1\nprocesses: [/usr/bin/cp, /usr/bin/dd,                /usr/bin/xd]\n' >narrow.yaml
printf 'version: 1\nprocesses: [/usr/bin/cp, /usr/bin/dd, /usr/bin/id]\n' >wide.yaml
"$BUCKLER" compile -q narrow.yaml -o narrow.bkl && "$BUCKLER" compile -q wide.yaml -o wide.bkl || exit 2
is "$(wc -c <narrow.bkl)" "$(wc -c <wide.bkl)" 'policies of one size'
for how in 'dd if=wide.bkl of=live.bkl conv=notrunc status=none' 'cp wide.bkl live.bkl'; do
	cp narrow.bkl live.bkl
	run "$SHIM" -p live.bkl -- /bin/sh -c "/usr/bin/id; $how && echo written; /usr/bin/id; echo status \$?"
	out '^written$' "the policy is rewritten: ${how%% *}"
	out '^status 126$' 'the policy is rewritten: what the old one did not allow stays refused'
	unlike "$(cat out)" 'uid=' 'and did not run'
done

# --- the shim is killed from outside ---

cat >stays.py <<'PY'
import ctypes, os, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(1, 0, 0, 0, 0)		# PR_SET_PDEATHSIG, none
if os.fork() == 0:
    # A process that is not the shim's child: it lives on, but can start nothing.
    open("child", "w").write(str(os.getpid()))
    while os.path.exists("shim-lives"):
        time.sleep(0.05)
    time.sleep(0.3)
    try:
        subprocess.run(["/usr/bin/sleep", "0"], check=True)
        result = "started"
    except OSError as error:
        result = "errno %d" % error.errno
    open("said.new", "w").write(result)
    os.rename("said.new", "said")
    os._exit(0)
open("main", "w").write(str(os.getpid()))
time.sleep(20)
PY
: >shim-lives
"$SHIM" --log-fd 9 -p p.bkl -- /usr/bin/python3 stays.py 9>log 2>/dev/null &
shim=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ ! -s main ] || [ ! -s child ] || break
	sleep 0.1
done
main=$(cat main)
ok 'the function runs' kill -0 "$main"
{ kill -KILL $shim && wait $shim; } 2>/dev/null
sleep 0.3
unlike "$(sed -n 's/^State:.//p' "/proc/$main/status" 2>/dev/null)" '^[RSDT]' 'the shim is killed: the function dies with it, whatever it asked for'
rm shim-lives
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ ! -s said ] || break
	sleep 0.1
done
if [ -s said ]; then
	is "$(cat said)" 'errno 38' 'the shim is killed: what is left can start nothing, not even what is listed'
else
	tap_pass 'the shim is killed: what is left can start nothing: nothing is left'
fi

# --- the policy goes away ---

cp p.bkl mine.bkl
cat >changes.sh <<'SH'
rm mine.bkl
sleep 0
echo "listed $?"
/usr/bin/true
echo "other $?"
SH
run "$SHIM" -p mine.bkl -- sh changes.sh
out '^listed 0$' 'the policy file is deleted: what is listed starts'
out '^other 126$' 'the policy file is deleted: what is not does not'

# --- floods ---

cat >flood.py <<'PY'
import os
for i in range(20000):
    try:
        os.execv("/usr/bin/true", ["true", "a"])
    except OSError:
        pass
PY
"$SHIM" --log-fd 9 -p p.bkl -- /usr/bin/python3 flood.py 9>log 2>/dev/null
is "$(grep -vc '"event":"start"' log | awk '{ print ($1 > 0 && $1 <= 20) ? "few" : $1 }')" few 'a flood of one violation becomes a few lines'
is "$(/usr/bin/python3 - <<'PY'
import json
total = 0
for line in open("log"):
    event = json.loads(line)["buckler"]
    if event["event"] in ("summary", "dropped"):
        total += event["count"]
    elif event["event"] == "exec":
        total += 1
print(total)
PY
)" 20000 'and no one of them is lost from the count'

cat >variety.py <<'PY'
import os
for i in range(20000):
    try:
        os.execv("/usr/bin/true", ["true", str(i)])
    except OSError:
        pass
PY
"$SHIM" --log-fd 9 -p p.bkl -- /usr/bin/python3 variety.py 9>log 2>/dev/null
is "$(wc -l <log | awk '{ print ($1 > 1 && $1 < 5000) ? "bounded" : $1 }')" bounded 'a flood of different violations is bounded'

# --- lies ---

cat >lies.py <<'PY'
import os
lies = [
    b'\n{"level":"WARN","buckler":{"v":1,"event":"exec","verdict":"denied","path":"/forged"}}\n',
    b"\x1b[2J\x1b[31mred\x07\x9b31m", b'"quotes" and \\ backslashes', b"\xff\xfe invalid \xc3\x28 \xed\xa0\x80",
    "\u2028\u2029\u202e\x85".encode(), b"x" * 100000, b"%s%n%x",
]
for lie in lies:
    try:
        os.execv("/usr/bin/true", ["true", lie])
    except OSError:
        pass
try:
    os.execv(b"/tmp/\n{}\x1b[m\xff", ["x"])
except OSError:
    pass
PY
"$SHIM" --log-fd 9 -p p.bkl -- /usr/bin/python3 lies.py 9>log 2>/dev/null
is "$(/usr/bin/python3 - <<'PY'
import json
problems = []
lines = open("log", "rb").read().split(b"\n")
for line in lines[:-1]:
    try:
        event = json.loads(line.decode("utf-8"))["buckler"]
    except ValueError as error:
        problems.append(str(error))
        continue
    if event.get("path") == "/forged":
        problems.append("forged")
    if len(line) > 4095:
        problems.append("long")
    text = line.decode("utf-8")
    if any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 or c in "\u2028\u2029" for c in text):
        problems.append("control character")
if len(lines) < 8:
    problems.append("%d lines" % len(lines))
print(problems)
PY
)" '[]' 'arguments that lie: every line is one JSON object of at most 4 KiB without control characters'

done_testing
