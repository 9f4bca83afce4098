#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files under a policy: every call with every kind of path says the same as without the shim; ordinary programs work in silence; the
# start event says what is enforced; Landlock where there is no listener.
# With PLACE=gate (tests/attack/files_gate.t) the same where no process may listen or trace: by the in-process gate.
# On a disk the calls that wait for it would take minutes.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${0%/*}/../support/tap.sh"
unset TMPDIR

chmod 755 "$T"
mkdir shim w
cp "$BUCKLER" "$SHIM" "$TOP/build/attack/filecalls" "$TOP/build/attack/refuse" shim
[ ! -e "${SHIM%/*}/buckler-gate.so" ] || cp "${SHIM%/*}/buckler-gate.so" shim
chmod 1777 w
BUCKLER=$T/shim/buckler

as_user() {
	if [ "${PLACE:-}" = gate ]; then
		"$T/shim/refuse" 65534 "$@"
	elif [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

# under POLICY CMD...: as the user, in a new folder; $status, $T/out, $T/err, $T/log.
under() {
	name=$1
	shift
	chmod -R u+rwx "$T/w" 2>/dev/null
	rm -rf "$T/w"
	mkdir -p "$T/w/a/w"
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$T/w"
	: >"$T/log"
	cd "$T/w/a/w" || exit 2
	if [ "$name" = bare ]; then
		as_user env HOME="$T/w/a/w" timeout -k 5 300 "$@" </dev/null >"$T/out" 2>"$T/err"
	else
		as_user env HOME="$T/w/a/w" timeout -k 5 300 "$BUCKLER" run --log-fd 9 -p "$T/$name.yaml" -- "$@" </dev/null >"$T/out" 2>"$T/err" 9>"$T/log"
	fi
	status=$?
	cd "$T" || exit 2
}

cat >everything.yaml <<'YAML'
version: 1
files:
  write: [/**]
  read: {deny: []}
  code: [/**]
YAML
cat >write.yaml <<YAML
version: 1
files:
  write: [$T/w/**]
YAML
cat >work.yaml <<YAML
version: 1
files:
  write: ["$T/w/**", "/tmp/*", "/tmp/*/**", "/var/tmp/*"]
  read: {deny: ["/etc/shadow"]}
YAML

# --- the same results ---

under bare "$T/shim/filecalls"
is "$status" 0 'every call on files, without the shim'
mv out bare
is "$(wc -l <bare | awk '{ print ($1 > 2500) }')" 1 'thousands of them'
for policy in everything write; do
	under $policy "$T/shim/filecalls"
	[ $policy = everything ] || sed -i '/^[a-z0-9]* \//d' out bare	# what lies outside of the list is denied
	is "$status $(diff bare out | head -20)" '0 ' "the same under a policy ($policy)"
	denied=$(grep -c '"verdict":"denied"' log)
	is "$((denied > 0))" "$([ $policy = write ] && echo 1 || echo 0)" "events only of what is not listed ($policy)"
done
like "$(cat log)" '"files.write":"enforced"' 'the start event says that writing is enforced'
like "$(cat log)" '"files.read":"absent"' 'and that reading is not judged'

# --- ordinary work ---

# works NAME CMD...: the same output and status as without the shim, and no event.
works() {
	label=$1
	shift
	under bare "$@"
	mv out bare.out
	bare_status=$status
	under work "$@"
	if [ "$status" -eq 0 ] && [ "$bare_status" -eq 0 ] && cmp -s out bare.out && ! grep -v '"event":"start"' log >/dev/null; then
		tap_pass "$label"
	else
		tap_fail "$label"
		tap_comment "$bare_status $status $(diff bare.out out | head -5) $(head -c 500 err) $(grep -v '"event":"start"' log | head -c 800)"
	fi
}

works 'git: a repository, a commit, a clone' sh -c 'git init -q a && cd a && git config user.email a@b && git config user.name a && echo 1 >f &&
	git add f && GIT_COMMITTER_DATE="2020-01-01 00:00 +0000" git commit -q --date "2020-01-01 00:00 +0000" -m m && cd .. && git clone -q a b && git -C b log --format=%H'
works 'tar: packed and unpacked, with times and modes' sh -c 'mkdir d && echo x >d/f && chmod 640 d/f && ln -s f d/l && ln d/f d/h && touch -d 2020-01-01 d/f && tar cf d.tar d &&
	mkdir o && tar xpf d.tar -C o && stat -c "%a %h %Y" o/d/f && readlink o/d/l'
works 'sort with temporary files, redirections, here-documents' sh -c 'seq 200000 | sort -S 1M -r | head -1; echo a >x; echo b >>x; cat x; cat <<E
text
E
: >x; exec 3<>x; echo c >&3; cat x'
works 'cp, mv, install, mktemp, sed -i, rm' sh -c 'echo x >a; cp -p a b; mv b c; install -m 755 c d; t=$(mktemp) && echo y >"$t" && cat "$t" && rm "$t"; sed -i s/x/z/ c; cat c; mkdir -p p/q/r; rm -r p; ls'
works 'python: tempfile, sqlite3, pickle, a pool' python3 -c '
import tempfile, sqlite3, os, shutil, pickle
with tempfile.TemporaryFile() as f: f.write(b"x"); f.seek(0); print(f.read())
with tempfile.NamedTemporaryFile() as f: f.write(b"x")
d = tempfile.mkdtemp(); open(d + "/x", "w").write("y"); shutil.rmtree(d)
c = sqlite3.connect("x.db"); c.execute("pragma journal_mode=wal"); c.execute("create table t (a)"); c.executemany("insert into t values (?)", [(i,) for i in range(100)]); c.commit()
print(c.execute("select sum(a) from t").fetchone()); c.close()
pickle.dump([1], open("p", "wb")); print(sorted(os.listdir(".")))'
works 'node: a tree of modules, streams, copies' "$(command -v node)" -e '
const fs = require("fs");
for (let i = 0; i < 50; i++) { fs.mkdirSync(`node_modules/m${i}/lib`, { recursive: true }); fs.writeFileSync(`node_modules/m${i}/lib/index.js`, "exports.x = 1"); }
fs.cpSync("node_modules/m1", "copy", { recursive: true }); fs.renameSync("copy", "moved"); fs.appendFileSync("log", "a\n");
console.log(require(process.cwd() + "/moved/lib/index.js").x, fs.readdirSync("node_modules").length); fs.rmSync("node_modules", { recursive: true });'
works 'ruby: Tempfile, Dir.mktmpdir' ruby -rtempfile -rtmpdir -e 'Tempfile.create("x") { |f| f.puts "y"; f.flush; puts File.read(f.path) }; Dir.mktmpdir { |d| File.write(d + "/a", "b"); puts File.read(d + "/a") }'
works 'curl: a file to a file' sh -c 'echo text >page && curl -s -o got "file://$PWD/page" && cat got'
cat >w.java <<'JAVA'
import java.nio.file.*;
public class Temp {
	public static void main(String[] a) throws Exception {
		Path p = Files.createTempFile("x", ".tmp");
		Files.writeString(p, "text");
		System.out.println(Files.readString(p));
		Files.move(p, Path.of("moved"), StandardCopyOption.REPLACE_EXISTING);
		System.out.println(Files.size(Path.of("moved")));
	}
}
JAVA
mv w.java Temp.java && javac -d . Temp.java && chmod 644 Temp.class
works 'java: temporary files' java -Xshare:auto -cp "$T" Temp
works 'outputs opened again: /dev/stdout, /dev/stderr, /dev/null, /dev/fd' sh -c 'echo a >/dev/stdout; echo b >/dev/stderr; echo c >/dev/null; echo d | tee /dev/fd/1 >/dev/null; echo e | cat /dev/stdin'

# --- modes ---

printf 'version: 1\nmode: alert\nfiles:\n  write: []\n  code: []\n' >alert.yaml
under alert sh -c 'echo x >x.py && cat x.py'
is "$status $(cat out)" '0 x' 'alert: the file is written'
is "$(grep -c '"verdict":"alert"' log)" 2 'alert: and both sections say so'
printf 'version: 1\nfiles:\n  write: {allow: [%s/w/**], kill: [%s/w/a/w/trap]}\n' "$T" "$T" >kill.yaml
under kill sh -c 'echo x >trap; echo survived'
unlike "$(cat out)" survived 'kill: the process ends'
like "$(cat log)" '"verdict":"killed"' 'kill: and the event says so'

# --- a function of root that becomes another user ---

if [ "$(id -u)" -eq 0 ] && [ "${PLACE:-}" != gate ]; then
	mkdir -p "$T/w/private"
	chmod 755 "$T/w"
	echo secret >"$T/w/private/file"
	chmod 700 "$T/w/private"
	run "$BUCKLER" run -p write.yaml -- setpriv --reuid=65534 --clear-groups sh -c "echo x >>$T/w/private/file"
	is "$(cat "$T/w/private/file")" secret 'who gave up root does not write with the rights of the shim'
fi
done_testing
