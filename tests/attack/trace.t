#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The attacks once more, where no process may listen but a filter may call a tracer.  See run.t.
PLACE=trace
[ "$(id -u)" -eq 0 ] || { echo '1..0 # SKIP only root can make the place'; exit 0; }
TRIES=1000		# a stop costs several times what a notification does; the full number is run.t's
export TRIES
. "${0%/*}/run.t"
