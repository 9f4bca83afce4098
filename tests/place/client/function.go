// SPDX-License-Identifier: Apache-2.0

// A bootstrap for provided.*: a static program that is a loop on the Runtime API.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

type event struct {
	Name string
	Fail bool
	Run  []string
}

func output(command ...string) (string, error) {
	out, err := exec.Command(command[0], command[1:]...).Output()
	return strings.TrimSpace(string(out)), err
}

func handler(e event) (any, error) {
	if e.Fail {
		return nil, errors.New("asked to fail")
	}
	if len(e.Run) > 0 {
		out, err := output(e.Run...)
		return struct {
			Ran string `json:"ran"`
		}{out}, err
	}
	child, err := output("/usr/bin/echo", "child of", e.Name)
	return struct {
		Hello string `json:"hello"`
		Child string `json:"child"`
	}{e.Name, child}, err
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		must(err)
		body, err := io.ReadAll(next.Body)
		must(err)
		next.Body.Close()
		var e event
		must(json.Unmarshal(body, &e))
		kind := "response"
		result, err := handler(e)
		if err != nil {
			kind = "error"
			result = struct {
				ErrorMessage string `json:"errorMessage"`
			}{err.Error()}
		}
		text, err := json.Marshal(result)
		must(err)
		answer, err := http.Post(base+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/"+kind, "application/json", bytes.NewReader(text))
		must(err)
		answer.Body.Close()
	}
}
