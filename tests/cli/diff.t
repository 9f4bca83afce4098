#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler diff: exit status, direction, both forms.
. "${0%/*}/../support/tap.sh"

cat >old.yaml <<'YAML'
version: 1
processes:
  - /usr/bin/tar
  - /usr/bin/gzip
YAML
cat >new.yaml <<'YAML'
version: 1
processes:
  - /usr/bin/tar
  - /usr/bin/curl
YAML
cat >moved.yaml <<'YAML'
# the same in another order and form
version: 1
processes:
  allow:
    - path: /usr/bin/gzip
    - path: /usr/bin/tar
YAML
cat >narrow.yaml <<'YAML'
version: 1
processes: [/usr/bin/tar]
YAML

run "$BUCKLER" diff old.yaml old.yaml
status 0 'the same file: status 0'
silent out 'the same file: nothing'
run "$BUCKLER" diff old.yaml moved.yaml
status 0 'order and form do not count'

run "$BUCKLER" diff old.yaml new.yaml
status 1 'another policy: status 1'
silent err 'another policy: nothing on standard error'
out '^\+ processes: .*/usr/bin/curl.*\[wider\]$' 'what is new and allows more'
out '^- processes: .*/usr/bin/gzip' 'what is gone'
unlike "$(grep -e '^-' out)" 'wider' 'what is gone allows no more'
unlike "$(cat out)" '/usr/bin/tar' 'what stayed is not shown'

run "$BUCKLER" diff --wider old.yaml new.yaml
status 1 '--wider with a wider policy: status 1'
unlike "$(cat out)" gzip '--wider shows no narrowing'
run "$BUCKLER" diff --wider old.yaml narrow.yaml
status 0 '--wider with a narrower policy: status 0'
silent out '--wider with a narrower policy: nothing'
run "$BUCKLER" diff --wider narrow.yaml old.yaml
status 1 'the reverse is wider'

run "$BUCKLER" diff --format json old.yaml new.yaml
status 1 'json: the same status'
ok 'json: both changes' jq -e '(.changes | length) == 2 and ([.changes[] | select(.wider)] | length) == 1
	and ([.changes[] | select(.change == "removed" and .section == "processes")] | length) == 1' out
run "$BUCKLER" diff --format json old.yaml old.yaml
status 0 'json without changes: status 0'
ok 'json without changes: an empty list' jq -e '.changes == []' out

"$BUCKLER" compile -q old.yaml -o old.bkl
run "$BUCKLER" diff old.bkl old.yaml
status 0 'compiled against its own text: status 0'
run "$BUCKLER" diff old.bkl new.yaml
status 1 'compiled against another text: status 1'

# A section that goes is no longer enforced: that is wider.
printf 'version: 1\n' >none.yaml
run "$BUCKLER" diff --wider old.yaml none.yaml
status 1 'a section that goes away makes a policy wider'
sed 's/^version: 1/version: 1\nmode: alert/' old.yaml >alert.yaml
run "$BUCKLER" diff --wider old.yaml alert.yaml
status 1 'alert instead of enforce makes a policy wider'
run "$BUCKLER" diff --wider alert.yaml old.yaml
status 0 'enforce instead of alert does not'

# What is of the whole policy stands in no section.
printf 'version: 1\nfunction: a\nexpires: 2030-01-01\nfiles: {write: [/tmp/x]}\n' >whole1.yaml
printf 'version: 1\nfunction: b\nexpires: 2031-01-01\nunsupported: refuse\nfiles: {write: [/tmp/x]}\n' >whole2.yaml
run "$BUCKLER" diff whole1.yaml whole2.yaml
is "$(cat out)" '- function: a
+ function: b [wider]
- unsupported: run
+ unsupported: refuse
- expires: 2030-01-01
+ expires: 2031-01-01 [wider]' 'function, unsupported, expires are of no section'
run "$BUCKLER" diff --format json whole1.yaml whole2.yaml
ok 'json: they have no section' jq -e '[.changes[] | has("section")] | any | not' out

# A string is narrower than a template that takes it.
template() { printf 'version: 1\nprocesses:\n  - {path: /bin/sh, shell: "%s"}\n' "$1"; }
narrower() {
	template "$1" >wide.yaml
	template "$2" >string.yaml
	run "$BUCKLER" diff --wider wide.yaml string.yaml
	status "$3" "$1, then $2: status $3"
}
narrower 'echo {a}' 'echo a' 0
narrower 'echo a' 'echo {a}' 1
narrower 'echo {a}' 'echo a; id' 1
narrower 'echo {a}' 'echo -n' 1
narrower 'echo {a} | cat' "echo 'x y' | cat" 0
narrower 'echo {a}' 'echo {b}' 1
narrower 'echo {a}' 'echo $HOME' 1

run "$BUCKLER" diff old.yaml
status 2 'one file: status 2'
run "$BUCKLER" diff old.yaml absent.yaml
status 2 'a file that is not there: status 2'
err 'absent\.yaml' 'a file that is not there: named'
printf 'version: 1\nx: 1\n' >bad.yaml
run "$BUCKLER" diff old.yaml bad.yaml
status 2 'a bad file: status 2'
err '^bad\.yaml:2:1: error' 'a bad file: line and column'
silent out 'a bad file: no changes are shown'

done_testing
