// SPDX-License-Identifier: Apache-2.0
// Connects to port 8080 of each name, with Go's own resolver.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	for _, name := range os.Args[1:] {
		c, err := net.Dial("tcp", name+":8080")
		if err == nil {
			c.Close()
			fmt.Println(name, "yes")
		} else {
			fmt.Println(name, "no")
		}
	}
}
