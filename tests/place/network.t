#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names and addresses by the gate: in the Lambda box each resolver finds what the policy names and nothing else, every call with every address answers
# as without it, and ordinary programs work in silence under rules that name what they talk to.  See tests/integration/network.t.
. "${0%/*}/../support/own_network.sh"
. "${0%/*}/../support/tap.sh"
BOX=$TOP/build/place/box
PARTS=$TOP/tests/integration/network

[ "$(id -u)" -eq 0 ] || skip_all 'only root can make the box'
mountpoint -q / || skip_all 'the box needs a root folder that is a mount, which that of a chroot is not'
[ -e "${SHIM%/*}/buckler-gate.so" ] || skip_all 'the gate is for x86-64'

# --- what is talked to ---

mkdir opt task servers
cp "$SHIM" "${SHIM%/*}/buckler-gate.so" opt
cp "$PARTS"/* "$TOP/build/attack/netcalls" task
echo 'nameserver 127.0.0.53' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf || { tap_fail 'a resolver of its own'; done_testing; }
openssl req -x509 -newkey rsa:2048 -nodes -keyout servers/key.pem -out servers/cert.pem -subj /CN=api.test -addext 'subjectAltName=DNS:api.test' -days 2 2>/dev/null
cp servers/cert.pem task
/usr/bin/python3 "$TOP/tests/support/dns_server.py" 127.0.0.53 53 >questions &
servers=$!
/usr/bin/python3 "$PARTS/servers.py" "$T/servers" >ready 2>servers.err &
servers="$servers $!"
trap 'kill $servers 2>/dev/null; tap_end' EXIT
wait_for ready questions
gcc -o task/peers "$PARTS/peers.c"
gcc -o task/resolve-glibc "$PARTS/resolve.c"
javac -d task "$PARTS/Resolve.java" "$PARTS/Client.java"
chmod -R a+rX .
chmod 777 servers/*.sock

cat >names.yaml <<'Y'
version: 1
network:
  connect:
    - {domain: api.test, port: 8080}
    - {domain: deep.test, port: 8080}
    - {domain: six.test, port: 8080}
    - {domain: spoofed.test, port: 8080}
    - {domain: foreign.test, port: 8080}
    - {domain: meta.test, port: 8080}
    - {domain: long-tcp.test, port: 8080}
Y
cat >work.yaml <<'Y'
version: 1
network:
  connect:
    - {domain: api.test, port: 8080}
    - {domain: api.test, port: 8443}
    - {domain: api.test, port: 2525}
    - {domain: www.test, port: 8080}
    - {address: 127.0.0.1}
    - {address: "::1", port: 8080}
    - {unix: /var/servers/app.sock}
    - {unix: "@buckler-test-app"}
  listen: [{address: 127.0.0.1}]
Y
cat >any.yaml <<'Y'
version: 1
network:
  connect: [{address: 0.0.0.0/0}, {address: "::/0"}, {unix: "/**"}, {unix: "@**"}, {family: netlink}]
  listen: [{address: 0.0.0.0/0}, {address: "::/0"}, {unix: "/**"}, {unix: "@**"}]
Y
for name in names work any; do
	"$BUCKLER" compile -q $name.yaml -o opt/$name.bkl 2>compile.err || { tap_fail "$name.yaml"; tap_comment "$(cat compile.err)"; }
done

in_box() {
	"$BOX" --opt opt --task task --bind "$T/servers=/var/servers" -- "$@"
}
# gated POLICY CMD...: the output in $T/out, the events in $T/log
gated() {
	policy=$1
	shift
	in_box /opt/buckler-init -p "/opt/$policy.bkl" -- "$@" >out 2>err </dev/null
	status=$?
	grep '"buckler":' err >log
}

# --- resolvers ---

resolver() {
	label=$1
	shift
	gated names "$@" api.test deep.test long-tcp.test evil.test 127.0.0.66
	is "$(tr '\n' ' ' <out)" 'api.test yes deep.test yes long-tcp.test yes evil.test no 127.0.0.66 no ' "$label: what the policy names, and nothing else"
	[ -s out ] || tap_comment "$(grep -v '"buckler":' err | head -5)"
	like "$(cat log)" '"event":"connect","verdict":"denied".*"port":53.*"domain":"evil.test"' "$label: the question is told"
	like "$(cat log)" '"verdict":"denied".*"address":"127.0.0.66".*"mechanism":"gate.watch"' "$label: and the address, by the gate"
}
resolver glibc /var/task/resolve-glibc
resolver Java java -Xshare:auto -XX:-UsePerfData -cp /var/task Resolve
resolver c-ares node /var/task/resolve.js cares
resolver Python /usr/bin/python3 /var/task/resolve.py
unlike "$(cat questions)" 'evil.test' 'what is not named never came to the resolver'
gated names /var/task/resolve-glibc six.test spoofed.test foreign.test meta.test
is "$(tr '\n' ' ' <out)" 'six.test yes spoofed.test no foreign.test no meta.test no ' 'an IPv6 address by name; hostile answers lead nowhere'
gated names /usr/bin/python3 /var/task/elsewhere.py
like "$(tr '\n' ' ' <out)" '^resolver denied .*dot denied doh denied' 'another resolver, DNS over TLS and HTTPS'
like "$(cat log)" '"network.connect":"enforced"' 'the start event says that it is enforced'

# --- who answers ---

in_box /var/task/peers >first
is "$(grep -c '127.0.0.53:53 16' first)" 4 'each call tells who the resolver is, without the gate'
gated names /var/task/peers
is "$(cat out)" "$(cat first)" 'so it does by the gate, though the relay answers'
is "$(grep -vc '"event":"start"' log)" 0 '... in silence'

# --- every call with every address ---

calls() {
	in_box "$@" /bin/sh -c 'mkdir /tmp/calls; cd /tmp/calls && timeout 60 /var/task/netcalls; chmod 700 closed' 2>err
}
calls env >first
is "$(wc -l <first | awk '{ print ($1 > 3000) }')" 1 'thousands of calls on sockets, without the gate'
calls /opt/buckler-init -p /opt/any.bkl -- >second
is "$(diff first second | head -60)" '' 'the same under a policy'
is "$(grep '"buckler":' err | grep -vc '"event":"start"')" 0 '... in silence'

# --- what blocks ---

in_box timeout 60 /usr/bin/python3 /var/task/blocking.py /tmp >first 2>&1
gated any timeout 60 /usr/bin/python3 /var/task/blocking.py /tmp
is "$(cat out)" "$(cat first)" 'what blocks, and what ends it, is as without the gate'

# --- ordinary work ---

works() {
	label=$1
	shift
	in_box "$@" >first 2>/dev/null </dev/null
	ok "$label: works without the gate" [ -s first ]
	gated work "$@"
	is "$status $(cat out)" "0 $(cat first)" "$label: the same under a policy"
	is "$(grep -v '"event":"start"' log)" '' "$label: no event"
}
export CERT=/var/task/cert.pem
works curl curl -s http://api.test:8080/
works curl-tls curl -s --cacert /var/task/cert.pem https://api.test:8443/
works node node /var/task/client.js
works python /usr/bin/python3 /var/task/client.py /var/servers
works java java -Xshare:auto -XX:-UsePerfData -cp /var/task Client
works ruby ruby /var/task/client.rb
done_testing
