# SPDX-License-Identifier: Apache-2.0
# What an attacker makes a function start: says so after as many seconds as it is told, so that there is time to end it.
sleep($ARGV[0]);
print("DONE\n");
