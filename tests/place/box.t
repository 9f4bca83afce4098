#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The box that stands for AWS Lambda's place: each of its limits holds inside it, and does not outside; it hands on what a command
# says; the Runtime API beside it hands out events.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/place/box.sh"

mkdir task opt
cp "$TOP/build/place/limits" task
chmod -R a+rX .

# Every limit, one expectation each, under its own number.
run "$BOX" --task task --opt opt -- /var/task/limits
cp out inside
while read -r result rest; do
	case $result in
	ok) tap_pass "inside: ${rest#* - }" ;;
	not) tap_fail "inside: ${rest#* - }" ;;
	esac
done <inside
status 0 'every limit holds inside'
ok 'they were tried' [ "$(grep -c '^ok' inside)" -gt 40 ]

# The control: the same program outside, as that user.
run setpriv --reuid 993 --regid 990 --clear-groups --bounding-set=-all task/limits
status 1 'outside they do not'
ok 'few of them hold outside' [ "$(grep -c '^not ok' out)" -gt 15 ]

run "$BOX" -- /bin/sh -c 'exit 42'
status 42 'the status is that of the command'
# shellcheck disable=SC2016
run "$BOX" -- /bin/sh -c 'kill -9 $$'
status 137 '128 + n after signal n'
run "$BOX" -- /no/such/command
status 127 'a command that is not there'
run "$BOX" --task no/such/folder -- /bin/true
status 125 'a folder that is not there'
run "$BOX"
status 125 'no command'
# shellcheck disable=SC2016
run env MARK=mark "$BOX" --bind "$T/task=/var/lang/bin" -- /bin/sh -c 'echo "$MARK $(pwd) $(id -un) $(ls /var/lang/bin)"'
out '^mark /var/task sbx_user1051 limits$' 'environment, folder, user, a further mount'
run "$BOX" -- /bin/sh -c 'sleep 1000 & exec ls /proc'
is "$(grep -c '^[0-9]' out)" 3 'it has processes of its own: the platform, the command and its child'
is "$(grep -c ' - tmpfs box ' /proc/self/mountinfo)" 0 'no mount is left outside'

# The Runtime API: events in order, answers as they came, what does not fit the protocol is refused.
cat >function.py <<'PY'
import os, urllib.request
base = "http://%s/2018-06-01/runtime/" % os.environ["AWS_LAMBDA_RUNTIME_API"]

def post(path, body):
    try:
        return urllib.request.urlopen(base + path, data=body).status
    except urllib.error.HTTPError as e:
        return e.code

post("invocation/id-1/response", b"before it was handed out")
while True:
    event = urllib.request.urlopen(base + "invocation/next")
    request, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    kind = "error" if b"bad" in body else "response"
    assert int(event.headers["Lambda-Runtime-Deadline-Ms"]) > 0
    assert post("invocation/%s/%s" % (request, kind), b"of\n" + body) == 202
    post("invocation/%s/response" % request, b"twice")
PY
printf '%s\n' '{"n": 1}' '"bad"' '{"n": 3}' >events
run /usr/bin/python3 "$TOP/tests/place/runtime_api.py" events answers "$BOX" --task "$T" -- /usr/bin/python3 /var/task/function.py
status 0 'all events are answered'
printf '%s\n' '- stray POST /2018-06-01/runtime/invocation/id-1/response' 'id-1 response of\n{"n": 1}' \
	'- stray POST /2018-06-01/runtime/invocation/id-1/response' 'id-2 error of\n"bad"' \
	'- stray POST /2018-06-01/runtime/invocation/id-2/response' 'id-3 response of\n{"n": 3}' >wanted
head -6 answers >got
is "$(cat got)" "$(cat wanted)" 'in order, and strays are told'

# shellcheck disable=SC2016
run /usr/bin/python3 "$TOP/tests/place/runtime_api.py" events answers "$BOX" -- \
	/usr/bin/curl -s -d broken http://127.0.0.1:9/none/2018-06-01 -o /dev/null
status 1 'a function that ends before is noticed'
like "$(cat answers)" '^- ended 7$' 'with its status'
# shellcheck disable=SC2016
run /usr/bin/python3 "$TOP/tests/place/runtime_api.py" events answers "$BOX" -- \
	/bin/sh -c 'curl -s -d broken "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error"; sleep 100'
status 0 'a failed init ends the function'
is "$(cat answers)" '- init/error broken' 'and is told'
run /usr/bin/python3 "$TOP/tests/place/runtime_api.py" --limit 0.5 events answers "$BOX" -- /bin/sleep 100
status 3 'a function that does nothing is given up'

done_testing
