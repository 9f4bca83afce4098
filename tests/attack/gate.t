#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The attacks once more, where no process may listen or trace: the in-process gate.  See run.t.
PLACE=gate
[ "$(id -u)" -eq 0 ] || { echo '1..0 # SKIP only root can make the place'; exit 0; }
[ "$(uname -m)" = x86_64 ] || { echo '1..0 # SKIP the gate is for x86-64'; exit 0; }
TRIES=3000		# the full number is for the mechanism that is a wall
export TRIES
. "${0%/*}/run.t"
