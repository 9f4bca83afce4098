#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real gVisor, as under Cloud Run gen1: no process may listen there, so that buckler-init traces.  What it says of itself, what an init owes, normal
# work in silence, and rows of attacks.tsv with their controls and twins; tests/attack/gvisor.tsv says where gVisor makes another verdict.
#
# Arguments: names of rows, "all" for the whole table (half an hour).
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/attack/scene.sh"

[ "$(uname -m)" = x86_64 ] || skip_all 'what is tried of gVisor is x86-64'
[ "$(id -u)" -eq 0 ] || skip_all 'only root can start gVisor without a user name space of its own'
command -v runsc >/dev/null || skip_all 'runsc is not here'

# Processes, memory files, deleted files, the loader, libraries, generated code, races, the environment, the filter, files, network: one or two of each.
ROWS='semicolon other race-symlink loader memfd-fexecve deleted script-memfd thread dlopen dlopen-memfd
environment-LD_PRELOAD write-then-execute two-views int80 shim-kill shim-descriptor-signal file-open file-times file-environ net-tcp net-unix net-sendmsg
net-shell net-listen net-listen-alone'

# gvisor CMD...: CMD as the first process of a sandbox: the host's files below, what is changed is the sandbox's own.
gvisor() {
	runsc --root="$T/runsc" --ignore-cgroups --network=none --platform=ptrace do "$@"
}

chmod 755 "$T"
trap 'tap_end' EXIT
scene_make || exit 2
cat >policy.yaml <<'YAML'
version: 1
main: /usr/bin/dash
processes: [/usr/bin/dash, /usr/bin/true, /usr/bin/cat, /usr/bin/sed, /usr/bin/sleep, /usr/bin/sort, /usr/bin/python3*]
libraries: [/usr/lib/**]
generated_code: deny
YAML
cat >whole.yaml <<'YAML'
version: 1
main: /usr/bin/dash
files: {write: [/tmp/**], read: {deny: [/etc/shadow]}, code: []}
network: {connect: [{address: 127.0.0.1, port: 7}], listen: []}
YAML
cat >named.yaml <<'YAML'
version: 1
main: /usr/bin/dash
network: {connect: [{domain: example.com, port: 443}]}
YAML
{ cat named.yaml; echo 'unsupported: refuse'; } >refuse.yaml
cat >runtimes.yaml <<YAML
version: 1
main: /usr/bin/dash
processes: [/usr/bin/dash, /usr/bin/true, "/usr/bin/python3*", "$NODE", "$RUBY", /usr/bin/perl, "$JAVA"]
libraries: [/usr/lib/**]
generated_code: allow
YAML
for name in policy whole named refuse runtimes; do
	"$BUCKLER" compile -q $name.yaml -o $name.bkl || exit 2
done

# under POLICY SCRIPT: the shim is the first process of the sandbox, dash the function.
under() {
	run gvisor "$SHIM" -p "$T/$1.bkl" -- /usr/bin/dash -c "$2"
}
events() {		# event, verdict, path, mechanism of each line but the first
	grep '"buckler":' err | /usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)["buckler"]
    if e["event"] not in ("start", "summary"):
        print(e["event"], e["verdict"], e.get("path", ""), e["mechanism"])'
}
sections() {
	grep '"event":"start"' err | sed 's/.*"mechanism":"\([a-z+]*\)".*"sections":{\([^}]*\)}.*/\1 \2/' | tr -d '"'
}

# --- what it says of itself ---

run gvisor /usr/bin/dmesg
out 'gVisor' 'it is gVisor'
under policy 'exit 7'
is "$(sections)" 'trace processes:enforced,libraries:enforced,generated_code:enforced,environment:enforced,network.connect:absent,network.listen:absent,files.write:absent,files.read:absent,files.code:absent' \
	'the start event: trace, and what it holds'
err 'the kernel has no user notification \(EINVAL\)' 'the start event: and why'
status 7 "the function's exit status"
like "$(cat err)" '"pid":2,"ppid":1,' 'the shim is the first process'
# gVisor has neither pidfd_getfd nor a way to hand over a file: what is judged there is judged before the call only.
under whole 'exit 0'
is "$(sections)" 'trace processes:absent,libraries:absent,generated_code:absent,environment:absent,network.connect:detected,network.listen:detected,files.write:detected,files.read:detected,files.code:detected' \
	'not enforced there, and said: files, network'
under named 'exit 0'
is "$(sections | tr ' ,' '\n\n' | grep connect)" 'network.connect:unavailable' 'not there at all, and said: network by name'
under refuse 'exit 0'
status 125 'with `unsupported: refuse` such a function is not started'
run gvisor "$BUCKLER" doctor
out '^mechanism  trace: ' 'doctor: the mechanism'

# --- an init ---

under policy 'kill -9 $$'
status 137 'a signal that ended the function'
under policy '(sleep 0.3; echo orphan) & (sleep 0.1 & exec true); sleep 0.6; exit 3'
status 3 'orphans are reaped'
out '^orphan$' 'orphans go on'
cat >signals.sh <<'SH'
wait_for() {		# as in tap.sh, which is not loaded in the sandbox
	n=0
	until [ -e "$1" ] || [ $n -gt 400 ]; do sleep 0.05; n=$((n + 1)); done
}
"$@" -c 'trap "echo told; exit 9" TERM; : >ready; while :; do sleep 0.05; done' &
wait_for ready
kill -TERM $!
wait $!
echo "status $?"
rm ready
"$@" -c '(while :; do echo alive >beat; sleep 0.05; done) & : >ready; wait' &
wait_for ready
wait_for beat
kill -KILL $!
wait $!
sleep 0.2
rm beat
sleep 0.3
[ -e beat ] || echo 'with it'
SH
run gvisor /usr/bin/dash signals.sh "$SHIM" -p "$T/policy.bkl" -- /usr/bin/dash
out '^told$' 'a signal for the shim is the function'"'"'s'
out '^status 9$' 'and the status that it makes of it'
out '^with it$' 'who ends the shim ends the function'

# --- what is listed, in silence ---

under policy 'true; cat /etc/hostname | sed s/^/host/ | sort; (sleep 0.1) & i=0; while [ $i -lt 30 ]; do true || echo "not $?"; i=$((i + 1)); done; wait; echo fine'
out '^fine$' 'a shell'
is "$(events)" '' 'in silence'
cat >work.py <<'PY'
import concurrent.futures, json, multiprocessing, os, sqlite3, ssl, subprocess, tempfile, threading
def spawn(n):
    return subprocess.run(["/usr/bin/true"]).returncode
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    assert set(pool.map(spawn, range(24))) == {0}
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
with tempfile.TemporaryFile() as f:
    f.write(b"x" * 100000)
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
print("fine")
PY
cat >work.js <<'JS'
const { execFileSync, spawn } = require("child_process");
const { Worker } = require("worker_threads");
execFileSync("/usr/bin/true");
spawn("/usr/bin/true").on("exit", (code) => {
	new Worker("require('crypto').createHash('sha256').update('x').digest()", { eval: true }).on("exit", () => console.log(code === 0 ? "fine" : code));
});
JS
works() {		# NAME SCRIPT
	under runtimes "$2"
	out '^fine$' "$1"
	is "$(events)" '' 'in silence'
}
works Python "/usr/bin/python3 $T/work.py"
works Node.js "$NODE $T/work.js"
works Ruby "$RUBY -rjson -e 'system(\"/usr/bin/true\") && Thread.new { puts \"fine\" }.join'"
works Perl "/usr/bin/perl -e 'system(\"/usr/bin/true\") == 0 and print \"fine\\n\"'"
works Java "$JAVA -Xshare:auto -XX:-UsePerfData -version 2>/dev/null; echo fine"

# --- what is not ---

# table N ROW...: these rows, beside others; what it says goes to table.N
table() {
	table=$1
	shift
	# shellcheck disable=SC2016
	gvisor /usr/bin/env PLACE=gvisor TRIES="${TRIES:-300}" SCENE="$T" BUCKLER="$BUCKLER" SHIM="$SHIM" /bin/sh -c 'mkdir -p /dev/shm; chmod 1777 /dev/shm; exec sh "$@"' \
		sh "$TOP/tests/attack/run.t" "$@" </dev/null >"table.$table" 2>&1
}
retell() {
	while read -r line; do
		case $line in
		'ok '*) tap_pass "${line#* - }" ;;
		'not ok '*) tap_fail "${line#* - }" ;;
		'#'*) printf '%s\n' "$line" ;;
		esac
	done <"$1"
	like "$(tail -n 1 "$1")" '^1\.\.[1-9]' 'the rows came to their end'
}

case ${*:-some} in
some) rows=$ROWS ;;
all) rows=$(sed 1d "$TOP/tests/attack/attacks.tsv" | cut -f 1) ;;
*) rows=$* ;;
esac
odd='' even=''
for row in $rows; do
	even="$even $row"
	rest=$odd odd=$even even=$rest
done
# shellcheck disable=SC2086
table 1 $odd &
# shellcheck disable=SC2086
[ -z "$even" ] || table 2 $even
wait
for told in table.*; do
	retell "$told"
done
done_testing
