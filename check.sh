#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything with gcc and clang and for aarch64, runs all tests.  The last lines are
# the summary; the exit status is 0 only if every test passed.  With CI=true a skipped test is a failure.
set -eu
cd "$(dirname "$0")"

sh tests/install.sh

step() {
	echo "== $*"
	"$@"
}
jobs=-j$(nproc)

step make "$jobs" WERROR=1
step make "$jobs" WERROR=1 CC=clang BUILD=build/clang
step make "$jobs" WERROR=1 cross
step make "$jobs" WERROR=1 tests fuzz

echo "== tests"
exec prove --timer --failures --exec 'sh tests/support/exec.sh' -r tests build/tests/*
