// Selfsame is one identity for a data-science lab.
package main

import (
	"os"

	"github.com/selfsame-dev/selfsame/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
