# SPDX-License-Identifier: Apache-2.0
"""Targets for tests/cli/scan_targets.t, made in the working folder: python3 scan_fixtures.py NAME..."""
import gzip
import hashlib
import io
import json
import os
import sqlite3
import struct
import sys
import tarfile
import zipfile


def package(name, version):
    return json.dumps({"name": name, "version": version})


def npm(name, version, folder=""):
    return {f"{folder}node_modules/{name}/package.json": package(name, version)}


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, content in files.items():
            z.writestr(name, content)
    return out.getvalue()


def write(path, content):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())


def tree(files, folder="."):
    for name, content in files.items():
        write(f"{folder}/{name}", content)


def jar(name, version, inner=None):
    files = {f"META-INF/maven/org.x/{name}/pom.properties": f"groupId=org.x\nartifactId={name}\nversion={version}\n"}
    files.update(inner or {})
    return zipped(files, zipfile.ZIP_STORED)


def layer(entries):
    """name -> content; None is a folder, a tuple a symbolic link ("soft") or a hard one ("hard")."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(content, tuple):
                info.type = tarfile.SYMTYPE if content[0] == "soft" else tarfile.LNKTYPE
                info.linkname = content[1]
            else:
                info.size = len(content)
            t.addfile(info, io.BytesIO(content.encode() if isinstance(content, str) else content) if info.isreg() else None)
    return out.getvalue()


def nm(name, version):
    return (f"app/node_modules/{name}/package.json", package(name, version))


STATUS = "Package: libssl3\nStatus: install ok installed\nSource: openssl (3.0.11-1)\nVersion: 3.0.11-1~deb12u2\n\n"
LAYERS = [
    layer([
        ("etc", None), ("etc/os-release", ("soft", "../usr/lib/os-release")),
        ("usr/lib/os-release", 'ID=debian\nVERSION_ID="12"\n'),
        ("var/lib/dpkg/status", "Package: old\nStatus: install ok installed\nVersion: 1\n\n"),
        nm("gone", "1.0.0"), nm("changed", "1.0.0"), nm("kept", "1.0.0"), nm("wiped", "1.0.0"),
        ("opt/x/node_modules/deep/package.json", package("deep", "1.0.0")),
        ("srv/node_modules/under/package.json", package("under", "1.0.0")),
    ]),
    layer([
        ("var/lib/dpkg/status", STATUS),
        ("app/node_modules/.wh.gone", ""), nm("changed", "2.0.0"),
        ("opt/x/.wh..wh..opq", ""), ("opt/x/node_modules/new/package.json", package("new", "1.0.0")),
        ("srv/node_modules", ("soft", "/nowhere")),
    ]),
    layer([
        ("app/node_modules/.wh.wiped", ""),
        nm("top", "1.0.0"),
    ]),
]
CONFIG = json.dumps({"config": {"Cmd": ["app.handler"]}}).encode()


def docker(path, compress=False):
    files = [(f"l{i}/layer.tar", content) for i, content in enumerate(LAYERS)]
    files.append(("l3/layer.tar", ("soft", "../l2/layer.tar")))
    manifest = [{"Config": "config.json", "RepoTags": ["x:1"], "Layers": [name for name, _ in files]}]
    blob = layer(files + [("config.json", CONFIG), ("manifest.json", json.dumps(manifest))])
    write(path, gzip.compress(blob) if compress else blob)


def oci_files():
    files = {}

    def blob(content):
        digest = hashlib.sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"digest": "sha256:" + digest, "size": len(content)}

    manifest = blob(json.dumps({"config": blob(CONFIG), "layers": [blob(gzip.compress(x, mtime=0)) for x in LAYERS]}).encode())
    manifest["platform"] = {"os": "linux", "architecture": "amd64"}
    unknown = dict(blob(b"{}"), platform={"os": "unknown", "architecture": "unknown"})
    index = blob(json.dumps({"manifests": [unknown, manifest]}).encode())
    files["index.json"] = json.dumps({"manifests": [index]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return files


def nested_jars(depth):
    inner = jar("j0", "1.0")
    for i in range(1, depth):
        inner = jar(f"j{i}", "1.0", {f"lib/j{i - 1}.jar": inner})
    return inner


def bomb():
    """A gigabyte of blanks where a reader looks for JSON, in a megabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        with z.open("node_modules/a/package.json", "w", force_zip64=True) as f:
            for _ in range(1024):
                f.write(b" " * (1 << 20))
        z.writestr("node_modules/b/package.json", package("b", "1.0.0"))
    return out.getvalue()


def slip():
    return zipped({"../../node_modules/evil/package.json": package("evil", "1.0.0"),
                   "/node_modules/root/package.json": package("root", "1.0.0"), **npm("good", "1.0.0")})


SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Default: prod}}
Globals:
  Function:
    Runtime: nodejs20.x
    Layers: [!Ref Shared]
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./one/
      Handler: index.handler
  Two:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: !Sub "${Stage}/two.zip"
      Handler: index.handler
      Layers: ["arn:aws:lambda:eu-west-1:1:layer:x:1"]
  Three:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      ImageUri: three.tar
  Cloud:
    Type: AWS::Lambda::Function
    Properties:
      Code: {S3Bucket: b, S3Key: k}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: layer
  Table:
    Type: AWS::DynamoDB::Table
"""
SERVERLESS = """
service: x
custom: {dist: built}
provider: {name: aws, runtime: nodejs20.x}
package: {individually: true}
layers: {common: {path: layer}}
functions:
  one:
    handler: index.handler
    package: {artifact: "${self:custom.dist}/one.zip"}
    layers: [{Ref: CommonLambdaLayer}]
  two:
    handler: index.handler
  far:
    image: 1.dkr.example/x:1
"""


def templates():
    tree({**npm("a", "1.0.0", "one/"), **npm("l", "1.0.0", "layer/nodejs/"), "template.yaml": SAM, "serverless.yml": SERVERLESS})
    write("prod/two.zip", zipped(npm("b", "1.0.0")))
    write("built/one.zip", zipped(npm("c", "1.0.0")))
    write(".serverless/two.zip", zipped(npm("d", "1.0.0")))
    docker("three.tar")
    resources = {"F": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "one"}, "Properties": {"Code": {"S3Bucket": {"Ref": "x"}}}}}
    write("cdk.template.json", json.dumps({"Resources": resources}).replace(" ", "\t"))


def links():
    tree(npm("a", "1.0.0", "links/"))
    tree(npm("outside", "1.0.0", "elsewhere/"))
    os.symlink("..", "links/up")
    os.symlink("loop", "links/loop")
    os.symlink("../../elsewhere/node_modules/outside", "links/node_modules/outside")
    os.mkfifo("links/node_modules/a/pipe")


def yaml_bomb():
    lines = ["Resources:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 40):
        lines.append(f"  a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]")
    lines += ["  F:", "    Type: AWS::Serverless::Function", "    Properties: {CodeUri: one}"]
    return "\n".join(lines)


def hostile():
    write("bomb.zip", bomb())
    write("slip.zip", slip())
    write("deep.zip", zipped({"app.jar": nested_jars(10)}))
    whole = zipped(npm("a", "1.0.0"))
    write("cut.zip", whole[:-30])
    write("packed.zip", zipped(npm("a", "1.0.0"), zipfile.ZIP_BZIP2))
    record = bytearray(whole)
    at = record.find(b"PK\1\2")
    record[at + 42:at + 46] = struct.pack("<I", 0x7fffffff)
    write("far.zip", bytes(record))
    record[at + 42:at + 46] = struct.pack("<I", 0)
    record[at + 8] |= 1
    write("locked.zip", bytes(record))
    write("bomb.yaml", yaml_bomb())
    write("tabs.yaml", "Resources:\n\t- x\n")
    write("big/package-lock.json", b"[" + b"0," * (9 << 20) + b"0]")
    write("deepjson/package-lock.json", b"[" * 100000)
    tree(npm("b", "1.0.0", "deepjson/"))
    write("nolayer.tar", layer([("manifest.json", json.dumps([{"Layers": ["a/layer.tar", "../../etc/passwd"]}]))]))
    half = layer([("manifest.json", json.dumps([{"Layers": ["l.tar"]}])), ("l.tar", LAYERS[0][:3000])])
    write("half.tar", half)
    tree(npm("a", "1.0.0", "hard/"))
    write("hard.tar", layer([("manifest.json", json.dumps([{"Layers": ["l.tar"]}])), ("l.tar", layer([
        ("app/x.json", package("linked", "1.0.0")), ("app/node_modules/linked/package.json", ("hard", "app/x.json"))]))]))


def header(texts, lists):
    """An RPM header: tags with one text, tags with a list of texts or numbers."""
    index, data = b"", b""
    for tag, values in [(t, [v]) for t, v in texts.items()] + list(lists.items()):
        numbers = isinstance(values[0], int)
        data += b"\0" * (-len(data) % 4)
        index += struct.pack(">IIII", tag, 4 if numbers else 8, len(data), len(values))
        data += b"".join(struct.pack(">I", v) if numbers else v.encode() + b"\0" for v in values)
    return struct.pack(">II", len(index) // 16, len(data)) + index + data


def systems():
    elf = b"\x7fELF" + b"\2\1\1" + b"\0" * 100
    for root, place in ("rpm", "usr/lib64/libx.so"), ("deb", "usr/bin/x"), ("apk", "bin/x"):
        write(f"{root}/{place}", elf)
        write(f"{root}/opt/own", elf)
    os.makedirs("rpm/var/lib/rpm")
    with sqlite3.connect("rpm/var/lib/rpm/rpmdb.sqlite") as db:
        db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        db.execute("INSERT INTO Packages VALUES (1, ?)", (header(
            {1000: "x-libs", 1001: "1.2", 1002: "3.el9", 1044: "x-1.2-3.el9.src.rpm"},
            {1116: [0, 1], 1117: ["x.conf", "libx.so"], 1118: ["/etc/", "/usr/lib64/"]}),))
    write("rpm/etc/os-release", 'ID="rocky"\nVERSION_ID="9.3"\n')
    write("deb/var/lib/dpkg/status", STATUS)
    write("deb/var/lib/dpkg/info/libssl3.list", "/.\n/bin\n/bin/x\n")
    write("deb/usr/lib/os-release", 'ID=ubuntu\nVERSION_ID="22.04"\n')
    write("apk/lib/apk/db/installed", "P:busybox\nV:1.36.1-r15\no:busybox\nF:bin\nR:x\n\n")
    write("apk/etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n")


def make(name):
    if name == "zips":
        manifest = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\nImplementation-Vendor-Id: org.wrong\n"}
        tree({"jars/known-1.0.jar": jar("known", "1.0", manifest), "jars/merged-2.0.jar": jar("other", "1.0", manifest)})
        write("function.zip", zipped({**npm("a", "1.0.0"), "lib/app.jar": jar("outer", "1.0", {"BOOT-INF/lib/in.jar": jar("inner", "2.0")})}))
        write("self.zip", b"#!/bin/sh\nexit\n" + zipped(npm("a", "1.0.0")))
        write("many/lib/x.whl", zipped({"x-1.0.dist-info/METADATA": "Name: x\nVersion: 1.0\n"}))
        write("many/spaced name/node_modules/b/package.json", package("b", "1.0.0"))
    elif name == "images":
        docker("image.tar")
        docker("image.tgz", True)
        tree(oci_files(), "oci")
        write("oci.tar", layer(list(oci_files().items())))
    else:
        globals()[name]()


for wanted in sys.argv[1:]:
    make(wanted)
