#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real functions in the Lambda box, laid out as the platform lays them out, wrapped by `buckler wrap`: their answers are those that they
# give without buckler, the first line says which mechanism there is, and nothing else is said; what an attacker makes them start is
# stopped.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/place/box.sh"

# The gate is for x86-64.
if [ -e "${SHIM%/*}/buckler-gate.so" ]; then GATE=gate+watch STOPPED=denied; else GATE=watch STOPPED=killed; fi
NODE=$(readlink -f "$(command -v node)")
[ ! -x "$TOP/build/node/bin/node" ] || NODE=$TOP/build/node/bin/node

cat >native.yaml <<'YAML'
version: 1
processes:
  - path: /usr/bin/echo
    args: ["child of", "*"]
  - path: /usr/lib/jvm/**/jspawnhelper
YAML
cat >provided.yaml <<'YAML'
version: 1
main: /var/task/bootstrap
processes:
  - path: /usr/bin/echo
    args: ["child of", "*"]
  - path: /usr/bin/curl
  - path: /usr/bin/sed
YAML
printf '%s\n' '{"name": "first"}' '{"name": "second"}' '{"fail": true}' '{"name": "last"}' >events
printf '%s\n' 'id-1 response {"hello":"first","child":"child of first"}' 'id-2 response {"hello":"second","child":"child of second"}' \
	'id-3 error ' 'id-4 response {"hello":"last","child":"child of last"}' >wanted
attack() {		# SECONDS: the event
	printf '{"run": ["/usr/bin/perl", "/var/task/attack.pl", "%s"]}\n' "$1"
}

# The Runtime API is the main process's: a rule for it is not needed, and another process of the function needs one.
cat >network.yaml <<'YAML'
version: 1
processes: [/usr/bin/echo, /usr/bin/bash, /usr/bin/setsid, /usr/bin/curl]
network: {connect: []}
YAML
# shellcheck disable=SC2016
steal='setsid -w curl -s -d stolen http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/id-1/response'

# What the platform would unpack at /opt.
ok 'the layer' "$BUCKLER" wrap --layer -p native.yaml -o layer.zip
/usr/bin/python3 -m zipfile -e layer.zip opt
chmod -R a+rX opt
chmod 755 opt/buckler/buckler-init

mkdir native
cp "$PLACE"/client/index.js "$PLACE"/client/function.py "$PLACE"/client/function.rb native
# Version 4 of the client for Node.js takes modules only.
sed 's/^exports\./export const /; s/^const \(.*\) = require(\(.*\));/import \1 from \2;/' "$PLACE/client/index.js" >native/module.mjs
javac -d native "$PLACE/client/Function.java"
mkdir shell go
cp "$PLACE/client/bootstrap" shell
(cd go && GOCACHE=$T/go-cache GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o bootstrap "$PLACE/client/function.go")
cp "$PLACE/client/attack.pl" native
for name in shell go; do
	cp "$PLACE/client/attack.pl" $name
	ok "$name: the package" "$BUCKLER" wrap $name -p provided.yaml -o wrapped-$name
done
chmod -R a+rX .

# invoke EVENTS NAME ARG... : what came back in $T/NAME.answers, what was said in $T/NAME.err; $language and $runtime as /var/lang/bin
# and /var/runtime
export _HANDLER=module.handler LAMBDA_TASK_ROOT=/var/task
language=${NODE%/*}
runtime=$TOP/build/ric/3
opt=opt
invoke() {
	events=$1 run=$2
	shift 2
	/usr/bin/python3 "$PLACE/runtime_api.py" "$events" "$run.answers" "$BOX" --opt $opt --bind "$language=/var/lang/bin" --bind "$runtime=/var/runtime" "$@" \
		>"$run.out" 2>"$run.err" </dev/null
}

# A stack trace's text differs between versions; that it is an error does not.
answers() {
	sed 's/^\(id-[0-9]* error \).*/\1/' "$1.answers"
}

events_of() {
	grep '"buckler":' "$1.err" | /usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)["buckler"]
    print(e["event"], e.get("path", ""), e.get("verdict", e["mechanism"]))'
}

compare() {		# NAME MECHANISM: both runs answered, the same, and silently
	is "$(answers "$1-bare")" "$(cat wanted)" "$1: the control answers"
	is "$(answers "$1")" "$(cat wanted)" "$1: it answers as without buckler"
	is "$(events_of "$1" | sed -n 's/^start .* //p')" "$2" "$1: one start event, the mechanism"
	is "$(events_of "$1" | grep -v '^start ')" '' "$1: nothing else is said"
	is "$(grep -v '"buckler":' "$1.err" | grep -v 'asked to fail')" "$(grep -v 'asked to fail' "$1-bare.err")" "$1: the rest of its log is the same"
}

stopped() {		# NAME HOW: both runs, with the attack for an event
	is "$(answers "$1-bare")" 'id-1 response {"ran":"DONE"}' "$1: the attack's control"
	ok "$1: the attack is answered" grep -q '^id-1 ' "$1.answers"
	unlike "$(answers "$1")" DONE "$1: the attack is stopped"
	is "$(events_of "$1" | grep -v '^start ')" "exec /usr/bin/perl $2" "$1: the attack is reported"
}

native() {		# NAME CMD... under the wrapper, as AWS_LAMBDA_EXEC_WRAPPER has it
	client=$1
	shift
	set -- env AWS_LAMBDA_EXEC_WRAPPER=/opt/buckler/buckler-init /opt/buckler/buckler-init "$@"
	invoke events "$client" --task native -- "$@"
	attack 20 >events.attack
	invoke events.attack "$client-attack" --task native -- "$@"
	shift 3
	invoke events "$client-bare" --task native -- "$@"
	attack 0 >events.attack
	invoke events.attack "$client-attack-bare" --task native -- "$@"
	compare "$client" "$GATE"
	stopped "$client-attack" "$STOPPED"
}

native node /var/lang/bin/node /var/runtime/bin/index.mjs index.handler
language=$TOP/build/ric/4/bin runtime=$TOP/build/ric/4
native node22 /var/lang/bin/node /var/runtime/index.mjs
native python /usr/bin/python3 /var/task/function.py
native ruby /usr/bin/ruby /var/task/function.rb
native java /usr/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp /var/task Function

# Under a section for the network, by the gate and without it.
printf '{"run": ["/usr/bin/bash", "-c", "%s"]}\n' "$steal" >events.steal
for mechanism in gate watch; do
	opt=opt-$mechanism
	cp -r opt $opt
	"$BUCKLER" compile -q network.yaml -o $opt/buckler/policy.bkl
	[ $mechanism = gate ] || rm -f $opt/buckler/buckler-gate.so
	chmod -R a+rX $opt
	set -- env AWS_LAMBDA_EXEC_WRAPPER=/opt/buckler/buckler-init /opt/buckler/buckler-init /usr/bin/python3 /var/task/function.py
	[ -e "${SHIM%/*}/buckler-gate.so" ] || [ $mechanism = watch ] || continue
	invoke events.steal stolen-bare --task native -- /usr/bin/python3 /var/task/function.py
	is "$(answers stolen-bare)" 'id-1 response stolen' "Runtime API, $mechanism: the control takes the answer over"
	invoke events.steal stolen --task native -- "$@"
	invoke events network --task native -- "$@"
	is "$(answers network)" "$(cat wanted)" "Runtime API, $mechanism: the main process speaks to it"
	is "$(events_of network | grep -v '^start ')" '' "Runtime API, $mechanism: in silence"
	if [ $mechanism = gate ]; then
		is "$(answers stolen)" 'id-1 error ' 'Runtime API, gate: a child does not'
		is "$(events_of stolen | grep -v '^start ')" 'connect  denied' 'Runtime API, gate: with an event'
		like "$(cat network.err)" '"network.connect":"enforced"' 'Runtime API, gate: the start event says enforced'
		invoke events network --task native -- env AWS_LAMBDA_EXEC_WRAPPER=/opt/buckler/buckler-init /opt/buckler/buckler-init \
			/var/lang/bin/node /var/runtime/index.mjs
		is "$(answers network) $(events_of network | grep -v '^start ')" "$(cat wanted) " 'Runtime API, gate: the platform'"'"'s client speaks to it, in silence'
	else
		is "$(answers stolen)" 'id-1 response stolen' 'Runtime API, watch: out of reach'
		like "$(cat network.err)" '"network.connect":"unavailable"' 'Runtime API, watch: the start event says so'
	fi
done
opt=opt

for client in shell go; do
	invoke events "$client-bare" --task $client -- /var/task/bootstrap
	invoke events "$client" --task "wrapped-$client" -- /var/task/bootstrap
	compare $client "$GATE"
	attack 0 >events.attack
	invoke events.attack "$client-attack-bare" --task $client -- /var/task/bootstrap
	attack 20 >events.attack
	invoke events.attack "$client-attack" --task "wrapped-$client" -- /var/task/bootstrap
	stopped $client-attack "$STOPPED"
done
done_testing
