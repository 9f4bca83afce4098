# SPDX-License-Identifier: Apache-2.0
# A loop on the Runtime API, as the platform's client for Ruby is one.
require "json"
require "net/http"

def handler(event)
  raise "asked to fail" if event["fail"]
  return { ran: IO.popen(event["run"], &:read).strip } if event["run"]
  { hello: event["name"], child: IO.popen(["/usr/bin/echo", "child of", event["name"]], &:read).strip }
end

host, port = ENV["AWS_LAMBDA_RUNTIME_API"].split(":")
base = "/2018-06-01/runtime/invocation/"
loop do
  Net::HTTP.start(host, port) do |http|
    answer = http.get(base + "next")
    begin
      kind, result = "response", handler(JSON.parse(answer.body))
    rescue StandardError => e
      kind, result = "error", { errorMessage: e.message }
    end
    http.post(base + answer["Lambda-Runtime-Aws-Request-Id"] + "/" + kind, JSON.generate(result))
  end
end
