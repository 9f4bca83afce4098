// SPDX-License-Identifier: Apache-2.0
// Requests that are answered with os/exec.  Called with a file of requests, one a line.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
)

func run(name string, args ...string) string {
	command := exec.Command(name, args...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		os.Exit(1)
	}
	return string(output)
}

func archive(name, text string) string {
	if err := os.WriteFile(name, []byte(text+"\n"), 0o644); err != nil {
		panic(err)
	}
	run("tar", "-czf", name+".tar.gz", name)
	return run("tar", "-xzOf", name+".tar.gz")
}

// fetchAll starts its children from several threads at once.
func fetchAll(paths []string) string {
	results := make([]string, len(paths))
	var group sync.WaitGroup
	for i, path := range paths {
		group.Add(1)
		go func(i int, path string) {
			defer group.Done()
			results[i] = run("sh", "-c", "curl --silent "+os.Getenv("SERVER")+"/"+path)
		}(i, path)
	}
	group.Wait()
	return strings.Join(results, "")
}

func answer(request []string) string {
	switch request[0] {
	case "archive":
		return archive(request[1], request[2])
	case "clone":
		run("git", "clone", "--quiet", "../in/repository", request[1])
		return run("git", "-C", request[1], "log", "--format=%s")
	default:
		return fetchAll(request[1:])
	}
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		request := strings.Split(lines.Text(), "|")
		fmt.Print(request[0], ": ", answer(request))
	}
}
