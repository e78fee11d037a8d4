package pac

import (
	"fmt"

	"github.com/selfsame-dev/selfsame/internal/wire/ndr"
)

// DelegationInfo lists the services that acted for the client
// (S4U_DELEGATION_INFO), [MS-PAC] §2.9.
type DelegationInfo struct {
	Target    string   // the service the ticket is for
	Transited []string // the services it came through, oldest first
}

// stringSize is the length of the fields of an RPC_UNICODE_STRING.
const stringSize = 8

// Marshal returns the buffer. It fails on a string of 64 KiB.
func (d DelegationInfo) Marshal() ([]byte, error) {
	w := ndr.NewWriter()
	w.StringHeader(d.Target)
	w.Uint32(uint32(len(d.Transited)))
	w.Pointer(len(d.Transited) > 0)
	w.StringBody(d.Target)
	if len(d.Transited) > 0 {
		w.Uint32(uint32(len(d.Transited)))
	}
	for _, s := range d.Transited {
		w.StringHeader(s)
	}
	for _, s := range d.Transited {
		w.StringBody(s)
	}
	p, err := w.Bytes()
	if err != nil {
		return nil, fmt.Errorf("pac: delegation information: %w", err)
	}
	return p, nil
}

// ParseDelegationInfo reads the buffer of type [Delegated].
func ParseDelegationInfo(p []byte) (DelegationInfo, error) {
	r := ndr.NewReader(p)
	var d DelegationInfo
	target := r.StringHeader()
	count, present := r.Uint32(), r.Pointer()
	d.Target = r.StringBody(target)
	switch {
	case present:
		d.Transited = readStrings(r, count)
	case count != 0:
		r.Fail(ndr.ErrCount)
	}
	if err := r.Err(); err != nil {
		return DelegationInfo{}, fmt.Errorf("pac: delegation information: %w", err)
	}
	return d, nil
}

func readStrings(r *ndr.Reader, count uint32) []string {
	n := r.Count(int(count), stringSize)
	if n == 0 {
		return nil
	}
	heads, list := make([]ndr.String, n), make([]string, n)
	for i := range heads {
		heads[i] = r.StringHeader()
	}
	for i := range list {
		list[i] = r.StringBody(heads[i])
	}
	return list
}
