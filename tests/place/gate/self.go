// SPDX-License-Identifier: Apache-2.0
// A program of Go's, under the gate: a server whose requests start children, and what it asks about itself.  With an argument: something that is to
// be refused; says "done" where it was not.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

func attack(what string) bool {
	switch what {
	case "exec":
		return exec.Command("/usr/bin/id").Run() == nil
	case "raw":
		pid, err := syscall.ForkExec("/usr/bin/id", []string{"id"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
		if err != nil {
			return false
		}
		var state syscall.WaitStatus
		syscall.Wait4(pid, &state, 0, nil)
		return state.ExitStatus() == 0
	case "mem":
		_, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
		return err == nil
	case "connect":
		l, err := net.Listen("tcp", "127.0.0.2:0")
		if err == nil {
			_, err = net.Dial("tcp", l.Addr().String())
		}
		return err == nil
	default: // code
		_, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
		return err == nil
	}
}

func answer(w http.ResponseWriter, r *http.Request) {
	out, err := exec.Command("/usr/bin/echo", "child").Output()
	fmt.Fprint(w, string(out), err)
}

func ask(url string, times int) (failed int) {
	for i := 0; i < times; i++ {
		r, err := http.Get(url)
		if err != nil {
			failed++
			continue
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if string(body) != "child\n<nil>" {
			failed++
		}
	}
	return
}

func serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	http.HandleFunc("/", answer)
	go http.Serve(l, nil)
	var wait sync.WaitGroup
	var lock sync.Mutex
	failed := 0
	for i := 0; i < 8; i++ {
		wait.Add(1)
		go func() {
			n := ask("http://"+l.Addr().String(), 50)
			lock.Lock()
			failed += n
			lock.Unlock()
			wait.Done()
		}()
	}
	wait.Wait()
	fmt.Println("requests that failed:", failed)
}

func self() {
	name, err := os.Executable()
	fmt.Println(name, err)
	own, err := os.ReadFile("/proc/self/exe")
	state, _ := os.Stat("/proc/self/exe")
	fmt.Println(err, state.Size() == int64(len(own)), len(own) > 1<<16)
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", os.Getpid()))
	fmt.Println(link, err)
	comm, _ := os.ReadFile("/proc/self/comm")
	line, _ := os.ReadFile("/proc/self/cmdline")
	fmt.Println(string(comm), strings.ReplaceAll(string(line), "\x00", " "))
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "BUCKLER") || strings.HasPrefix(entry, "LD_") {
			fmt.Println(entry)
		}
	}
	again, err := exec.Command("/proc/self/exe", "again").Output()
	fmt.Print(string(again), err, "\n")
}

func main() {
	if len(os.Args) < 2 {
		self()
		serve()
	} else if os.Args[1] == "again" {
		fmt.Println("again, as", filepath.Base(os.Args[0]))
	} else if attack(os.Args[1]) {
		fmt.Println("done")
	} else {
		fmt.Println("refused")
	}
}
