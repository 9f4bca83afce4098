#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler compile and buckler show: there and back, bad input, nothing half-written.
. "${0%/*}/../support/tap.sh"

cat >p.yaml <<'YAML'
# a comment
version: 1
function: "thumb*"
mode: alert
main:
  path: /usr/bin/node
processes:
  - path: /usr/bin/convert
    args: ["/tmp/*", "-resize", "*", "/tmp/*"]
    sha256: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
  - path: /bin/sh
    shell: "curl --silent -L {url} | ./bin/catdoc -"
  - path: /usr/bin/python3
    parent: /usr/bin/node
    args: [handler.py, "..."]
libraries:
  mode: enforce
  allow: [/usr/lib/**]
  deny: [/usr/lib/debug/**]
generated_code: allow
YAML

run "$BUCKLER" compile p.yaml -o p.bkl
status 0 'compile: status 0'
silent out 'compile: nothing on standard output'
silent err 'compile: nothing on standard error'
ok 'the file begins with its mark' sh -c '[ "$(head -c 4 p.bkl)" = bkl1 ]'
run "$BUCKLER" compile -o - p.yaml
ok 'the same text gives the same bytes, and - is standard output' cmp out p.bkl
"$BUCKLER" compile -o - - <p.yaml >q.bkl
ok 'standard input compiles to the same bytes' cmp q.bkl p.bkl

run "$BUCKLER" show p.bkl
status 0 'show: status 0'
silent err 'show: nothing on standard error'
cp out canonical.yaml
run "$BUCKLER" check canonical.yaml
status 0 'what show prints is a good policy'
"$BUCKLER" compile -q canonical.yaml -o again.bkl
run "$BUCKLER" show again.bkl
ok 'text, compiled form, text: stable' cmp out canonical.yaml
run "$BUCKLER" diff p.yaml canonical.yaml
status 0 'show changes nothing of what the policy allows'

digest=$("$BUCKLER" show --digest p.bkl)
like "$digest" '^[0-9a-f]{64}$' 'show --digest prints a digest'
run "$BUCKLER" show --format json p.bkl
status 0 'show as json: status 0'
ok 'json has the facts' jq -e --arg d "$digest" '.digest == $d and .function == "thumb*" and .main.path == "/usr/bin/node"
	and .sections.processes.rules[0].args[1] == "-resize" and .sections.processes.mode == "alert"
	and .sections.libraries.mode == "enforce" and (.sections | has("files.write") | not)' out
if command -v script >/dev/null; then
	like "$(script -qec "$BUCKLER compile p.yaml -o p.bkl" /dev/null </dev/null)" "digest $digest" 'a terminal sees the digest'
	like "$(script -qec "$BUCKLER compile p.yaml -o -" /dev/null </dev/null)" 'not written to a terminal' 'no bytes onto a terminal'
else
	skip 2 'script(1) is not here'
fi

# Damage, one byte a time, at places all over the file; then a short file, an empty one, another kind.
size=$(wc -c <p.bkl)
found=0
tried=0
at=8
while [ "$at" -lt "$size" ]; do
	cp p.bkl d.bkl
	printf '\245' | dd of=d.bkl bs=1 seek="$at" conv=notrunc 2>/dev/null
	if ! cmp -s d.bkl p.bkl; then
		tried=$((tried + 1))
		run "$BUCKLER" show d.bkl
		if [ "$status" = 2 ] && grep -q 'offset [0-9]' err && [ ! -s out ]; then
			found=$((found + 1))
		else
			tap_comment "offset $at: status $status: $(cat err)"
		fi
	fi
	at=$((at + 37))
done
ok 'damage was tried' [ "$tried" -gt 10 ]
is "$found" "$tried" 'every damaged byte is found, with an offset, and nothing is shown'
for n in 4 5 64 200 $((size - 1)); do
	head -c "$n" p.bkl >short.bkl
	run "$BUCKLER" show short.bkl
	status 2 "cut to $n bytes: status 2"
	err 'short\.bkl: .*offset [0-9]+' "cut to $n bytes: reason and offset"
done
: >empty.bkl
run "$BUCKLER" show empty.bkl
status 2 'an empty file: status 2'
run "$BUCKLER" show p.yaml
status 2 'show of text: status 2'
err 'buckler check' 'show of text names the right command'
run "$BUCKLER" show absent.bkl
status 2 'show of a file that is not there: status 2'
err 'absent\.bkl: .*No such file' 'named'
cat p.bkl p.bkl >long.bkl
run "$BUCKLER" show long.bkl
status 2 'bytes behind the end: status 2'

run "$BUCKLER" compile p.bkl -o r.bkl
status 2 'compiling a compiled policy: status 2'
err 'buckler show' 'names show'
ok 'nothing is written' [ ! -e r.bkl ]
printf 'version: 1\nprocesess: []\n' >bad.yaml
cp p.bkl keep.bkl
run "$BUCKLER" compile bad.yaml -o keep.bkl
status 2 'a bad policy: status 2'
err '^bad\.yaml:2:1: error' 'a bad policy: line and column'
ok 'a bad policy leaves the old output alone' cmp keep.bkl p.bkl
run "$BUCKLER" compile p.yaml
status 2 'no output named: status 2'
err 'with -o' 'no output named: says so'
run "$BUCKLER" compile -o r.bkl
status 2 'no policy named: status 2'
run "$BUCKLER" compile p.yaml canonical.yaml -o r.bkl
status 2 'two policies: status 2'
cp p.yaml self.yaml
run "$BUCKLER" compile self.yaml -o self.yaml
status 2 'onto itself: status 2'
ok 'the source is as it was' cmp self.yaml p.yaml
run "$BUCKLER" compile p.yaml -o no/such/folder/r.bkl
status 2 'no such folder: status 2'
err 'cannot write: No such file' 'no such folder: named'
"$BUCKLER" compile p.yaml -o - >/dev/full 2>err
is $? 2 'a full disk: status 2'
for form in text json; do
	"$BUCKLER" show --format $form p.bkl >/dev/full 2>err
	is $? 2 "show, a full disk, $form: status 2"
	is "$(cat err)" 'buckler: error: standard output: No space left on device' "show, a full disk, $form: the reason, once"
done
ln -s p2.bkl link.bkl
cp p.bkl p2.bkl
run "$BUCKLER" compile -q canonical.yaml -o link.bkl
ok 'a symbolic link stays one' [ -L link.bkl ]
ok 'and what it names is replaced' cmp p2.bkl again.bkl
mkfifo pipe
cat pipe >through.bkl &
run "$BUCKLER" compile -q p.yaml -o pipe
wait
ok 'a pipe stays a pipe' [ -p pipe ]
ok 'and gets the policy' cmp through.bkl p.bkl

cat >warn.yaml <<'YAML'
version: 1
processes: [/bin/sh]
YAML
run "$BUCKLER" compile warn.yaml -o w.bkl
status 0 'warnings do not stop the compiler'
err 'warning:' 'warnings are shown'
run "$BUCKLER" compile -q warn.yaml -o w.bkl
silent err '-q shows none'

done_testing
