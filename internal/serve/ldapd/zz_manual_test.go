package ldapd_test

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestZZManual(t *testing.T) {
	if os.Getenv("MANUAL") == "" {
		t.Skip()
	}
	b := newBench(t)
	lab(b)
	os.WriteFile("/tmp/ldapd.addr", []byte(fmt.Sprintf("P=ldap://%s\nS=ldaps://%s\n", b.plain, b.secure)), 0o644)
	time.Sleep(100 * time.Second)
}
