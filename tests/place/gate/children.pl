# SPDX-License-Identifier: Apache-2.0
$| = 1;
print `echo perl`;
my $pid = fork;
if (!$pid) { exec "/bin/echo", "child" }
waitpid $pid, 0;
open(my $pipe, "-|", "/bin/echo", "pipe");
print <$pipe>;
