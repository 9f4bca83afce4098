# SPDX-License-Identifier: Apache-2.0
require "openssl"
puts `echo ruby`
4.times.map { Thread.new { 10.times { system("/bin/true") } } }.each(&:join)
puts OpenSSL::Digest::SHA256.hexdigest("x")
GC.start
puts ENV.keys.grep(/^(LD_|BUCKLER)/).inspect
