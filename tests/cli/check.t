#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler check: what it finds, where it says so, how it ends.
. "${0%/*}/../support/tap.sh"

cat >good.yaml <<'YAML'
version: 1
function: thumbnailer
mode: enforce
main: /usr/bin/node
processes:
  - path: /usr/bin/convert
    args: ["/tmp/*", "-resize", "*", "/tmp/*"]
libraries:
  - /usr/lib/**
generated_code: deny
YAML
run "$BUCKLER" check good.yaml
status 0 'a good policy: status 0'
silent err 'a good policy: no diagnostics'
out '^0 errors, 0 warnings$' 'a good policy: the count on standard output'

run "$BUCKLER" check --strict good.yaml
status 0 'a good policy is good with --strict, too'

run sh -c '"$1" check - <"$2"' - "$BUCKLER" good.yaml
status 0 'standard input: status 0'

# One row: name, line the message must name (0: any), text.
row() {
	printf '%b' "$3" >bad.yaml
	run "$BUCKLER" check bad.yaml
	status 2 "$1: status 2"
	if [ "$2" = 0 ]; then
		err '^bad\.yaml:.*error: .+' "$1: an error is named"
	else
		err "^bad\\.yaml:$2:[0-9]+: error: .+" "$1: line $2 is named"
	fi
}
row 'not YAML' 2 'version: 1\nmain: [\n'
row 'binary' 0 '\001\002\003\377\376'
row 'empty' 0 ''
row 'a list' 1 '- a\n- b\n'
row 'no version' 0 'mode: enforce\n'
row 'another version' 1 'version: 2\n'
row 'unknown key' 2 'version: 1\nprocesess: []\n'
row 'duplicate key' 3 'version: 1\nprocesses: []\nprocesses: []\n'
row 'unknown mode' 2 'version: 1\nmode: maybe\n'
row 'wrong type' 2 'version: 1\nprocesses: 7\n'
row 'short hash' 4 'version: 1\nprocesses:\n  - path: /bin/x\n    sha256: 12ab\n'
row 'unknown rule key' 4 'version: 1\nprocesses:\n  - path: /bin/x\n    arg: [a]\n'
row 'shell and args' 0 'version: 1\nprocesses:\n  - path: /bin/sh\n    shell: "ls"\n    args: ["-c", "ls"]\n'
row 'unclosed quote in a template' 4 "version: 1\\nprocesses:\\n  - path: /bin/sh\\n    shell: \"echo 'x\"\\n"

run "$BUCKLER" check absent.yaml
status 2 'no such file: status 2'
err 'absent\.yaml.*No such file' 'no such file: named'
out '^1 error, 0 warnings$' 'no such file: counted'
run "$BUCKLER" check .
status 2 'a folder: status 2'
run "$BUCKLER" check
status 2 'no file: status 2'
err 'no policy was named' 'no file: says so'
head -c 11000000 /dev/zero | tr '\0' '#' >huge.yaml
run "$BUCKLER" check huge.yaml
status 2 'ten megabytes of text and more: status 2'

cat >broad.yaml <<'YAML'
version: 1
processes:
  - path: /bin/sh
YAML
run "$BUCKLER" check broad.yaml
status 0 'warnings alone: status 0'
err '^broad\.yaml:3:.*warning: ' 'a shell with no template: a warning with its line'
out '0 errors, [1-9]' 'warnings are counted'
run "$BUCKLER" check --strict broad.yaml
status 1 'warnings with --strict: status 1'

# What looks like a condition and is none, or what can never be.
cat >wide.yaml <<'YAML'
version: 1
main: /bin/main
processes:
  - {path: /bin/sh, shell: "{cmd} {a}"}
  - {path: /bin/sh, shell: "echo {a} > {b}"}
  - {path: /usr/bin/python3, args: ['/tmp/*.py']}
  - {path: /bin/busybox, applet: ash}
libraries: ['*.so']
files: {read: [/proc/self/environ]}
environment: ['NODE_OPTIONS=*']
network:
  connect:
    - {port: 443}
    - {domain: '*.com', port: 80}
    - unix: /var/run/docker.sock
YAML
run "$BUCKLER" check wide.yaml
status 0 'rules that are too wide: status 0'
for wide in "4:5.*hole in '.cmd.' stands for any command" "5:5.*hole in '> .b.' lets the shell write to any file" "6:5.*anybody can write to '/tmp" \
	"7:5.*applet 'ash' takes in the shell" "8:13.*matches nothing" "9:16.*matches nothing" '10:15.*takes in every value' \
	'13:7.*every host on that port' "14:7.*every name below 'com'" "15:7.*controls the host's containers"; do
	err "^wide\\.yaml:$wide" "warned: $wide"
done
out '^0 errors, 10 warnings$' 'each once'

run "$BUCKLER" check --format json broad.yaml
status 0 'json: status 0'
silent err 'json: nothing on standard error'
ok 'json: one object with the warning and its line' jq -e \
	'.errors == 0 and .warnings >= 1 and .diagnostics[0].line == 3 and .diagnostics[0].severity == "warning"' out
run "$BUCKLER" check --format json bad.yaml
status 2 'json with errors: status 2'
ok 'json with errors: line and column' jq -e '.errors >= 1 and .diagnostics[0].line == 4 and .diagnostics[0].column >= 1' out
run "$BUCKLER" check --format xml good.yaml
status 2 'unknown format: status 2'
err 'text or json' 'unknown format: says which there are'
run "$BUCKLER" check --format
status 2 'a format is missing: status 2'

run "$BUCKLER" check good.yaml bad.yaml broad.yaml
status 2 'several files: the worst decides'
err '^bad\.yaml' 'several files: the bad one is named'
err '^broad\.yaml' 'several files: the one behind it is read, too'

"$BUCKLER" compile -q good.yaml -o good.bkl
run "$BUCKLER" check good.bkl
status 0 'a compiled policy can be checked'

# A name that a hostile archive may bring must not reach the terminal raw.
evil=$(printf 'a\033[2Jb.yaml')
printf 'version: 1\nx: 1\n' >"$evil"
run "$BUCKLER" check "$evil"
ok 'control characters in a file name are escaped' sh -c '! grep -q "$(printf "\033")" "$1"' - err

# Colour: only on a terminal, never with NO_COLOR or TERM=dumb.
esc=$(printf '\033')
if command -v script >/dev/null; then
	terminal() {
		env -u NO_COLOR "$@" script -qec "$BUCKLER check bad.yaml" /dev/null </dev/null 2>&1
	}
	like "$(terminal TERM=xterm)" "$esc\\[1;31m" 'a terminal has colour'
	unlike "$(terminal TERM=xterm NO_COLOR=1)" "$esc" 'NO_COLOR: no colour'
	unlike "$(terminal TERM=dumb)" "$esc" 'TERM=dumb: no colour'
	like "$(terminal TERM=dumb)" 'error:' 'TERM=dumb: the message is there'
else
	skip 4 'script(1) is not here'
fi
TERM=xterm run "$BUCKLER" check bad.yaml
unlike "$(cat err)" "$esc" 'no colour into a file'

done_testing
