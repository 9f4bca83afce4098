#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the platform gives the function to talk to needs no rule, for its main process alone; where credentials are given out, nothing is given
# so.  In a network of its own, where every address has a listener: without the shim all of them are reached.
. "${0%/*}/../support/own_network.sh"
. "${0%/*}/../support/tap.sh"
PARTS=$TOP/tests/integration/network

echo 'nameserver 127.0.0.53' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf || { tap_fail 'a resolver of its own'; done_testing; }
cat >listen.py <<'PY'
import fcntl, select, socket, struct

def give(name, address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(s, 0x8916, struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address)))    # SIOCSIFADDR

for i, address in enumerate(("169.254.169.254", "169.254.170.2", "169.254.100.1", "10.9.9.9")):
    give(f"lo:{i}", address)
PLACES = [("127.0.0.1", 9001), ("127.0.0.1", 9002), ("127.0.0.1", 2000), ("127.0.0.1", 7071), ("127.0.0.1", 41741), ("169.254.169.254", 80), ("169.254.170.2", 80),
          ("169.254.100.1", 9001), ("10.9.9.9", 7071)]
kept = []
for place in PLACES:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(place)
        if kind == socket.SOCK_STREAM:
            s.listen(128)
        kept.append(s)
print("ready", flush=True)
while True:
    for s in select.select(kept, [], [])[0]:
        (s.accept()[0].close if s.type == socket.SOCK_STREAM else lambda: s.recv(100))()
PY
/usr/bin/python3 listen.py >ready 2>listen.err &
servers=$!
/usr/bin/python3 "$TOP/tests/support/dns_server.py" 127.0.0.53 53 >questions &
servers="$servers $!"
trap 'kill $servers 2>/dev/null; tap_end' EXIT
wait_for ready questions
[ -s ready ] || tap_comment "$(cat listen.err)"

printf 'version: 1\nnetwork:\n  connect:\n    - {domain: api.test, port: 8080}\n' >policy.yaml
"$BUCKLER" compile policy.yaml -o policy.bkl

# reach NAME WANTED VARIABLE=VALUE... reach.py's words: first without the shim, where all is reached, then under the policy.
# WANTED: what main, a thread and a child get, for each word.
reach() {
	name=$1 wanted=$2
	shift 2
	/usr/bin/env "$@" >bare 2>err
	is "$(grep -vc ' yes$' bare)" 0 "$name: control"
	variables=
	while [ "${1#*=}" != "$1" ] && [ "${1#--}" = "$1" ]; do
		variables="$variables $1"
		shift
	done
	# shellcheck disable=SC2086
	/usr/bin/env $variables "$SHIM" -p policy.bkl --log-fd 9 -- "$@" >out 2>err 9>log
	is "$(awk '{ print $3 }' out | tr '\n' ' ')" "$wanted " "$name"
	[ -s out ] || tap_comment "$(head -5 err)"
}
PYTHON="/usr/bin/python3 $PARTS/reach.py"

# shellcheck disable=SC2086
{
reach 'the Runtime API' 'yes yes EACCES' AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 $PYTHON tcp:127.0.0.1:9001
like "$(cat log)" '"event":"connect","verdict":"denied".*"port":9001' '... the child is told'
is "$(grep -vc '"event":"start"' log)" 1 '... and nobody else'
reach 'the Runtime API, link-local' 'yes yes EACCES' AWS_LAMBDA_RUNTIME_API=169.254.100.1:9001 $PYTHON tcp:169.254.100.1:9001
reach 'another port of its address' 'EACCES EACCES EACCES' AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 $PYTHON tcp:127.0.0.1:9002
reach 'without the variable' 'EACCES EACCES EACCES' X=1 $PYTHON tcp:127.0.0.1:9001
reach "X-Ray's daemon" 'yes yes EACCES yes yes EACCES' AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000 $PYTHON udp:127.0.0.1:2000 tcp:127.0.0.1:2000
reach "X-Ray's daemon, by protocol" 'yes yes EACCES' 'AWS_XRAY_DAEMON_ADDRESS=tcp:127.0.0.1:2000' $PYTHON udp:127.0.0.1:2000
for form in '--functions-uri http://127.0.0.1:7071/' '--functions-uri=http://localhost:7071/' '--host 127.0.0.1 --port 7071'; do
	reach "the Azure host: $form" 'yes yes EACCES' FUNCTIONS_WORKER_RUNTIME=python $PYTHON tcp:127.0.0.1:7071 -- $form
	reach "such arguments elsewhere: $form" 'EACCES EACCES EACCES' X=1 $PYTHON tcp:127.0.0.1:7071 -- $form
done
reach 'a host that is not on the same machine' 'EACCES EACCES EACCES' FUNCTIONS_WORKER_RUNTIME=python $PYTHON tcp:10.9.9.9:7071 -- --functions-uri http://10.9.9.9:7071/

reach 'a metadata service as Runtime API' 'EACCES EACCES EACCES' AWS_LAMBDA_RUNTIME_API=169.254.169.254:80 $PYTHON tcp:169.254.169.254:80
like "$(cat log)" '"verdict":"denied".*"address":"169.254.169.254".*T1552.005' '... with its technique'
reach 'another as X-Ray daemon' 'EACCES EACCES EACCES' AWS_XRAY_DAEMON_ADDRESS=169.254.170.2:80 $PYTHON tcp:169.254.170.2:80
reach 'one as the Azure host' 'EACCES EACCES EACCES' WEBSITE_SITE_NAME=x $PYTHON tcp:169.254.169.254:80 -- --functions-uri http://169.254.169.254:80/
for variable in IDENTITY_ENDPOINT MSI_ENDPOINT AWS_CONTAINER_CREDENTIALS_FULL_URI; do
	reach "what $variable names, as X-Ray daemon" 'EACCES EACCES EACCES' AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:41741 "$variable=http://localhost:41741/msi/token" $PYTHON tcp:127.0.0.1:41741
done

reach 'the resolver, for a name that is listed' 'yes yes yes' X=1 $PYTHON ask:api.test
is "$(grep -vc '"event":"start"' log)" 0 '... is silent'
reach 'the resolver, for another' 'no no no' X=1 $PYTHON ask:evil.test
is "$(grep -c evil.test questions)" 3 '... which only the control asked it for'
reach 'the resolver by TCP' 'yes yes yes' X=1 $PYTHON tcp:127.0.0.53:53
}

# --- Landlock beneath, where nobody can listen (and no gate lies beside the shim) ---

printf 'version: 1\nnetwork:\n  connect:\n    - {address: 127.0.0.1, port: 9001}\n' >ports.yaml
"$BUCKLER" compile ports.yaml -o ports.bkl
cp "$SHIM" alone
gcc -o unheard "$PARTS/unheard.c"
if "$SHIM" --probe | grep -Eq '^landlock=([4-9]|[1-9][0-9])'; then
	# shellcheck disable=SC2086
	AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000 ./unheard ./alone -p ports.bkl --log-fd 9 -- $PYTHON tcp:127.0.0.1:9001 tcp:127.0.0.1:9002 tcp:127.0.0.1:2000 >out 2>err 9>log
	is "$(awk '{ print $3 }' out | tr '\n' ' ')" 'yes yes yes EACCES EACCES EACCES yes yes yes ' 'without a listener: TCP to ports of the policy and of the platform only'
	unlike "$(cat log)" '"mechanism":"notify"' '... and there was none'
else
	skip 2 'Landlock here knows no ports'
fi
done_testing
