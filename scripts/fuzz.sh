#!/bin/sh
# Runs every fuzz target for FUZZTIME each. Each package's targets one by one: go
# test fuzzes one at a time.
set -eu

time=${FUZZTIME:-60s}
for pkg in $(go list ./... | grep -v /e2e); do
	dir=$(go list -f '{{.Dir}}' "$pkg")
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u); do
		echo "$pkg $target $time"
		go test "$pkg" -run '^$' -fuzz "^$target\$" -fuzztime "$time"
	done
done
