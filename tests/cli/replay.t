#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler replay: what a policy makes of past events.
. "${0%/*}/../support/tap.sh"

cat >learning.yaml <<'YAML'
version: 1
mode: learn
processes: []
libraries: []
YAML
"$BUCKLER" run -p learning.yaml --log-fd 9 -- /bin/sh -c '/bin/gzip --version; /bin/gzip --version; /usr/bin/id -u' 9>log >/dev/null
cat >p.yaml <<'YAML'
version: 1
main: /usr/bin/dash
processes:
  - path: /usr/bin/gzip
    args: [--version]
libraries: [/usr/lib/**]
YAML

run "$BUCKLER" replay p.yaml log
status 1 'something would be refused: status 1'
out '^denied +exec +/usr/bin/id -u \(no rule names it\), was learned in log:[0-9]+$' 'it is named, with the reason and the place'
unlike "$(cat out)" gzip 'what is allowed is not shown'
out 'events: [0-9]+ allowed, 1 refused, 0 unknown$' 'the counts'
run "$BUCKLER" replay -a p.yaml log
out '^allowed +exec +/usr/bin/gzip --version \(.*; line 4\)' '--all: with the rule that allows it'
is "$(grep -c '^allowed *exec */usr/bin/gzip' out)" 1 'events that say the same are shown once'
sed 's|^processes:|&\n  - /usr/bin/id|' p.yaml >wider.yaml
run "$BUCKLER" replay wider.yaml log
status 0 'nothing would be refused: status 0'
"$BUCKLER" compile -q wider.yaml -o wider.bkl
run "$BUCKLER" replay wider.bkl log
status 0 'a compiled policy'
run sh -c '"$1" replay p.yaml - <log' - "$BUCKLER"
status 1 'standard input'
sed 's/^version: 1/&\nmode: alert/' p.yaml >alert.yaml
run "$BUCKLER" replay alert.yaml log
status 0 'a policy in the mode alert refuses nothing'
out '^alert +exec +/usr/bin/id' 'but says what it would tell'
sed 's/"sha256":"[0-9a-f]*",//' log >unhashed
sed 's|^    args:|    sha256: "0000000000000000000000000000000000000000000000000000000000000000"\n&|' wider.yaml >hashed.yaml
run "$BUCKLER" replay hashed.yaml unhashed
status 0 'a hash that the log does not have: status 0'
out '^unknown +exec +/usr/bin/gzip' 'and unknown'
run "$BUCKLER" replay hashed.yaml log
status 1 'one that it has and that differs: refused'

run "$BUCKLER" replay --format json p.yaml log
ok 'json: an object a line, the counts in the last' python3 -c '
import json
rows = [json.loads(line) for line in open("out")]
assert rows[-1]["refused"] == 1 and rows[-1]["allowed"] > 3, rows[-1]
assert [r for r in rows[:-1] if r["verdict"] == "denied"][0]["argv"] == ["/usr/bin/id", "-u"], rows'

run "$BUCKLER" replay p.yaml
status 2 'no log: status 2'
run "$BUCKLER" replay p.yaml missing.log
status 2 'a log that is not there: status 2'
run "$BUCKLER" replay missing.yaml log
status 2 'a policy that is not there: status 2'
run "$BUCKLER" replay log log
status 2 'a policy that is none: status 2'
head -c 20000 /dev/urandom >noise
run "$BUCKLER" replay p.yaml noise
status 0 'noise: no events'
err '^noise: warning: no event in [0-9]+ lines' 'and that is said'
run "$BUCKLER" replay p.yaml log noise
err '^noise: warning: no event' 'beside another log, too'
: >empty
run "$BUCKLER" replay p.yaml - <empty
err '^standard input: warning: no event in 0 lines' 'an empty log'
run "$BUCKLER" replay p.yaml log log
silent err 'a log that is there twice has events'
{ printf '\377\376'; iconv -f UTF-8 -t UTF-16LE <log; } >utf16
run "$BUCKLER" replay p.yaml utf16
status 2 'UTF-16: status 2'
silent out 'UTF-16: no counts'
err 'utf16 is UTF-16.*iconv' 'UTF-16: named, and what to do'
gzip <log >log.gz
run "$BUCKLER" replay p.yaml log.gz
status 2 'a compressed log: status 2'
err 'log\.gz is compressed' 'and said'
for form in text json; do
	"$BUCKLER" replay -a --format $form p.yaml log >/dev/full 2>err
	is $? 2 "a full disk, $form: status 2"
	is "$(cat err)" 'buckler: error: standard output: No space left on device' "a full disk, $form: the reason, once"
done

done_testing
