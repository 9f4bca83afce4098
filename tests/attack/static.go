// SPDX-License-Identifier: Apache-2.0
// A program without any C library.  Called as `static WAY` or `static WAY twin`, see attack.h.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// status of a child that ended by itself, or -1.
func status(path string) int {
	err := exec.Command(path).Run()
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "stopped:", err)
	return -1
}

// raw starts a child with nothing of os/exec between it and the system call.
func raw(path string) int {
	pid, err := syscall.ForkExec(path, []string{"image"}, &syscall.ProcAttr{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "stopped:", err)
		return -1
	}
	var state syscall.WaitStatus
	syscall.Wait4(pid, &state, 0, nil)
	return state.ExitStatus()
}

func main() {
	twin := len(os.Args) == 3
	if twin {
		if status("../bin/good") != 7 || raw("../bin/good") != 7 {
			os.Exit(1)
		}
		fmt.Println("normal work done")
		return
	}
	start := map[string]func(string) int{"command": status, "fork-exec": raw}[os.Args[1]]
	if start("../bin/evil") != 66 {
		os.Exit(1)
	}
	fmt.Println("DONE")
}
