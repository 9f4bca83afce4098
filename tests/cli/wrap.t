#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler wrap: packages, folders, layers, templates, images; there and back to the byte; damaged and hostile input.
. "${0%/*}/../support/tap.sh"

printf 'version: 1\nmain: /var/task/bootstrap\nprocesses: [/var/task/bootstrap, /usr/bin/true]\n' >p.yaml
wrap() {
	run "$BUCKLER" wrap "$@"
}
# Python is the other reader: names, modes and contents of a zip.
member() {
	/usr/bin/python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' "$@"
}
list() {
	/usr/bin/python3 - "$1" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    for i in z.infolist():
        print(i.filename, oct(i.external_attr >> 16))
PY
}
# zip OUT NAME:MODE... : small files whose content is their name.
make_zip() {
	/usr/bin/python3 - "$@" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for word in sys.argv[2:]:
        name, mode = word.rsplit(":", 1)
        info = zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2))
        info.external_attr = int(mode, 8) << 16
        z.writestr(info, name)
    z.comment = b"a comment"
PY
}

# --- packages ---
make_zip f.zip lib/a.txt:100644 bootstrap:100755 z.txt:100600
wrap f.zip -p p.yaml -o w.zip
status 0 'a package with a bootstrap'
silent err 'nothing to say about it'
is "$(list w.zip | grep -v gate | tr '\n' ' ')" 'lib/a.txt 0o100644 bootstrap.buckler 0o100755 z.txt 0o100600 buckler.wrapped 0o100644 bootstrap 0o100755 policy.bkl 0o100644 ' \
	'names and modes'
ok 'it can be unpacked' /usr/bin/python3 -m zipfile -e w.zip unpacked
ok 'the shim is its bootstrap' cmp unpacked/bootstrap "$SHIM"
is "$(cat unpacked/bootstrap.buckler)" bootstrap 'the bootstrap has its new name'
run "$BUCKLER" show unpacked/policy.bkl
is "$(grep -c /var/task/bootstrap.buckler out)" 2 'and the policy knows it by that'
cp w.zip again.zip
wrap f.zip -p p.yaml -o again.zip
ok 'the same input gives the same bytes' cmp w.zip again.zip
wrap --undo w.zip -o u.zip
status 0 'undo'
ok 'undo gives the same bytes' cmp u.zip f.zip
wrap w.zip -p p.yaml -o no.zip
status 2 'wrapped twice: status 2'
err 'wrapped already' 'wrapped twice: says so'
wrap --undo f.zip -o no.zip
status 2 'undo of what is not wrapped'
err 'not wrapped' 'undo of what is not wrapped: says so'
ok 'nothing was written' [ ! -e no.zip ]

make_zip n.zip index.js:100644
wrap n.zip -p p.yaml -o nw.zip
status 0 'a package without a bootstrap'
err 'AWS_LAMBDA_EXEC_WRAPPER=/var/task/buckler/buckler-init' 'says how the shim is started'
like "$(list nw.zip)" '^buckler/buckler-init 0o100755$' 'the shim has a folder of its own'
wrap --undo nw.zip -o nu.zip
ok 'undo gives the same bytes' cmp nu.zip n.zip

# The gate's table: of the objects in the package, of what is named beside it, nothing where there are none.
if [ -e "${SHIM%/*}/buckler-gate.so" ]; then
	mkdir -p objects/lib
	cp /bin/true objects/bootstrap
	cp "$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)" objects/lib/libc.so
	head -c 100 /bin/ls >objects/lib/cut
	"$BUCKLER" gate-table -q -o objects.bkt objects/bootstrap objects/lib/libc.so >made 2>&1
	(cd objects && /usr/bin/python3 -m zipfile -c ../o.zip bootstrap lib)
	wrap o.zip -p p.yaml -o ow.zip
	status 0 'a package with objects'
	like "$(list ow.zip)" '^sites\.bkt 0o100644$' 'it gets a table'
	member ow.zip sites.bkt >got.bkt
	ok 'that is what gate-table makes' cmp got.bkt objects.bkt
	wrap o.zip -p p.yaml -o ow2.zip
	ok 'the same bytes again' cmp ow.zip ow2.zip
	wrap --undo ow.zip -o ou.zip
	ok 'undo takes it off' cmp ou.zip o.zip
	wrap objects -p p.yaml -o ow
	ok 'the same in a folder' cmp ow/sites.bkt objects.bkt
	wrap --undo ow -o ou
	ok 'undo of that' diff -r objects ou
	wrap --layer -p p.yaml -o layer.zip --objects o.zip
	like "$(list layer.zip)" '^buckler/sites\.bkt 0o100644$' 'a layer for a package'
	member layer.zip buckler/sites.bkt >got.bkt
	ok 'has the same table' cmp got.bkt objects.bkt
	wrap --layer -p p.yaml -o layer.zip --objects objects/bootstrap --objects objects/lib
	member layer.zip buckler/sites.bkt >got.bkt
	ok 'so has one for files and folders' cmp got.bkt objects.bkt
	wrap f.zip -p p.yaml -o no.zip --objects absent
	status 2 'an object that is not there'
	wrap f.zip -p p.yaml -o no.zip --objects p.yaml
	status 2 'what is no object'
	# An object that no table can hold, in a package: that is said, and what it means; the rest has its table.
	# shellcheck disable=SC2016
	printf 'void _start(void) { __asm__ volatile("mov $60, %%eax; xor %%edi, %%edi; syscall"); }\n' >far.c
	gcc -nostdlib -static -no-pie -Wl,-Ttext-segment=0x200000000 -o objects/lib/far far.c
	(cd objects && /usr/bin/python3 -m zipfile -c ../far.zip bootstrap lib)
	for kind in far.zip objects; do
		wrap $kind -p p.yaml -o far-$kind
		status 0 "$kind with an object that cannot be charted"
		err '^[^ ]*lib/far: warning: its addresses are too large: .*no call is led through the gate.*link it below' "$kind: a warning that says what to do"
		unlike "$(cat err)" 'error' "$kind: no error"
	done
	member far-far.zip sites.bkt >got.bkt
	ok 'the others are in the table' cmp got.bkt objects.bkt
	run "$BUCKLER" gate-table objects/lib/far
	status 2 'gate-table: an object that cannot be charted is an error'
	err '^buckler: error: objects/lib/far: its addresses are too large$' 'gate-table: says so'
	wrap f.zip -p p.yaml -o no.zip --objects objects/lib/far
	status 2 'so it is where it is named'
	rm objects/lib/far
	# What a template's functions and layers name: folders and zips from where the template is, each once.
	mkdir -p sam/plain sam/other sam/inline
	cp -r objects sam/built
	printf 'int main(void) { return 0; }\n' >main.c
	musl-gcc -static -o sam/plain/musl main.c
	gcc -static -o sam/other/glibc main.c
	gcc -o sam/inline/own -Wl,--build-id=0x01 main.c
	printf 'package main\nfunc main() {}\n' >main.go
	GOCACHE=$T/go-cache GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o sam/plain/bootstrap main.go
	(cd sam/other && /usr/bin/python3 -m zipfile -c ../layer.zip glibc)
	cat >sam/template.yaml <<'YAML'
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: nodejs20.x, CodeUri: plain}}
Resources:
  Folder: {Type: AWS::Serverless::Function, Properties: {CodeUri: built/}}
  Again: {Type: AWS::Serverless::Function, Properties: {CodeUri: built/}}
  All: {Type: AWS::Serverless::Function, Properties: {Handler: x.y}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: ./layer.zip}}
  Bucket: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://bucket/key.zip}}
  Map: {Type: AWS::Serverless::Function, Properties: {CodeUri: {Bucket: inline, Key: inline}}}
  Named: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.12, Code: {ZipFile: inline}}}
  Sub: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Sub inline}}
  Own: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: inline}}
YAML
	wrap --layer -p p.yaml -o layer.zip --objects objects --objects sam/plain --objects sam/layer.zip
	member layer.zip buckler/sites.bkt >objects.bkt
	wrap sam/template.yaml -p p.yaml -o out.yaml
	status 0 'a template that names packages'
	is "$(grep -v 'Own is left' err)" '' 'a bucket, a mapping, an intrinsic function: nothing is said'
	member buckler-layer.zip buckler/sites.bkt >got.bkt
	ok 'the layer has the table of what its functions and layers name' cmp got.bkt objects.bkt
	(cd sam && wrap template.yaml -p ../p.yaml -o ../out.yaml)
	member buckler-layer.zip buckler/sites.bkt >got.bkt
	ok 'named from its own folder, too' cmp got.bkt objects.bkt
	wrap sam/template.yaml -p p.yaml -o out.yaml -f Folder
	"$BUCKLER" wrap --layer -p p.yaml -o layer.zip --objects objects --objects sam/layer.zip
	member layer.zip buckler/sites.bkt >objects.bkt
	member buckler-layer.zip buckler/sites.bkt >got.bkt
	ok 'of one function, where only that is wrapped' cmp got.bkt objects.bkt
	printf 'Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Runtime: nodejs20.x, Code: dist/}\n' >sam/absent.yaml
	wrap sam/absent.yaml -p p.yaml -o out.yaml
	status 0 'a package that is not built yet'
	err '^sam/dist/: note: .*not there.*no site tables' 'is noted'
	unlike "$(list buckler-layer.zip)" sites.bkt 'there is no table'
	rm -f buckler-layer.zip out.yaml
	mkdir taken-table
	touch taken-table/bootstrap taken-table/sites.bkt
	wrap taken-table -p p.yaml -o no-folder
	is "$?" 0 'its own sites.bkt is no matter without a table'
	rm -rf no-folder
	ok 'nothing was written' [ ! -e no.zip ]
fi

# A package is unpacked and started: the shim finds the program and its policy by itself, whatever wraps it further.
mkdir src
printf '#!/bin/sh\necho "real $0 $# ${AWS_LAMBDA_EXEC_WRAPPER-unset} ${BUCKLER_NEXT-unset}"\n' >src/bootstrap
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "next $(basename "$1")"\nexec "$@"\n' >next
chmod 755 src/bootstrap next
printf 'version: 1\nlibraries:\n  mode: alert\n' >any.yaml
wrap src -p any.yaml -o started
run env AWS_LAMBDA_EXEC_WRAPPER=/opt/x started/bootstrap
status 0 'a wrapped bootstrap starts'
out '^real .*/started/bootstrap\.buckler 0 unset unset$' 'it is the real one, without the wrapper variables'
run env BUCKLER_NEXT="$T/next" started/bootstrap
out '^next bootstrap\.buckler$' 'a further wrapper runs before it'
out '^real .*/started/bootstrap\.buckler 0' 'and starts it'
rm started/bootstrap.buckler
run started/bootstrap
status 125 'without the real one there is no command'

# --- hostile and damaged packages ---
for name in ../x /etc/x a/../../x 'a\b' 'c:x' ..; do
	make_zip evil.zip "$name:100644" bootstrap:100755
	wrap evil.zip -p p.yaml -o no.zip
	status 2 "a file called $name: status 2"
	err 'leads out of the package .at offset' "a file called $name: says so"
done
make_zip link.zip bootstrap:120777
wrap link.zip -p p.yaml -o no.zip
status 2 'bootstrap is a link: status 2'
make_zip plain.zip bootstrap:100644
wrap plain.zip -p p.yaml -o plain-w.zip
err 'not executable' 'bootstrap is not executable: a warning'
for name in policy.bkl bootstrap.buckler buckler-gate.so; do
	[ "$name" = buckler-gate.so ] && [ ! -e "${SHIM%/*}/buckler-gate.so" ] && continue
	make_zip taken.zip "$name:100644" bootstrap:100755
	wrap taken.zip -p p.yaml -o no.zip
	status 2 "the package has its own $name"
done
cp /bin/true elf
printf '\267' | dd of=elf bs=1 seek=18 conv=notrunc 2>/dev/null
mkdir other
cp elf other/bootstrap
/usr/bin/python3 -m zipfile -c other.zip other/bootstrap
wrap other.zip -p p.yaml -o no.zip
status 2 'a bootstrap for another machine'
err 'is for arm64 and buckler-init for x86-64' 'says which'
wrap other -p p.yaml -o no-folder
status 2 'the same in a folder'
ok 'no folder is left' [ -z "$(find . -name 'no-folder*')" ]

# Cut anywhere, or with a byte changed: refused, or undone exactly.
/usr/bin/python3 - "$BUCKLER" <<'PY' >fates
import os, subprocess, sys
whole = open("f.zip", "rb").read()

def fate(data):
    open("d.zip", "wb").write(data)
    if os.path.exists("dw.zip"):
        os.remove("dw.zip")
    r = subprocess.run([sys.argv[1], "wrap", "d.zip", "-p", "p.yaml", "-o", "dw.zip"], capture_output=True)
    if r.returncode == 2:
        return "refused" if b"error" in r.stderr and not os.path.exists("dw.zip") else "BAD"
    if r.returncode != 0:
        return "BAD"
    subprocess.run([sys.argv[1], "wrap", "--undo", "dw.zip", "-o", "du.zip"], check=True)
    return "exact" if open("du.zip", "rb").read() == data else "BAD"

for i in range(0, len(whole), 7):
    print("cut", fate(whole[:i]))
for i in range(0, len(whole), 3):
    print("changed", fate(whole[:i] + bytes([whole[i] ^ 0xff]) + whole[i + 1:]))
PY
is "$(grep -c BAD fates)" 0 'damage is refused, or is no matter'
ok 'every cut is refused' [ "$(grep -c 'cut refused' fates)" -eq "$(grep -c cut fates)" ]
ok 'changes were of both kinds' sh -c 'grep -q "changed refused" fates && grep -q "changed exact" fates'
: >empty.zip
wrap empty.zip -p p.yaml -o no.zip
status 2 'an empty file'
printf 'PK\005\006\000\000\000\000\377\377\377\377\377\377\377\377\377\377\377\377\000\000' >huge.zip
wrap huge.zip -p p.yaml -o no.zip
status 2 'zip64'
err 'zip64' 'zip64 is named'
ok 'nothing was written' [ ! -e no.zip ]

# --- folders ---
mkdir -p d/lib
printf '#!/bin/sh\n' >d/bootstrap
chmod 750 d/bootstrap
echo x >d/lib/x
ln -s ../nowhere d/lib/link
wrap d/ -p p.yaml -o dw
status 0 'a folder'
ok 'the shim is its bootstrap' cmp dw/bootstrap "$SHIM"
is "$(stat -c %a dw/bootstrap dw/bootstrap.buckler dw/policy.bkl | tr '\n' ' ')" '755 750 644 ' 'modes'
wrap --undo dw -o du/
state() {
	(cd "$1" && find . -printf '%p %m %y %l %T@\n' | sort && cat bootstrap lib/x)
}
is "$(state du)" "$(state d)" 'undo gives the same folder, with modes, links and times'
wrap d -p p.yaml -o dw
status 2 'a folder that is there is not overwritten'
wrap dw -p p.yaml -o dww
err 'wrapped already' 'a folder that is wrapped already'
wrap d -p bad.yaml -o no
status 2 'a policy that is not there'
ok 'no folder is left' [ ! -e no ]

# --- layer ---
wrap --layer -p p.yaml -o layer.zip
status 0 'a layer'
is "$(list layer.zip | grep -v gate | tr '\n' ' ')" 'buckler/ 0o40755 buckler/buckler-init 0o100755 buckler/policy.bkl 0o100644 ' 'what is in it'

# --- templates ---
cat >t.yaml <<'YAML'
# A template with comments, an ümlaut, its own order.
Transform: AWS::Serverless-2016-10-31   # SAM
Globals:
  Function:
    Runtime: nodejs20.x
Resources:
  # the first one
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      # its handler
      Handler: index.handler
      Layers:
      - !Ref Other     # another layer
      Environment:
        Variables:
          NAME: ünï
          "AWS_LAMBDA_EXEC_WRAPPER": !Sub /opt/${Wrapper}   # OpenTelemetry
  Bare:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bare.handler
  Flow:
    Type: AWS::Serverless::Function
    Properties: {Handler: x.y, Layers: [], Environment: {Variables: {}}}
  Own:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
  Table:
    Type: AWS::DynamoDB::Table
YAML
mkdir deploy
wrap t.yaml -p p.yaml -o deploy/t.yaml
status 0 'a template'
err '^t\.yaml:26:3: warning: Own is left' 'a function that has no wrapper is named'
ok 'the layer is beside it' list deploy/buckler-layer.zip
diff t.yaml deploy/t.yaml >changes
is "$(grep -c '^<' changes)" 2 'two lines are changed: a wrapper that was there, and the flow collection'
cat >check.py <<'PY'
import json, sys, yaml
class Loader(yaml.SafeLoader):
    pass
Loader.add_multi_constructor("!", lambda loader, suffix, node: {suffix: node.value})
text = open(sys.argv[1]).read()
resources = (json.loads(text) if sys.argv[1].endswith(".json") else yaml.load(text, Loader))["Resources"]
ref = {"Ref": "BucklerLayer"}
for name in sys.argv[2:]:
    p = resources[name]["Properties"]
    assert p["Layers"][0] == ref, p
    assert p["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/buckler/buckler-init", p
assert resources["BucklerLayer"]["Type"].endswith("::LayerVersion")
print(json.dumps(resources))
PY
run /usr/bin/python3 check.py deploy/t.yaml Hello Bare Flow
status 0 'each function has the layer and the wrapper'
out '"BUCKLER_NEXT": \{"Sub": "/opt/\$\{Wrapper\}"\}' 'the wrapper that was there is the next one'
out '"Own": \{"Type": "AWS::Serverless::Function", "Properties": \{"Runtime": "provided.al2023"\}\}' 'the other function is as it was'
wrap --undo deploy/t.yaml -o back.yaml
status 0 'undo of a template'
ok 'undo gives the same bytes' cmp back.yaml t.yaml
wrap deploy/t.yaml -p p.yaml -o no.yaml
status 2 'a template that is wrapped already'
err '^deploy/t\.yaml:[0-9]+:3: error: .*wrapped already' 'line and column'

wrap t.yaml -p p.yaml -o one.yaml -f Bare
status 0 'one function only'
is "$(grep -c buckler/buckler-init one.yaml)" 1 'only that is changed'
wrap --undo one.yaml -o back.yaml
ok 'undo of that' cmp back.yaml t.yaml
wrap t.yaml -p p.yaml -o no.yaml -f Own
status 2 'a function that cannot be wrapped, by name'
wrap t.yaml -p p.yaml -o no.yaml -f Table
status 2 'a name that is no function'
err 'no function Table' 'says which'

sed 's/$/\r/' t.yaml >crlf.yaml
wrap crlf.yaml -p p.yaml -o crlf-w.yaml
is "$(grep -vc "$(printf '\r')\$" crlf-w.yaml)" 0 'every line still ends as the file does'
wrap --undo crlf-w.yaml -o back.yaml
ok 'undo with those line ends' cmp back.yaml crlf.yaml
printf '%s' "$(cat t.yaml)" >cut.yaml
wrap cut.yaml -p p.yaml -o cut-w.yaml
wrap --undo cut-w.yaml -o back.yaml
ok 'undo without a last line end' cmp back.yaml cut.yaml

# JSON, as tools write it.
/usr/bin/python3 - <<'PY'
import json
functions = {
    "A": {"Runtime": "python3.12", "Layers": [], "Environment": {"Variables": {"X": "1", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/next"}}},
    "B": {"Runtime": "java21", "Layers": ["arn:aws:lambda:eu-west-1:1:layer:x:1"], "Environment": {}},
    "C": {"Runtime": "ruby3.3"},
}
template = {"Resources": {n: {"Type": "AWS::Lambda::Function", "Properties": p} for n, p in functions.items()}}
for name, options in (("wide", {"indent": 2}), ("tabs", {"indent": "\t"}), ("dense", {"separators": (",", ":")}), ("line", {})):
    json.dump(template, open(name + ".json", "w"), **options)
PY
for name in wide tabs dense line; do
	wrap $name.json -p p.yaml -o $name-w.json
	status 0 "JSON, $name"
	ok "JSON, $name: it is JSON" /usr/bin/python3 -m json.tool $name-w.json
	ok "JSON, $name: each function is wrapped" /usr/bin/python3 check.py $name-w.json A B C
	wrap --undo $name-w.json -o back.json
	ok "JSON, $name: undo gives the same bytes" cmp back.json $name.json
done

# What cannot be changed in place is refused, where it stands.
refused() {	# NAME PLACE REASON, the template in bad.yaml
	rm -f no.yaml
	wrap bad.yaml -p p.yaml -o no.yaml
	status 2 "$1: status 2"
	err "^bad\\.yaml:$2: error: .*$3" "$1: place and reason"
	ok "$1: nothing is written" [ ! -e no.yaml ]
}
function='Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs20.x'
printf '%s\n      Layers: !If [A, [x], [y]]\n' "$function" >bad.yaml
refused 'layers by a function' 6:15 'intrinsic'
printf '%s\n      Layers: {"Fn::If": [A, [x], [y]]}\n' "$function" >bad.yaml
refused 'layers by a long function' 6:15 'list'
printf '%s\n      Environment: {"Fn::If": [A, [x], [y]]}\n' "$function" >bad.yaml
refused 'an environment by a function' 6:20 'intrinsic'
printf '%s\n      Environment:\n' "$function" >bad.yaml
refused 'an empty environment' '6:[0-9]+' 'mapping'
printf 'x: &l [a]\n%s\n      Layers: *l\n' "$function" >bad.yaml
refused 'an alias' 7:15 'alias'
printf 'x: &l {Runtime: python3.12}\n%s\n      <<: *l\n' "$function" >bad.yaml
refused 'a merge key' 7:7 'merge'
printf '%s\n      Environment: {Variables: {BUCKLER_NEXT: x}}\n' "$function" >bad.yaml
refused 'a next one already' 6:33 'BUCKLER_NEXT'
printf '%s\n  bad: [\n' "$function" >bad.yaml
refused 'broken YAML' '[67]:[0-9]+' ''
printf 'a: b\n' >bad.yaml
refused 'no template' 1:1 'no Resources'
printf 'Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n' >bad.yaml
refused 'no function' '[12]:[0-9]+' 'no function here'
printf '%s\n---\na: b\n' "$function" >bad.yaml
refused 'two documents' '[67]:[0-9]+' 'second document'
printf 'Resources: %s\n' "$(printf '[%.0s' $(seq 200))" >bad.yaml
refused 'nested too deeply' '1:[0-9]+' 'deeply'
printf '%s # buckler\n' "$function" >bad.yaml
refused 'a line that carries our mark' '1:[0-9]+' 'undone exactly'
printf 'Globals:\n  Function:\n    Environment:\n      Variables:\n        AWS_LAMBDA_EXEC_WRAPPER: /opt/x\n%s\n  G:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: provided.al2\n' "$function" >bad.yaml
refused 'a wrapper for all, and one that has none' 5:9 'all functions'
printf '%s\n      Architectures: [arm64]\n' "$function" >arm.yaml
wrap arm.yaml -p p.yaml -o no.yaml
status 2 'a function on another machine'
err 'arm\.yaml:2:3: warning: .*another machine' 'is named'

# --- Azure ---
mkdir az
printf '{\n  "version": "2.0",\n  "customHandler": {\n    "description": {\n      "defaultExecutablePath": "handler",\n      "arguments": [ "--x" ]\n    }\n  }\n}\n' >az/host.json
touch az/handler
wrap az -p p.yaml -o azw
status 0 'a custom handler'
is "$(/usr/bin/python3 -c 'import json; d = json.load(open("azw/host.json"))["customHandler"]["description"]; print(d["defaultExecutablePath"], d["arguments"])')" \
	"buckler/buckler-init ['./handler', '--x']" 'the shim is started with the old command'
wrap --undo azw -o azu
ok 'undo gives the same folder' diff -r az azu
printf '{"customHandler": {"description": {"defaultExecutablePath": "./handler"}}}' >az/host.json
wrap az -p p.yaml -o azw2
wrap --undo azw2 -o azu2
ok 'the same without arguments' diff -r az azu2
printf '{"customHandler": {"description": {}}}' >az/host.json
wrap az -p p.yaml -o azw3
status 2 'a custom handler without a program'
err 'host\.json:1:[0-9]+: error' 'line and column'
ok 'no folder is left' [ -z "$(find . -name 'azw3*')" ]

# --- images ---
printf 'FROM node:20 AS build\nENTRYPOINT ["x"]\nFROM public.ecr.aws/lambda/nodejs:20\n# CMD ["no"]\ncopy a \\\n  b\nCMD ["index.handler"]\n' >Dockerfile
wrap Dockerfile -p p.yaml -o context
status 0 'a Dockerfile'
is "$(cat out)" 'COPY context/ /opt/buckler/
ENTRYPOINT ["/opt/buckler/buckler-init", "/lambda-entrypoint.sh"]
CMD ["index.handler"]' 'the lines for it'
ok 'the files for it' cmp context/buckler-init "$SHIM"
printf 'FROM x AS base\nENTRYPOINT ["node", "a \\"b\\""]\nCMD run\nFROM --platform=linux/amd64 base\n' >Dockerfile
wrap Dockerfile -p p.yaml -o context
out '^ENTRYPOINT \["/opt/buckler/buckler-init", "node", "a \\"b\\""\]$' 'a stage that goes on with another'
out '^CMD run$' 'its command stays'
printf 'FROM x\nENTRYPOINT exec node "a"\n' >Dockerfile
wrap Dockerfile -p p.yaml -o context
out '^ENTRYPOINT \["/opt/buckler/buckler-init", "/bin/sh", "-c", "exec node \\"a\\""\]$' 'shell form'
printf 'RUN x\n' >Dockerfile
wrap Dockerfile -p p.yaml -o context2
status 2 'no FROM'
ok 'nothing is written' [ ! -e context2 ]

# --- wrong use ---
wrap f.zip -p p.yaml
status 2 'no output named'
wrap f.zip -o x
status 2 'no policy named'
wrap -p p.yaml -o x
status 2 'no target named'
wrap f.zip g.zip -p p.yaml -o x
status 2 'two targets'
wrap absent -p p.yaml -o x
status 2 'a target that is not there'
wrap f.zip -p p.yaml -o no/such/folder/x
status 2 'no such folder'
wrap f.zip -p p.yaml -o x --shim /bin/sh.absent
status 2 'a shim that is not there'
wrap f.zip -p p.yaml -o x --shim p.yaml
status 2 'a shim that is none'
wrap f.zip -p p.yaml -o x -f F
status 2 'a function of a package'
printf 'version: 2\n' >bad-policy.yaml
wrap f.zip -p bad-policy.yaml -o x
status 2 'a bad policy'
err '^bad-policy\.yaml:1:' 'a bad policy: line'
ok 'nothing was written' [ ! -e x ]

done_testing
