// SPDX-License-Identifier: Apache-2.0
// Go's net/http with its own resolver.
package main

import (
	"fmt"
	"net/http"
)

func main() {
	for i := 0; i < 3; i++ {
		r, err := http.Get("http://api.test:8080/")
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Body.Close()
		fmt.Println(r.StatusCode)
	}
}
