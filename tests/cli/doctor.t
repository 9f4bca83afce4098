#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler doctor over places that a stand-in for buckler-init claims, and over this place where the real one is built.
. "${0%/*}/../support/tap.sh"

unset AWS_LAMBDA_RUNTIME_API FUNCTION_TARGET K_SERVICE FUNCTIONS_WORKER_RUNTIME FUNCTIONS_CUSTOMHANDLER_PORT fprocess \
	__OW_ACTION_NAME FC_FUNCTION_NAME FLY_APP_NAME KUBERNETES_SERVICE_HOST

# place OFFERS LANDLOCK NOTIFY_ERRNO SEIZE_ERRNO
place() {
	cat >init <<SH
#!/bin/sh
[ "\$*" = --probe ] || exit 99
echo offers=$1
echo landlock=$2
echo notify_errno=$3
echo seize_errno=$4
echo kernel=6.18.44
echo arch=x86_64
echo something_new=1
SH
	chmod 755 init
}
export BUCKLER_INIT="$T/init"

place 0x27ff 7 0 0
run "$BUCKLER" doctor
status 0 'a place with everything: status 0'
silent err 'a place with everything: nothing on standard error'
out '^kernel +6\.18\.44 x86_64$' 'the kernel'
out '^mechanism +notify: ' 'the mechanism'
out '^  notify +yes' 'an ability'
out '^  landlock +yes .*ABI 7' 'the Landlock ABI'
out '^  processes +enforced$' 'processes are enforced'
out '^  libraries +enforced$' 'libraries are enforced'
out '^  generated_code +enforced$' 'generated code is enforced'
unlike "$(cat out)" 'What to do' 'nothing to do'
out 'no function platform' 'no platform'
ok 'at most 80 columns' sh -c 'test -z "$(awk "length(\$0) > 80" "$1")"' - out

place 0x7ef 7 0 1
run "$BUCKLER" doctor
status 0 'no ptrace: status 0'
out '^  seize +no .*refused by a security profile' 'no ptrace: why'
out '^  processes +detected$' 'no ptrace: processes are only detected'
out 'ptrace_scope' 'no ptrace: what to do'

place 0x1 0 22 0
run "$BUCKLER" doctor
out '^mechanism +filter: ' 'a filter alone: the mechanism'
out '^  notify +no .*does not know it' 'a filter alone: why'
out '^  processes +unavailable$' 'a filter alone: processes are not judged'
out '^  landlock +no' 'a filter alone: no Landlock'

place 0 0 1 1
run "$BUCKLER" doctor
status 0 'a place with nothing: status 0'
out '^mechanism +none: ' 'a place with nothing: the mechanism'
out '^  generated_code +unavailable$' 'a place with nothing: nothing is enforced'

place 0x1 0 16 0
run "$BUCKLER" doctor
out '^  notify +no .*another listener' 'a listener is there already: why'

# With a policy the answer is about its sections, and the exit status says whether it can be enforced.
printf 'version: 1\nprocesses: []\n' >p.yaml
place 0x27ff 7 0 0
run "$BUCKLER" doctor -p p.yaml
status 0 'a policy that can be enforced: status 0'
out '^  processes +enforced$' 'its section'
unlike "$(cat out)" '^  files\.write' 'no section that it does not have'
place 0x1 7 22 0
run "$BUCKLER" doctor -p p.yaml
status 1 'a policy that cannot be enforced: status 1'
printf 'version: 1\nx: 1\n' >bad.yaml
run "$BUCKLER" doctor -p bad.yaml
status 2 'a bad policy: status 2'
err '^bad\.yaml:2:1: error' 'a bad policy: line and column'

run "$BUCKLER" doctor --format json
status 0 'json: status 0'
ok 'json: the facts' jq -e '.mechanism == "filter" and .offers.filter and (.offers.notify | not) and .landlock == 7
	and .notify_errno == 22 and .sections.processes == "unavailable" and .place == null and (.advice.notify | length) > 0' out
AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 run "$BUCKLER" doctor --format json
ok 'json: Lambda' jq -e '.place == "AWS Lambda"' out
unset AWS_LAMBDA_RUNTIME_API
FUNCTION_TARGET=f K_SERVICE=s run "$BUCKLER" doctor
out '^place +Google Cloud Functions' 'Google: the more telling variable decides'
unset FUNCTION_TARGET K_SERVICE
FUNCTIONS_WORKER_RUNTIME=node run "$BUCKLER" doctor
out '^place +Azure Functions' 'Azure'
unset FUNCTIONS_WORKER_RUNTIME

# What a shim may answer wrongly.
broken() {
	printf '#!/bin/sh\n%s\n' "$2" >init
	run "$BUCKLER" doctor
	status 2 "$1: status 2"
	silent out "$1: no table"
	err "$3" "$1: says so"
}
broken 'no answer' 'exit 0' 'no answer'
broken 'another program' 'echo usage; exit 125' 'status 125'
broken 'a crash' 'kill -SEGV $$' 'signal 11'
broken 'nonsense' 'head -c 200000 /dev/urandom' 'init'
BUCKLER_INIT=$T/absent run "$BUCKLER" doctor
status 2 'no shim: status 2'
err 'BUCKLER_INIT' 'no shim: what to do'
export BUCKLER_INIT="$T/init"
run "$BUCKLER" doctor extra
status 2 'an argument: status 2'

if [ -x "$SHIM" ]; then
	BUCKLER_INIT=$SHIM run "$BUCKLER" doctor --format json
	status 0 'this place: status 0'
	ok 'this place: kernel and architecture as uname says' jq -e --arg k "$(uname -r)" --arg m "$(uname -m)" \
		'.arch == $m and (.kernel | startswith($k | split("-")[0]))' out
else
	skip 2 'buckler-init is not built'
fi

done_testing
