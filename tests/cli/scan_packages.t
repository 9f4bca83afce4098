# SPDX-License-Identifier: Apache-2.0
# What the package readers say of files of every kind: a file, and the packages that are in it.
. "${0%/*}/../support/tap.sh"

# packages PATH "PURL EVIDENCE ..." < CONTENT: a tree with nothing but that file holds exactly these, in the order of their names.
packages() {
	rm -rf tree
	mkdir -p "tree/$(dirname "$1")"
	cat >"tree/$1"
	run "$BUCKLER" scan --list --format json tree
	is "$(python3 -c '
import json, sys
for c in json.load(open(sys.argv[1]))["components"]: print(c["purl"], c["evidence"])' "$T/out" 2>&1)" "$2" "$1${3:+: $3}"
}

# broken PATH NAME < CONTENT: the file is named in a warning, the scan goes on, and does not look clean.
broken() {
	rm -rf tree
	mkdir -p "tree/$(dirname "$1")"
	cat >"tree/$1"
	run "$BUCKLER" scan --list --format json tree
	is "$status $(python3 -c '
import json, sys
r = json.load(open(sys.argv[1])); print(r["summary"]["unread"])' "$T/out" 2>&1)" "0 1" "$2"
	err "$1:.*warning" "$2: named"
}

packages node_modules/@s/a/package.json 'pkg:npm/%40s/a@1.2.3 installed' <<'.'
{"name": "@s/a", "version": "1.2.3"}
.
packages yarn.lock 'pkg:npm/%40babel/code-frame@7.12.13 lock
pkg:npm/lodash@4.17.15 lock
pkg:npm/real@2.0.0 lock' classic <<'.'
# yarn lockfile v1


"@babel/code-frame@^7.0.0", "@babel/code-frame@^7.1":
  version "7.12.13"
  dependencies:
    version "^9"

lodash@^4.17.15:
  version "4.17.15"

"alias@npm:real@^2":
  version "2.0.0"
.
packages yarn.lock 'pkg:npm/%40babel/code-frame@7.12.13 lock
pkg:npm/lodash@4.17.15 lock' berry <<'.'
__metadata:
  version: 6

"@babel/code-frame@npm:^7.0.0, @babel/code-frame@npm:^7.1":
  version: 7.12.13
  resolution: "@babel/code-frame@npm:7.12.13"

"lodash@npm:^4.17.15":
  version: 4.17.15

"me@workspace:.":
  version: 0.0.0-use.local
.
packages pnpm-lock.yaml 'pkg:npm/%40s/b@1.0.0 lock
pkg:npm/a@2.3.4 lock' 'form 5' <<'.'
lockfileVersion: 5.4
packages:

  /@s/b/1.0.0_react@17.0.2:
    resolution: {integrity: sha512-x}

  /a/2.3.4:
    resolution: {integrity: sha512-x}

  /only-dev/1.0.0:
    dev: true
.
packages pnpm-lock.yaml 'pkg:npm/%40s/b@1.0.0 lock
pkg:npm/a@2.3.4 lock' 'form 9' <<'.'
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        version: 2.3.4
packages:
  '@s/b@1.0.0':
    resolution: {integrity: sha512-x}
  a@2.3.4:
    resolution: {integrity: sha512-x}
  local@file:../local:
    resolution: {directory: ../local}
snapshots:
  a@2.3.4(c@1.0.0): {}
.

packages requirements.txt 'pkg:pypi/bar-x@1.0 manifest
pkg:pypi/flask@2.0.1 manifest' <<'.'
flask==2.0.1 ; python_version>"3"
# comment==1
-r other.txt
foo>=1
any==1.*
Bar_X[extra] == 1.0 --hash=sha256:a
.
packages Pipfile.lock 'pkg:pypi/flask@2.0.1 lock' <<'.'
{"default": {"flask": {"version": "==2.0.1"}}, "develop": {"pytest": {"version": "==7.0"}}}
.
for lock in poetry.lock uv.lock; do packages $lock 'pkg:pypi/pyyaml@5.3 lock
pkg:pypi/requests-x@2.0 lock' <<'.'
version = 1
[[package]]
name = "PyYAML"
version = "5.3"
files = [
    {file = "a.whl", hash = "sha256:aa"},   # version = "9"
]
[package.dependencies]
version = ">=1"
[[package]]
name = 'requests_x'
version = """2.0"""
[[package]]
name = "me"
version = "0.1.0"
source = { editable = "." }
.
done
packages pylock.toml 'pkg:pypi/attrs@25.1.0 lock' <<'.'
lock-version = '1.0'
[[packages]]
name = 'attrs'
version = '25.1.0'
.
packages lib/PyYAML-5.3.dist-info/METADATA 'pkg:pypi/pyyaml@5.3 installed' <<'.'
Metadata-Version: 2.1
Name: PyYAML
Version: 5.3

Version: 9
.
packages lib/a.egg-info/PKG-INFO 'pkg:pypi/a@1 installed' <<'.'
Name: a
Version: 1
.

packages go.mod 'pkg:golang/github.com/c/d@v2.0.0 lock
pkg:golang/golang.org/x/net@v0.17.0 lock
pkg:golang/stdlib@1.22.3 manifest' <<'.'
module x
toolchain go1.22.3
require (
	golang.org/x/net v0.17.0 // indirect
	github.com/a/b v1.2.3
	gone v1.0.0
)
replace github.com/a/b => github.com/c/d v2.0.0
replace gone v1.0.0 => ../gone
.

packages META-INF/maven/g/a/pom.properties 'pkg:maven/org.g/a@1.0 installed' <<'.'
version=1.0
groupId=org.g
artifactId=a
.
packages pom.xml 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1 manifest
pkg:maven/org.me/other@3.0 manifest' <<'.'
<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>org.me</groupId><version>3.0</version>
  <dependencies>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>${log4j.version}</version></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>other</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.12</version><scope>test</scope></dependency>
    <dependency><groupId>a</groupId><artifactId>range</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>a</groupId><artifactId>managed</artifactId></dependency>
  </dependencies>
  <properties><log4j.version>2.14.1</log4j.version></properties>
</project>
.
packages gradle.lockfile 'pkg:maven/com.google.guava/guava@31.1-jre lock' <<'.'
# This is a Gradle generated file for dependency locking.
com.google.guava:guava:31.1-jre=compileClasspath,runtimeClasspath
junit:junit:4.12=testCompileClasspath
empty=annotationProcessor
.
packages Gemfile.lock 'pkg:gem/nokogiri@1.13.0 lock
pkg:gem/rails@7.0.4 lock' <<'.'
PATH
  remote: .
  specs:
    me (0.1)
GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.13.0-x86_64-linux)
      racc (~> 1.4)
    rails (7.0.4)
.
packages specifications/rack-2.2.3.gemspec 'pkg:gem/rack@2.2.3 installed' <<'.'
Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.3"
.
packages App.deps.json 'pkg:nuget/Newtonsoft.Json@12.0.1 installed' <<'.'
{"libraries": {"App/1.0.0": {"type": "project"}, "Newtonsoft.Json/12.0.1": {"type": "package"}}}
.
packages packages.lock.json 'pkg:nuget/Newtonsoft.Json@12.0.1 lock' <<'.'
{"version": 1, "dependencies": {"net8.0": {"Newtonsoft.Json": {"type": "Direct", "resolved": "12.0.1"}}}}
.
packages packages.config 'pkg:nuget/jQuery@3.3.1 lock' <<'.'
<packages><package id="jQuery" version="3.3.1" targetFramework="net45" /><package id="d" version="1" developmentDependency="true" /></packages>
.
packages Cargo.lock 'pkg:cargo/time@0.1.42 lock' <<'.'
version = 3
[[package]]
name = "me"
version = "0.1.0"
dependencies = [
 "time",
]
[[package]]
name = "time"
version = "0.1.42"
source = "registry+https://github.com/rust-lang/crates.io-index"
.
packages composer.lock 'pkg:composer/monolog/monolog@1.0.0 lock' <<'.'
{"packages": [{"name": "monolog/monolog", "version": "1.0.0"}], "packages-dev": [{"name": "a/b", "version": "1"}]}
.
packages vendor/composer/installed.json 'pkg:composer/monolog/monolog@1.0.0 installed' <<'.'
{"packages": [{"name": "monolog/monolog", "version": "1.0.0"}], "dev": false}
.

# What cannot be read is said.
broken package-lock.json 'a lock that is no JSON' <<'.'
{"packages": {
.
broken poetry.lock 'a lock that is no TOML' <<'.'
[[package]]
name = "a
.
broken pom.xml 'a project that is no XML' <<'.'
<project><dependencies>
.
broken pom.xml 'entities that grow' <<'.'
<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><project><version>&b;</version></project>
.
broken var/lib/rpm/rpmdb.sqlite 'an RPM database that is none' <<'.'
SQLite format 3 and nothing more, but long enough to be looked at: 0123456789 0123456789 0123456789 0123456789
.
broken var/lib/rpm/Packages 'an RPM database in Berkeley DB' <<'.'
any bytes
.
broken usr/lib/sysimage/rpm/Packages.db 'an RPM database in ndb' <<'.'
RpmP
.
python3 -c 'print("a = " + "[" * 100000)' >deep
broken poetry.lock 'TOML nested without an end' <deep

# Go's build information, of a binary and of a stripped one.
mkdir -p go
cat >go/main.go <<'.'
package main

func main() { println("x") }
.
printf 'module example.org/me\n\ngo 1.19\n' >go/go.mod
if run env -C go GOCACHE="$T/cache" GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o ../plain . && strip -o stripped plain; then
	for binary in plain stripped; do
		rm -rf tree
		mkdir tree
		cp $binary tree/bootstrap
		run "$BUCKLER" scan --list --format json tree
		out '"pkg:golang/stdlib@1\.[0-9.]+"' "$binary Go binary: the standard library"
	done
	head -c 4000 plain >tree/bootstrap
	run "$BUCKLER" scan --list tree
	is "$status" 0 'a truncated ELF file: the scan goes on'
else
	tap_fail 'a Go binary is built'
	cat "$T/err"
fi
done_testing
