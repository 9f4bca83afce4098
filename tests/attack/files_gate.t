#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files once more, where no process may listen or trace: the in-process gate.  See files.t.
PLACE=gate
[ "$(id -u)" -eq 0 ] || { echo '1..0 # SKIP only root can make the place'; exit 0; }
[ "$(uname -m)" = x86_64 ] || { echo '1..0 # SKIP the gate is for x86-64'; exit 0; }
. "${0%/*}/files.t"
