#!/bin/sh
# Runs every fuzz target for FUZZTIME each. Each package's targets one by one: go
# test fuzzes one at a time.
set -eu

time=${FUZZTIME:-60s}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for pkg in $(go list ./... | grep -v /e2e); do
	dir=$(go list -f '{{.Dir}}' "$pkg")
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u); do
		echo "$pkg $target $time"
		if go test "$pkg" -run '^$' -fuzz "^$target\$" -fuzztime "$time" >"$out" 2>&1; then
			tail -n 1 "$out"
			continue
		fi
		# At the end of its time go test may call its own deadline a failure. A
		# real one writes the input down.
		if grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input written' "$out"; then
			echo "ended by its own deadline"
			continue
		fi
		cat "$out"
		exit 1
	done
done
