#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real functions in the Lambda box, laid out as the platform lays them out, wrapped by `buckler wrap`: their answers are those that they
# give without buckler, the first line says which mechanism there is, and nothing else is said.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/place/box.sh"

# The gate is for x86-64.
if [ -e "${SHIM%/*}/buckler-gate.so" ]; then GATE=gate+watch; else GATE=watch; fi
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

# What the platform would unpack at /opt.
ok 'the layer' "$BUCKLER" wrap --layer -p native.yaml -o layer.zip
/usr/bin/python3 -m zipfile -e layer.zip opt
chmod -R a+rX opt
chmod 755 opt/buckler/buckler-init

mkdir native
cp "$PLACE"/client/index.js "$PLACE"/client/function.py "$PLACE"/client/function.rb native
javac -d native "$PLACE/client/Function.java"
mkdir shell go
cp "$PLACE/client/bootstrap" shell
(cd go && GOCACHE=$T/go-cache GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o bootstrap "$PLACE/client/function.go")
for name in shell go; do
	ok "$name: the package" "$BUCKLER" wrap $name -p provided.yaml -o wrapped-$name
done
chmod -R a+rX .

# invoke NAME CMD... : what came back in $T/NAME.answers, what was said in $T/NAME.err
invoke() {
	run=$1
	shift
	/usr/bin/python3 "$PLACE/runtime_api.py" events "$run.answers" "$BOX" --opt opt --bind "${NODE%/*}=/var/lang/bin" --bind "$TOP/build/ric=/var/runtime" "$@" \
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

native() {		# NAME CMD... under the wrapper, as AWS_LAMBDA_EXEC_WRAPPER has it
	client=$1
	shift
	invoke "$client-bare" --task native -- "$@"
	invoke "$client" --task native -- env AWS_LAMBDA_EXEC_WRAPPER=/opt/buckler/buckler-init /opt/buckler/buckler-init "$@"
	compare "$client" "$GATE"
}

native node /var/lang/bin/node /var/runtime/node_modules/aws-lambda-ric/bin/index.mjs index.handler
native python /usr/bin/python3 /var/task/function.py
native ruby /usr/bin/ruby /var/task/function.rb
native java /usr/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp /var/task Function

for client in shell go; do
	invoke "$client-bare" --task $client -- /var/task/bootstrap
	invoke "$client" --task "wrapped-$client" -- /var/task/bootstrap
	if [ $client = go ]; then compare go watch; else compare $client "$GATE"; fi	# the gate cannot get into a static program
done
done_testing
