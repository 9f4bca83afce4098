#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What holds the files: folders, zips, images, templates; and those that are made to harm a scanner.
. "${0%/*}/../support/tap.sh"

python3 "$TOP/tests/support/scan_fixtures.py" zips images systems templates links hostile || exit 2

# The components of a target: function, package URL and evidence, a line each; then how many files were not read.
listed() {
	run "$BUCKLER" scan --list --format json "$1"
	python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
names = [f["name"] for f in r["functions"]]
for c in r["components"]: print((names[c["function"]] + " " + c["purl"]).strip())
print("unread", r["summary"]["unread"])' "$T/out" 2>&1
}
holds() {		# TARGET WANTED NAME
	is "$(listed "$1")" "$2" "$3"
}
place() {		# NAME WANTED TEST: where a package is
	is "$(python3 -c '
import json, sys
print(*[c["path"] for c in json.load(open(sys.argv[1]))["components"] if c["name"] == sys.argv[2]])' "$T/out" "$1")" "$2" "$3"
}

# --- zips ---

holds function.zip 'pkg:npm/a@1.0.0
pkg:maven/org.x/inner@2.0
pkg:maven/org.x/outer@1.0
unread 0' 'a zip, a jar in it, a jar in that'
place org.x:inner 'lib/app.jar!/BOOT-INF/lib/in.jar!/META-INF/maven/org.x/inner/pom.properties' 'a path through archives'
holds self.zip 'pkg:npm/a@1.0.0
unread 0' 'a zip behind a program'
holds many 'pkg:npm/b@1.0.0
pkg:pypi/x@1.0
unread 0' 'a wheel in a folder'

holds jars 'pkg:maven/org.wrong/merged@2.0
pkg:maven/org.x/known@1.0
pkg:maven/org.x/other@1.0
unread 0' "a jar's manifest only counts where its properties don't say what it is"
mkdir -p own/node_modules/a && printf '{"name": "a", "version": "1.0.0"}' >own/node_modules/a/package.json
printf 'lodash@^4:\n  version "4.17.15"\n' >own/node_modules/a/yarn.lock
holds own 'pkg:npm/a@1.0.0
unread 0' "an installed package's own lock says what it was developed with"

# --- images: the top layer wins, whiteouts take away, a link in the place of a folder hides what is below ---

image='pkg:npm/changed@2.0.0
pkg:npm/kept@1.0.0
pkg:npm/new@1.0.0
pkg:npm/top@1.0.0
pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=12
unread 0'
holds image.tar "$image" 'docker save'
holds image.tgz "$image" 'docker save, compressed'
holds oci "$image" 'an OCI layout'
holds oci.tar "$image" 'an OCI layout in a tar'
is "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["functions"][0]["handler"])' out)" app.handler "an image's command is its handler"
place libssl3 var/lib/dpkg/status 'a path in an image'

# --- systems: their releases, and machine code that no package of theirs has ---

natives() {
	python3 -c 'import json, sys; print(*[n["path"] for n in json.load(open(sys.argv[1]))["natives"]])' "$T/out"
}
holds rpm 'pkg:rpm/rocky/x-libs@1.2-3.el9?distro=rocky-9
unread 0' 'RPM: a package with its release'
is "$(natives)" 'opt/own' 'RPM: a library that a package has is not listed'
holds deb 'pkg:deb/ubuntu/libssl3@3.0.11-1~deb12u2?distro=ubuntu-22.04
unread 0' 'dpkg: a package with its release'
is "$(natives)" 'opt/own' 'dpkg: a program that a package has is not listed, also in the merged /usr'
holds apk 'pkg:apk/alpine/busybox@1.36.1-r15?distro=v3.19
unread 0' 'apk: a package with its release'
is "$(natives)" 'opt/own' 'apk: a program that a package has is not listed'

# --- templates: a function each ---

holds template.yaml 'One pkg:npm/a@1.0.0
One pkg:npm/l@1.0.0
Two pkg:npm/b@1.0.0
Two pkg:npm/l@1.0.0
Three pkg:npm/changed@2.0.0
Three pkg:npm/kept@1.0.0
Three pkg:npm/l@1.0.0
Three pkg:npm/new@1.0.0
Three pkg:npm/top@1.0.0
Three pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=12
unread 2' 'SAM: CodeUri, a zip, an image, a layer of all'
err 'template.yaml: warning: Two: arn:aws:lambda:eu-west-1:1:layer:x:1: not read' "a layer that is in the cloud is said"
err 'template.yaml: warning: Cloud: Code: not read' "code that is in the cloud is said"
holds serverless.yml 'one pkg:npm/c@1.0.0
one pkg:npm/l@1.0.0
two pkg:npm/d@1.0.0
unread 1' 'serverless.yml: artifacts, a layer'
err 'serverless.yml: warning: far: 1.dkr.example/x:1: not read' 'an image that is in a registry is said'
holds cdk.template.json 'F pkg:npm/a@1.0.0
unread 0' "CloudFormation in JSON, with the CDK's note of the code"
mkdir empty && echo 'just text' >empty/file.txt
run "$BUCKLER" scan --list empty
status 3 'nothing that is known: status 3'
err 'nothing' 'and it says so'
run "$BUCKLER" scan --list nowhere
status 2 'no such target: status 2'

# --- made to harm ---

holds links 'pkg:npm/a@1.0.0
unread 0' 'links are not followed: up, in a circle, to the outside'
holds bomb.zip 'pkg:npm/b@1.0.0
unread 1' 'a zip bomb is named, what is beside it is read'
err 'node_modules/a/package.json: warning: not read: larger than' 'the bomb has a name'
holds slip.zip 'pkg:npm/good@1.0.0
unread 2' 'names that lead out are named and not read'
holds deep.zip 'pkg:maven/org.x/j3@1.0
pkg:maven/org.x/j4@1.0
pkg:maven/org.x/j5@1.0
pkg:maven/org.x/j6@1.0
pkg:maven/org.x/j7@1.0
pkg:maven/org.x/j8@1.0
pkg:maven/org.x/j9@1.0
unread 1' 'a zip with ten jars in one another: eight archives deep is read, the next is named'
holds cut.zip 'unread 1' 'a zip without its end'
holds far.zip 'unread 1' 'an entry that is not where the directory says'
holds locked.zip 'unread 1' 'an encrypted entry'
holds packed.zip 'unread 1' 'another compression'
holds bomb.yaml 'F pkg:npm/a@1.0.0
unread 0' 'a YAML alias bomb costs nothing'
holds tabs.yaml 'unread 1' 'a template that is no YAML'
err 'tabs.yaml: warning: not read, line 2' 'with its line'
holds big 'unread 1' 'a JSON text that is too large'
holds deepjson 'pkg:npm/b@1.0.0
unread 1' 'a JSON text that is too deep'
holds nolayer.tar 'unread 2' 'layers that are not there, or outside'
listed half.tar >half.list
like "$(cat half.list)" '^unread [1-9]' 'a layer that ends early'
holds hard.tar 'unread 1' 'a hard link that a reader would want is named'
done_testing
