#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler learn: run a command or read logs, write the least policy; join it to one that is there.
. "${0%/*}/../support/tap.sh"

learn() { run "$BUCKLER" learn "$@"; }

cat >work.sh <<'SH'
for name in "$@"; do /bin/gzip -c "$name" >/dev/null || exit 7; done
SH
for i in 1 2 3; do echo "text $i" >"note$i.txt"; done

# --- running ---

learn -o p.yaml -- /bin/sh work.sh note1.txt note2.txt
status 0 'a run: status 0'
silent out 'a run: what it writes on standard output is the command only'
err 'p.yaml: 1 rules for processes' 'a run: it says what it wrote'
run "$BUCKLER" check p.yaml
status 0 'the policy is a good one'
ok 'it has a rule for what varied' grep -qF 'args: ["-c", note*.txt]' p.yaml
ok 'and the evidence' grep -q '# learned: 2 times, such as -c note1.txt' p.yaml
ok 'the main program is named, with its hash' grep -q "sha256: \"$(sha256sum "$(readlink -f /bin/sh)" | cut -d' ' -f1)\"" p.yaml
run "$BUCKLER" run -p p.yaml --log-fd 2 -- /bin/sh work.sh note3.txt
status 0 'under the policy the same with another file'
is "$(grep -c '"verdict"' err)" 0 'without an event'
run "$BUCKLER" run -p p.yaml -- /bin/sh work.sh --version
status 7 'under the policy an option in the place of a file is refused'
err '"event":"exec","verdict":"denied"' 'with an event'

learn -o - -- /bin/true
status 0 'to standard output'
out '^version: 1' 'to standard output: the policy'
silent err 'to standard output: nothing else'
learn -o q.yaml -- sh -c 'echo said; exit 3'
status 0 'a command that fails: what it did is learned'
out '^said$' 'its output comes through'
err 'ended with status 3' 'its status is told'
echo 'read from input' >input
"$BUCKLER" learn -o q.yaml -- cat <input >out 2>err
is "$(cat out)" 'read from input' 'its input is ours'
learn -o q.yaml -- sh -c 'kill -TERM $PPID; sleep 5; exit 4'
err 'ended with status' 'a signal to the shim comes through'
"$BUCKLER" learn -o s.yaml -- sh -c 'trap "exit 5" USR1; echo 1 >ready; while :; do sleep 0.1; done' 2>err &
pid=$!
wait_for ready
kill -USR1 $pid
wait $pid
is $? 0 'a signal to learn goes on to the command'
ok 'and the policy is written' grep -q 'ended with status 5' err
cat >memory.py <<'PY'
import os, subprocess
fd = os.memfd_create("x")
os.write(fd, open("/bin/true", "rb").read())
subprocess.run(["/proc/self/fd/%d" % fd], pass_fds=[fd], check=True)
PY
learn -o m.yaml -- /usr/bin/python3 memory.py
status 1 'what no policy allows: status 1'
err 'memfd:x.*which no policy allows' 'it is named'

# An argument of three dots must not become the pattern for any rest.
cat >dots.py <<'PY'
import subprocess
subprocess.call(["/usr/bin/printf", "..."])
PY
learn -o dots.yaml -- /usr/bin/python3 dots.py
status 0 'three dots as an argument: status 0'
ok 'they are escaped' grep -qF 'args: ["\\..."]' dots.yaml
run "$BUCKLER" explain dots.yaml exec /usr/bin/printf ...
status 0 'they are allowed'
run "$BUCKLER" explain dots.yaml exec /usr/bin/printf other
status 1 'others are not'
run "$BUCKLER" explain dots.yaml exec /usr/bin/printf
status 1 'nor none'
"$BUCKLER" compile dots.yaml -o dots.bin && "$BUCKLER" show dots.bin >dots2.yaml
ok 'compiled and shown again they are the same' grep -qF 'args: ["\\..."]' dots2.yaml
cp dots.yaml before.yaml
learn -o dots.yaml --merge -- /usr/bin/python3 dots.py
ok 'learned again they stay' cmp dots.yaml before.yaml

# What a shell reads as its own text must not become a hole, nor what it is redirected to.
mkdir own
echo 'echo 1' >own/e1
echo 'echo 2' >own/e2
cat >own.py <<'PY'
import os
for command in "eval true", "eval false", ". ./own/e1", ". ./own/e2", "command eval true", "command eval false":
    os.system(command + " 2>/dev/null")
for command in "echo a >own/o1", "echo b >own/o2":
    os.system(command)
PY
learn -o own.yaml -- /usr/bin/python3 own.py
status 0 'eval and its like: status 0'
is "$(grep -c 'shell: ' own.yaml)" 8 'each is a template of its own'
unlike "$(cat own.yaml)" 'shell:.*\{' 'and none has a hole'
run "$BUCKLER" explain own.yaml exec /bin/sh -c 'eval id 2>/dev/null'
status 1 'other text is refused'
run "$BUCKLER" explain own.yaml exec /bin/sh -c 'eval false 2>/dev/null'
status 0 'what was seen is not'

# A variable that several programs get is one entry.
learn -o variable.yaml -- /usr/bin/env PYTHONPATH=/tmp/a sh -c '/bin/true; /bin/ls . >/dev/null; /bin/date >/dev/null; exit 0'
status 0 'a variable for several programs: status 0'
is "$(grep -c 'PYTHONPATH=/tmp/a' variable.yaml)" 1 'it stands once'
run "$BUCKLER" check variable.yaml
unlike "$(cat out err)" 'twice' 'and nothing stands twice'

# --- joining ---

cp p.yaml before.yaml
learn -o p.yaml --merge -- /bin/sh work.sh note1.txt note2.txt
status 0 'learning the same again: status 0'
ok 'learning the same again changes nothing' cmp p.yaml before.yaml
sed 's/^processes:/# By hand.\n&/' before.yaml >p.yaml
learn -o p.yaml --merge -- /bin/sh -c '/bin/gzip --version >/dev/null; exec /bin/true'
status 0 'learning more: status 0'
ok 'what was there stays' grep -qF 'args: ["-c", note*.txt]' p.yaml
ok 'comments stay' grep -q '^# By hand.$' p.yaml
ok 'what is new is added' grep -qF 'args: ["--version"]' p.yaml
run "$BUCKLER" diff before.yaml p.yaml
ok 'nothing was taken away' sh -c '! grep -q "^-" out'
learn -o new.yaml --merge -- /bin/true
status 0 'joining to nothing: a new policy'

# --- from logs ---

sed 's/^mode: enforce/mode: learn/' before.yaml | sed '/^processes:/,/^libraries:/{/^ /d}; /^libraries:/,/^generated/{/^ /d}; s/^processes:/processes: []/; s/^libraries:/libraries: []/' >learning.yaml
for form in lambda google azure plain; do
	BUCKLER_LOG_FORM=$form "$BUCKLER" run -p learning.yaml --log-fd 9 -- /bin/sh work.sh note1.txt note2.txt 9>"$form.log"
	learn -o "$form.yaml" --function resize --from "$form.log"
	status 0 "from a log of the form $form"
	ok "from a log of the form $form: the same rule" grep -qF 'args: ["-c", note*.txt]' "$form.yaml"
	ok "from a log of the form $form: the function's name" grep -qx 'function: resize' "$form.yaml"
done
echo 'nothing of ours' >other.log
learn -o - --from lambda.log other.log
status 0 'a log without events beside one with some'
err '^other\.log: warning: no event in 1 lines' 'is named'
{ printf '\377\376'; iconv -f UTF-8 -t UTF-16LE <lambda.log; } >utf16.log
learn -o - --from utf16.log
status 2 'a log in UTF-16: status 2'
err 'utf16\.log is UTF-16.*iconv' 'named, and what to do'
learn -o - --from - <lambda.log
run sh -c '"$1" learn -o - --from - <lambda.log' - "$BUCKLER"
out 'args: \["-c", note\*\.txt\]' 'from standard input'
grep '"event":"exec"' lambda.log | grep gzip | head -1 | sed 's/gzip/evil/g; s/"seq":[0-9]*/"seq":2/' >forged
cat lambda.log forged >both.log
learn -o f.yaml --from both.log
ok 'a line that repeats a number is not learned' sh -c '! grep -q evil f.yaml'
err 'out of sequence' 'and said'
learn -o f.yaml --suspect --from both.log
ok 'but with --suspect' grep -q evil f.yaml

# --- wrong use ---

learn -- true
status 2 'no output: status 2'
learn -o x.yaml
status 2 'no command: status 2'
learn -o x.yaml --from
status 2 'no log: status 2'
learn -o x.yaml --from missing.log
status 2 'a log that is not there: status 2'
err 'missing.log: cannot be read' 'it is named'
echo 'no event' >none.log
learn -o x.yaml --from none.log
status 2 'a log without events: status 2'
err 'mode: learn' 'it says what to do'
learn -o x.yaml -- no-such-command
status 127 'a command that is not there: 127'
learn -o x.yaml -- /etc/passwd
status 126 'one that is not executable: 126'

# What cannot be written is found out before the command runs; a socket is what neither is a file nor could be written to.
mkdir folder
ln -s no/such/file dangling
/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
mkfifo pipe
refused() {
	learn -o "$1" -- sh -c 'echo ran'
	status 2 "$2: status 2"
	silent out "$2: the command does not run"
	err "$1: cannot be written: $3" "$2: it says why"
}
refused no/such/folder/x.yaml 'an output in a folder that is not there' 'No such file'
refused work.sh/x.yaml 'an output below a file' 'Not a directory'
refused /sys/x.yaml 'an output where nobody can write' ''
refused folder 'a folder' 'it is a folder'
refused socket 'a socket' 'it is no regular file'
refused pipe 'a pipe' 'it is no regular file'
refused /dev/null 'a device' 'it is no regular file'
refused "$(printf '%0300d' 0)" 'a name that is too long' 'File name too long'
refused '' 'no name' 'No such file'
learn -o no/such/folder/x.yaml --from lambda.log
status 2 'nor is a log read: status 2'
ok 'to try leaves nothing behind' sh -c '! ls folder/* ./*.?????? 2>/dev/null | grep -q "yaml\\."'
learn -o dangling -- true
status 0 'a link to nothing: status 0'
cp new.yaml folder/real.yaml
ln -s folder/real.yaml link.yaml
learn -o link.yaml -- sh -c 'exit 0'
status 0 'a link to a file: status 0'
ok 'and the file is written' sh -c '[ -L link.yaml ] && ! cmp -s new.yaml folder/real.yaml'
mkdir gone
learn -o gone/x.yaml -- sh -c '/bin/rmdir gone'
status 2 'a folder that goes while the command runs: status 2'
err 'gone/x.yaml: cannot be written: No such file or directory; the policy follows' 'it is told'
sed -n '/the policy follows/,$p' err | sed 1d >rescued.yaml
run "$BUCKLER" check rescued.yaml
status 0 'and the policy is on standard error'
ok 'whole' grep -qF 'args: [gone]' rescued.yaml
run sh -c '"$1" learn -o - -- true >/dev/full' - "$BUCKLER"
status 2 'a full disk: status 2'
err '^version: 1' 'and the policy is on standard error'
learn --merge -o - -- true
status 2 'joining to standard output: status 2'
echo 'processes: 7' >broken.yaml
learn --merge -o broken.yaml -- true
status 2 'joining to what is no policy: status 2'
err 'broken.yaml:1' 'with file and line'
is "$(cat broken.yaml)" 'processes: 7' 'and it stays as it was'
ok 'nothing half-written' [ ! -e x.yaml ]

# --- files ---

# More acts than an index has room for at first; a folder of many, random names, single files, names of code, what needs no rule.
wrote() {
	written=$((written + 1))
	printf '{"buckler":{"v":1,"seq":%d,"event":"write","verdict":"learned","section":"files.write","path":"%s","pid":7,"parent":"/usr/bin/node"}}\n' $((written + 1)) "$1"
}
written=0
{
	echo '{"buckler":{"v":1,"seq":1,"event":"start","path":"/usr/bin/node","pid":7,"ppid":6,"mechanism":"notify","sections":{"files.write":"enforced"}}}'
	i=0
	while [ $i -lt 600 ]; do
		wrote "/srv/data/file$i"
		i=$((i + 1))
	done
	wrote /var/log/app.log
	wrote /tmp/tmpk3jx82ab
	wrote /tmp/cache/x.pyc
	wrote /dev/null
	wrote /proc/7/comm
} >written.log
run timeout 60 "$BUCKLER" learn -o written.yaml --from written.log
status 0 'files: learned from 600 paths and more'
like "$(cat written.yaml)" '- /srv/data/\*$' 'a folder of many files is one rule'
like "$(cat written.yaml)" '- /var/log/app\.log$' 'a single file is named'
like "$(cat written.yaml)" '- /tmp/tmp\*$' 'a random name becomes a pattern'
unlike "$(cat written.yaml)" '/dev/null|comm' 'what needs no rule gets none'
is "$(grep -c '/tmp/cache/x.pyc$' written.yaml)" 2 'a name of code is listed as such, too'
run "$BUCKLER" replay written.yaml written.log
status 0 'files: what was learned allows what was seen'
sed 's|/tmp/cache/x.pyc|/tmp/cache/y.pyc|; s|/var/log|/var/lib|' written.log >other.log
run "$BUCKLER" replay written.yaml other.log
out '/tmp/cache/y\.pyc' 'replay: other code is denied'
out '/var/lib/app\.log' 'replay: another file, too'

# --- a log whose events lack what they are about ---

event() {
	printf '{"level":"INFO","message":"x","buckler":{"v":1,"seq":%d,"event":"%s","verdict":"learned","section":"%s","pid":3%s}}\n' "$@"
}
event 1 exec processes '' >lacking
learn -o l.yaml --from lacking
status 1 'an exec without a path: status 1'
err 'does not allow 1 of what was seen, first exec \(no rule names it\)' 'and what kind of event it is'
event 1 connect network.connect ',"address":"192.0.2.1"' >lacking
learn -o l.yaml --from lacking
status 0 'a connect without a port: status 0'
ok 'and any port of the address' grep -qx '      - address: "192.0.2.1"' l.yaml
done_testing
