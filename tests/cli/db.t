#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The advisory database: built, fetched from a server on the loopback, shown, damaged.
. "${0%/*}/../support/tap.sh"

S=$TOP/tests/scan
export SOURCE_DATE_EPOCH=1767960000 HOME="$T" XDG_DATA_HOME= BUCKLER_DB= BUCKLER_DB_URL=
facts() { /usr/bin/python3 -c 'import json, sys; d = json.load(open("out")); print(*[d.get(k) for k in sys.argv[1:]])' "$@"; }

# --- build ---
run "$BUCKLER" db build -o a.db --kev "$S/kev.json" --epss "$S/epss.csv" "$S/osv" "$S/own"
status 0 'build: status 0'
silent err 'build: nothing on standard error where it is no terminal'
out '^a.db: 25 advisories, 50 packages from 2 sources$' 'build: says what is in it'
out '^left out: 1 withdrawn, 0 there twice, 0 unreadable, 1 entries' 'build: says what is not'
is "$(ls)" "$(printf 'a.db\nerr\nout')" 'build: nothing else is left'
is "$(stat -c %a a.db)" 444 'build: the database is read-only'
run "$BUCKLER" db info --db a.db --format json --verify
status 0 'info: status 0'
is "$(facts built ageDays records packages withdrawn duplicates unreadable otherEcosystems kev epss)" \
	'2026-01-09T12:00:00Z 0 25 50 1 0 0 1 2026.01.05 2026-01-05' 'info --format json: every fact'
run "$BUCKLER" db info --db a.db
out '^source +18 records, newest 2026-09-10  .*tests/scan/osv$' 'info: each source with its newest record'
cp a.db first.db
run "$BUCKLER" db build -o a.db --kev "$S/kev.json" --epss "$S/epss.csv" "$S/osv" "$S/own"
ok 'the same sources make the same file' cmp a.db first.db

# --- progress, on a terminal only ---
if command -v script >/dev/null; then
	script -qec "$BUCKLER db build -o tty.db $S/osv" /dev/null </dev/null >tty
	like "$(tr '\r' '\n' <tty)" '^osv  [0-9]+ records' 'build: progress on a terminal'
else
	skip 1 'script is not here'
fi

# --- a zip, gzip, and the same record twice ---
(cd "$S/osv/npm" && /usr/bin/python3 -m zipfile -c "$T/npm.zip" ./*.json)
gzip -c "$S/kev.json" >kev.json.gz
gzip -c "$S/epss.csv" >epss.csv.gz
run "$BUCKLER" db build -o zip.db --kev kev.json.gz --epss epss.csv.gz npm.zip "$S/osv/npm"
status 0 'a zip, gzipped catalogues: status 0'
out '^zip.db: 7 advisories' 'a zip: its records'
out '7 there twice' 'a record that is there twice counts once'

mkdir zips
cp npm.zip zips
run "$BUCKLER" db build -o zips.db zips
out '^zips.db: 7 advisories, .* from 1 source$' 'a folder of zips'

# --- where it goes ---
run env XDG_DATA_HOME="$T/data" "$BUCKLER" db build "$S/own"
ok 'XDG_DATA_HOME says where' [ -f data/buckler/advisories.db ]
run "$BUCKLER" db build "$S/own"
ok 'else it is in ~/.local/share' [ -f .local/share/buckler/advisories.db ]
run env BUCKLER_DB="$T/x/y/b.db" "$BUCKLER" db build "$S/own"
ok 'BUCKLER_DB says where, folders are made' [ -f x/y/b.db ]

# --- records that are no good: named, counted, the rest is taken ---
mkdir bad
cp "$S/own/BUCKLER-NOFIX.json" bad/good.json
printf '{"id": "A", "affected": 7}' >bad/type.json
printf '{"id": "B", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0' >bad/cut.json
printf '\377\376\000' >bad/binary.json
/usr/bin/python3 -c 'print("[" * 100000)' >bad/deep.json
/usr/bin/python3 -c 'import json; json.dump({"id": "MANY", "affected": [{"package": {"ecosystem": "npm", "name": "many"}, "versions": ["1.0.%d" % i for i in range(300000)]}]}, open("bad/many.json", "w"))'
head -c 9000000 /dev/zero | tr '\0' ' ' >bad/giant.json
run "$BUCKLER" db build -o bad.db bad
status 0 'bad records: status 0'
out '^bad.db: 2 advisories' 'bad records: the good ones are taken, also one with 300,000 versions'
out '5 unreadable' 'bad records: counted'
for name in type cut binary deep giant; do
	err "bad/$name.json: warning: record left out" "bad records: $name is named"
done
err 'giant.json: warning: record left out: larger than 8 MiB' 'a giant is not read'

# --- sources that are none: an error, and the old database stays ---
cp a.db kept.db
printf 'PK\003\004 no zip' >no.zip
mkdir empty
for source in no.zip empty /nonexistent "$S/epss.csv"; do
	run "$BUCKLER" db build -o a.db "$S/own" "$source"
	status 2 "build from ${source##*/}: status 2"
	err 'error:' "build from ${source##*/}: says so"
	ok "build from ${source##*/}: the old one stays" cmp a.db kept.db
done
head -c 3000 npm.zip >cut.zip
run "$BUCKLER" db build -o a.db cut.zip
status 2 'a cut zip: status 2'
run "$BUCKLER" db build -o a.db --kev "$S/epss.csv" "$S/own"
status 2 'no KEV catalogue: status 2'
err 'epss.csv:1' 'no KEV catalogue: with its line'
run "$BUCKLER" db build -o a.db --epss "$S/kev.json" "$S/own"
status 2 'no EPSS scores: status 2'
run "$BUCKLER" db build -o /dev/full/x.db "$S/own"
status 2 'nowhere to write: status 2'
is "$(find . -name '*.db.*')" '' 'no half of a database is left'
run "$BUCKLER" db build -o a.db
status 2 'build from nothing: status 2'
for words in '' 'frob' 'info x' 'update x'; do
	# shellcheck disable=SC2086
	run "$BUCKLER" db $words
	status 2 "db $words: status 2"
done

# --- update ---
mkdir -p www/npm www/PyPI 'www/Rocky Linux'
cp npm.zip www/npm/all.zip
(cd "$S/osv/PyPI" && /usr/bin/python3 -m zipfile -c "$T/www/PyPI/all.zip" ./*.json)
cp npm.zip 'www/Rocky Linux/all.zip'
cp kev.json.gz epss.csv.gz www
/usr/bin/python3 -u -c '
import functools, http.server
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="www")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()' >port 2>requests &
server=$!
stop() { kill "$server" 2>/dev/null; return "$1"; }
trap 'stop $?; tap_end' EXIT
wait_for port
mkdir fetched
export TMPDIR="$T/fetched"
url=http://127.0.0.1:$(cat port)
run "$BUCKLER" db update -o u.db --url "$url/" --ecosystem npm --ecosystem PyPI --kev "$url/kev.json.gz" --epss "$url/epss.csv.gz"
status 0 'update: status 0'
out '^u.db: 11 advisories, .* from 2 sources' 'update: the exports are in it'
run "$BUCKLER" db info --db u.db --format json
is "$(facts records kev epss)" '11 2026.01.05 2026-01-05' 'update: the catalogues, too'
like "$(cat out)" '"name": "PyPI"' 'update: sources are named by their ecosystem'
run env BUCKLER_DB_URL="$url" "$BUCKLER" db update -o v.db --ecosystem 'Rocky Linux' --kev none --epss "$S/epss.csv"
status 0 'update: BUCKLER_DB_URL, a name with a blank, none, a file'
ok 'update: a file that was given is still there' [ -f "$S/epss.csv" ]
cp u.db kept.db
run "$BUCKLER" db update -o u.db --url "$url" --ecosystem npm --ecosystem Go --kev none --epss none
status 2 'update: an export that is not there: status 2'
err "$url/Go/all.zip: .*404" 'update: it is named with what the server said'
ok 'update: the old database stays' cmp u.db kept.db
printf '<html>moved</html>' >www/npm/all.zip
run "$BUCKLER" db update -o u.db --url "$url" --ecosystem npm --kev none --epss none
status 2 'update: a page instead of an export: status 2'
ok 'update: the old database stays then, too' cmp u.db kept.db
kill "$server"
run "$BUCKLER" db update -o u.db --url "$url" --ecosystem npm --kev none --epss none
status 2 'update: no server: status 2'
run "$BUCKLER" db update -o u.db --url "file://$T/www" --ecosystem npm --kev none --epss none
status 2 'update: only http and https'
is "$(ls fetched)" '' 'update: nothing of what was fetched is left'

# --- a database that is none, or damaged ---
damage() {		# NAME ERE
	for command in 'db info --db' 'scan --db'; do
		# shellcheck disable=SC2086
		case $command in
		db*) run "$BUCKLER" $command bad.db --verify ;;
		*) run "$BUCKLER" $command bad.db "$S/target.cdx.json" ;;
		esac
		status 2 "$1, $command: status 2"
		err "$2" "$1, $command: says so"
		silent out "$1, $command: nothing that looks like a report"
	done
}
rm -f bad.db
damage 'not there' 'bad.db: error'
: >bad.db
damage 'empty' 'bad.db: error: no advisory database'
for i in 1 2 3 4 5 6 7 8 9; do echo "text of some length $i"; done >bad.db
damage 'a text' 'bad.db: error: .*no advisory database'
/usr/bin/python3 -c 'import sqlite3; sqlite3.connect("other.db").execute("create table a (b)")'
cp other.db bad.db
damage 'another database' 'no advisory database'
rm -f bad.db
head -c $(($(stat -c %s a.db) / 8192 * 4096)) a.db >bad.db
damage 'cut short' 'damaged'
rm -f bad.db
{ cat a.db; printf 'more'; } >bad.db
damage 'longer than it was' 'damaged'
# Each page but the first overwritten, one after the other: an error or a whole report, never a crash; here the pages of the look-up.
rm -f bad.db
/usr/bin/python3 -c '
d = bytearray(open("a.db", "rb").read())
for i in range(4096, len(d)): d[i] = (d[i] * 7 + i) & 255
open("bad.db", "wb").write(d)'
damage 'all pages but the first overwritten' 'damaged|no advisory database'
/usr/bin/python3 - "$BUCKLER" "$S/target.cdx.json" <<'PY' >codes
import subprocess, sys
whole = open("a.db", "rb").read()
for page in range(1, len(whole) // 4096):
    d = bytearray(whole)
    for i in range(page * 4096, page * 4096 + 4096, 3):
        d[i] ^= 0x55
    open("one.db", "wb").write(d)
    print(subprocess.run([sys.argv[1], "scan", "--db", "one.db", sys.argv[2]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode)
PY
is "$(grep -cvE '^[12]$' codes)" 0 'one page overwritten at a time: an error or findings, never a crash'

done_testing
