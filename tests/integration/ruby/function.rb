# SPDX-License-Identifier: Apache-2.0
# Requests that are answered with backquotes.  Called with a file of requests, one a line.
require "json"

def sh(command)
  output = `#{command}`
  raise "#{command}: #{$?}" unless $?.success?
  output
end

HANDLERS = {
  "archive" => lambda { |name, text|
    File.write(name, text + "\n")
    sh("tar -czf #{name}.tar.gz #{name}")
    sh("tar -xzOf #{name}.tar.gz")
  },
  "fetch" => lambda { |path| sh("curl --silent #{ENV["SERVER"]}/#{path} | cat") },
  "clone" => lambda { |name|
    system("git", "clone", "--quiet", "../in/repository", name, exception: true)
    sh("git -C #{name} log --format=%s")
  },
  "json" => lambda { |text| JSON.generate({ "text" => text }) + "\n" },
}

File.foreach(ARGV[0], chomp: true) do |line|
  action, *values = line.split("|")
  $stdout.write("#{action}: #{HANDLERS[action].call(*values)}")
  $stdout.flush
end
