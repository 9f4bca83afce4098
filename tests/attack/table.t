#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The documented protection is the tested one.
. "${0%/*}/../support/tap.sh"
sh "$TOP/tests/attack/table.sh" >table
sed -n '/^|/p' "$TOP/doc/protection.md" >documented
ok 'doc/protection.md is what table.sh prints' cmp table documented
done_testing
