#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names and addresses with real programs: each resolver finds what the policy names and nothing else; hostile answers lead nowhere; and what a
# program was learned from runs again without an event.  In a network of its own, whose resolver is dns_server.py.
. "${0%/*}/../support/own_network.sh"
. "${0%/*}/../support/tap.sh"
PARTS=$TOP/tests/integration/network

# --- the network ---

echo 'nameserver 127.0.0.53' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf || { tap_fail 'a resolver of its own'; done_testing; }
/usr/bin/python3 "$TOP/tests/support/dns_server.py" 127.0.0.53 53 >questions &
servers=$!
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=api.test -addext 'subjectAltName=DNS:api.test' -days 2 2>/dev/null
git init -q --bare repository.git
(git init -q work && cd work && git -c user.name=x -c user.email=x@y commit -q --allow-empty -m x && git push -q ../repository.git HEAD:refs/heads/master) 2>/dev/null
git daemon --reuseaddr --export-all --base-path="$T" --listen=127.0.0.10 --port=9418 >/dev/null 2>&1 &
servers="$servers $!"
/usr/bin/python3 "$PARTS/servers.py" "$T" >ready 2>servers.err &
servers="$servers $!"
trap 'kill $servers 2>/dev/null; tap_end' EXIT
# A database server of the test's own: it does not run as root, and nobody else can be become in a user name space.
postgres=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/postgres | tail -1)")
if [ "$(id -u)" -eq 0 ] && mkdir pg && chown postgres pg 2>/dev/null; then
	chmod 755 .
	as_postgres="setpriv --reuid=postgres --regid=postgres --clear-groups --"
	$as_postgres "$postgres/initdb" -D "$T/pg/data" -A trust -N -E UTF8 --no-locale >initdb.out 2>&1 &&
		echo 'host all all 127.0.0.0/8 trust' >>pg/data/pg_hba.conf || tap_comment "$(tail -3 initdb.out)"
	$as_postgres "$postgres/postgres" -D "$T/pg/data" -k "$T/pg" -c listen_addresses=127.0.0.10 -c fsync=off >pg.out 2>&1 &
	servers="$servers $!"
fi
wait_for ready questions

# --- resolvers ---

cat >names.yaml <<'Y'
version: 1
network:
  connect:
    - {domain: api.test, port: 8080}
    - {domain: deep.test, port: 8080}
    - {domain: spoofed.test, port: 8080}
    - {domain: loop.test, port: 8080}
    - {domain: foreign.test, port: 8080}
    - {domain: oversize.test, port: 8080}
    - {domain: meta.test, port: 8080}
    - {domain: six.test, port: 8080}
    - {domain: "*.wild.test", port: 8080}
    - {domain: www.test, port: 1}
    - {domain: long-tcp.test, port: 8080}
    - {domain: drip-tcp.test, port: 8080}
    - {domain: id-tcp.test, port: 8080}
    - {domain: other-tcp.test, port: 8080}
    - {domain: cut-tcp.test, port: 8080}
    - {domain: huge-tcp.test, port: 8080}
    - {domain: empty-tcp.test, port: 8080}
    - {domain: twice-tcp.test, port: 8080}
    - {domain: silent-tcp.test, port: 8080}
Y
"$BUCKLER" compile names.yaml -o names.bkl
musl-gcc -static -o resolve-musl "$PARTS/resolve.c"
gcc -o resolve-glibc "$PARTS/resolve.c"
(GOCACHE=$T/go GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o resolve-go "$PARTS/resolve.go") 2>go.err || cat go.err
javac -d . "$PARTS/Resolve.java"

# with COMMAND...: prints a line "NAME yes" or "NAME no" for each name that is asked to be connected to.
with() {
	"$SHIM" -p names.bkl --log-fd 9 -- "$@" 9>>log >out 2>err
}
resolver() {
	label=$1
	shift
	: >log
	with "$@" api.test deep.test evil.test 127.0.0.66
	is "$(tr '\n' ' ' <out)" 'api.test yes deep.test yes evil.test no 127.0.0.66 no ' "$label: what the policy names, over CNAMEs, and nothing else"
	[ -s out ] || tap_comment "$(head -5 err)"
	like "$(cat log)" '"event":"connect","verdict":"denied".*"port":53.*"domain":"evil.test"' "$label: the question is told"
	like "$(cat log)" '"verdict":"denied".*"address":"127.0.0.66"' "$label: and the address"
}
resolver glibc ./resolve-glibc
resolver musl ./resolve-musl
resolver Go ./resolve-go
resolver Java java -Xshare:auto -XX:-UsePerfData -cp . Resolve
resolver Node node "$PARTS/resolve.js" lookup
resolver c-ares node "$PARTS/resolve.js" cares
resolver Python /usr/bin/python3 "$PARTS/resolve.py"
resolver asyncio /usr/bin/python3 "$PARTS/resolve.py" asyncio
unlike "$(cat questions)" 'evil.test' 'what is not named never came to the resolver'

: >log
with ./resolve-glibc spoofed.test loop.test foreign.test oversize.test meta.test ring.test
is "$(tr '\n' ' ' <out)" 'spoofed.test no loop.test no foreign.test no oversize.test no meta.test no ring.test no ' 'hostile answers lead nowhere'
with ./resolve-glibc six.test
is "$(cat out)" 'six.test yes' 'an IPv6 address by name'

# By TCP, where the answer is too long for a datagram.
over_tcp() {
	label=$1
	shift
	: >log
	with "$@" long-tcp.test drip-tcp.test evil-tcp.test
	is "$(tr '\n' ' ' <out)" 'long-tcp.test yes drip-tcp.test yes evil-tcp.test no ' "$label: answers by TCP"
	[ -s out ] || tap_comment "$(head -5 err)"
	unlike "$(grep -Ev 'evil|"event":"summary"' log)" '"verdict":"denied"' "$label: ... without an event but for what is not named"
}
over_tcp glibc ./resolve-glibc
over_tcp Go ./resolve-go
over_tcp c-ares node "$PARTS/resolve.js" cares
over_tcp Python /usr/bin/python3 "$PARTS/resolve.py"
like "$(cat questions)" '^long-tcp.test 1 tcp' 'they were asked for by TCP'
unlike "$(cat questions)" 'evil-tcp' 'but for what is not named'
: >log
with /usr/bin/python3 "$PARTS/overtcp.py" 127.0.0.53
is "$(cat out)" "$(cat <<'X'
one 1234:0:1
two in one segment 1:0:1 2:0:2
twelve in one segment 0:0:1 1:0:1 2:0:1 3:0:1 4:0:1 5:0:1 6:0:1 7:0:1 8:0:1 9:0:1 a:0:1 b:0:1
byte by byte 1234:0:1
half closed 1234:0:1 closed
not listed 1234:3:0
not listed, then listed 1:3:0 2:0:1
a long answer 1234:0:31
an answer in drops 1234:0:1
a second answer 1:0:1 2:0:1
another id first 1234:0:0
another question first 1234:0:0
an answer cut off closed
an answer too long closed
an empty answer closed
an empty question closed
rubbish closed
a question too long closed
while others hang 1234:0:1
abandoned 1234:0:1
X
)" 'conversations by TCP, message by message'
[ ! -s err ] || tap_comment "$(tail -5 err)"
with ./resolve-glibc id-tcp.test other-tcp.test cut-tcp.test empty-tcp.test huge-tcp.test 127.0.0.66
is "$(tr '\n' ' ' <out)" 'id-tcp.test no other-tcp.test no cut-tcp.test no empty-tcp.test no huge-tcp.test no 127.0.0.66 no ' 'hostile answers by TCP lead nowhere'
: >log
with /usr/bin/python3 "$PARTS/tunnel.py" 127.0.0.53
out '^labels [0-9]' 'random labels below an allowed parent'
like "$(cat log)" '"verdict":"alert".*T1048.003.*many new names below a wildcard' '... are told'
like "$(cat log)" '"verdict":"alert".*T1048.003.*a question for text below a wildcard' '... and questions for text'
: >log
with /usr/bin/python3 "$PARTS/elsewhere.py"
out '^resolver denied$' 'another resolver by UDP'
out '^tcp denied$' '... by TCP'
out '^dot denied$' 'DNS over TLS'
out '^doh denied$' 'DNS over HTTPS'
like "$(cat log)" '"address":"127.0.0.66","port":53.*T1048.003' 'another resolver: the event'

# --- blocking ---

printf 'version: 1\nnetwork:\n  connect:\n    - {address: 127.0.0.1}\n    - {unix: "%s/*"}\n' "$T" >blocking.yaml
"$BUCKLER" compile blocking.yaml -o blocking.bkl
timeout 60 /usr/bin/python3 "$PARTS/blocking.py" "$T" >first 2>&1
timeout 60 "$SHIM" -p blocking.bkl --log-fd 9 -- /usr/bin/python3 "$PARTS/blocking.py" "$T" >second 2>&1 9>log
is "$(cat second)" "$(cat first)" 'what blocks, and what ends it, is as without the shim'
like "$(cat second)" "^while 100 hang: \[0, 0, 0, 0, 0\]" '... and 100 that hang keep nobody waiting'

# --- every call with every address, good and bad ---

cat >any.yaml <<'Y'
version: 1
network:
  connect: [{address: 0.0.0.0/0}, {address: "::/0"}, {unix: "/**"}, {unix: "@**"}, {family: netlink}]
  listen: [{address: 0.0.0.0/0}, {address: "::/0"}, {unix: "/**"}, {unix: "@**"}]
Y
"$BUCKLER" compile any.yaml -o any.bkl 2>/dev/null
cp "$TOP/build/attack/netcalls" .
calls() {
	rm -rf calls
	mkdir calls
	(cd calls && timeout 60 "$@" ../netcalls) >out 2>err
	chmod 700 calls/closed
}
calls env
mv out first
is "$(wc -l <first | awk '{ print ($1 > 3000) }')" 1 'thousands of calls on sockets, without the shim'
calls "$SHIM" -p "$T/any.bkl" --log-fd 9 -- 9>log
is "$(diff first out | head -20)" '' 'the same under a policy'
is "$(grep -vc '"event":"start"' log)" 0 '... in silence'

# --- what real programs do, learned ---

benign() {
	label=$1
	shift
	"$BUCKLER" learn -o "$label.yaml" -- "$@" >first 2>learn.err </dev/null
	# What git is called with holds process numbers, which one run does not tell: its network rules alone.
	if [ "$label" = git ]; then
		{ echo 'version: 1'; sed -n '/^network/,$p' git.yaml; } >rules
		mv rules git.yaml
	fi
	"$BUCKLER" run --log-fd 9 -p "$label.yaml" -- "$@" >second 2>run.err 9>log </dev/null
	is "$?" 0 "$label: runs under what was learned"
	is "$(cat second)" "$(cat first)" "$label: the same output"
	is "$(grep -vc '"event":"start"' log)" 0 "$label: no event"
	if grep -v '"event":"start"' log >/dev/null; then tap_comment "$(grep -v '"event":"start"' log | head -c 900)"; tap_comment "$(sed -n '/^network/,$p' "$label.yaml" | head -40)"; fi
}
export CERT="$T/cert.pem" CLONE="$T/clone"
benign curl curl -s http://api.test:8080/
benign curl-tls curl -s --cacert cert.pem https://api.test:8443/
# shellcheck disable=SC2016
benign git sh -c 'rm -rf "$CLONE"; git clone -q git://api.test/repository.git "$CLONE" && git -C "$CLONE" log --format=%s'
benign node node "$PARTS/client.js"
benign python /usr/bin/python3 "$PARTS/client.py" "$T"
javac -d . "$PARTS/Client.java"
benign java java -Xshare:auto -XX:-UsePerfData -cp . Client
(GOCACHE=$T/go GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o client-go "$PARTS/client.go") 2>go.err || cat go.err
benign go ./client-go
benign ruby ruby "$PARTS/client.rb"
# shellcheck disable=SC2016
benign openssl sh -c 'echo | openssl s_client -connect api.test:8443 -CAfile "$CERT" -verify_return_error -quiet -no_ign_eof 2>/dev/null; echo done'
if [ -d pg/data ]; then
	tries=0
	until "$postgres/pg_isready" -q -h "$T/pg" || [ $tries -gt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
	export PGUSER=postgres PGDATABASE=postgres PGHOST=api.test
	benign psql psql -AXtc 'select sum(i) from generate_series(1, 100) i'
	is "$(cat second)" 5050 'psql: what the database says'
	like "$(cat psql.yaml)" 'domain: api.test' 'psql: its server is learned by name'
	PGHOST=$T/pg
	benign psql-unix psql -AXtc 'select sum(i) from generate_series(1, 100) i'
	is "$(cat second)" 5050 'psql by a unix socket: what the database says'
	like "$(cat psql-unix.yaml)" "unix: .*/pg/.s.PGSQL.5432" 'psql by a unix socket: its path is learned'
else
	skip 10 'a database server needs a user of its own, which only root can become'
fi
like "$(cat python.yaml)" 'domain: api.test' 'names are learned, not addresses'
unlike "$(cat python.yaml)" '127\.0\.0\.10' '... even where only the address was connected to'
done_testing
