# SPDX-License-Identifier: Apache-2.0
# Ruby's net/http.
require 'net/http'
puts Net::HTTP.get(URI('http://api.test:8080/'))
