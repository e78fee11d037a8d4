// Package selfsame is the root of the module. The program is cmd/selfsame; the
// house it is built of is drawn in README.md and held to by house_test.go.
package selfsame
