package doctor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
	"github.com/selfsame-dev/selfsame/internal/wire/netlogon"
)

const portLDAP = 389

var errNoEntry = errors.New("doctor: the server answers with nothing")

// rootSearch is a search of the root DSE, which nobody has to sign in for.
func rootSearch(f ldap.Filter, attributes ...string) []byte {
	return ldap.Message{ID: 1, Op: &ldap.SearchRequest{Scope: ldap.BaseObject, Filter: f, Attributes: attributes}}.Encode()
}

// pingFilter describes the domain that is looked for, as SSSD does, [MS-ADTS] §6.3.3.
func pingFilter(domain string) ldap.Filter {
	return ldap.And{
		ldap.Equal{Attr: "DnsDomain", Value: []byte(domain)},
		ldap.Equal{Attr: "NtVer", Value: []byte{byte(netlogon.NtV5Ex | netlogon.NtWithSite), 0, 0, 0}},
	}
}

// ping sends a netlogon ping over UDP or TCP.
func (m *Machine) ping(ctx context.Context, network string, at netip.Addr, domain string) (netlogon.Response, error) {
	entry, err := m.rootEntry(ctx, network, at, pingFilter(domain), "netlogon")
	if err != nil {
		return netlogon.Response{}, err
	}
	for _, a := range entry.Attributes {
		if strings.EqualFold(a.Name, "netlogon") && len(a.Values) == 1 {
			return netlogon.Parse(a.Values[0])
		}
	}
	return netlogon.Response{}, errNoEntry
}

// ldapTime is a server's clock as its root DSE has it.
func (m *Machine) ldapTime(ctx context.Context, at netip.Addr) (time.Time, error) {
	entry, err := m.rootEntry(ctx, "tcp", at, ldap.Present{Attr: "objectClass"}, "currentTime")
	if err != nil {
		return time.Time{}, err
	}
	for _, a := range entry.Attributes {
		if strings.EqualFold(a.Name, "currentTime") && len(a.Values) == 1 {
			return time.Parse("20060102150405.0Z", string(a.Values[0]))
		}
	}
	return time.Time{}, errNoTime
}

// rootEntry asks for the root DSE and returns it.
func (m *Machine) rootEntry(ctx context.Context, network string, at netip.Addr, f ldap.Filter, attributes ...string) (*ldap.SearchResultEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Wait)
	defer cancel()
	c, err := m.Net.DialContext(ctx, network, netip.AddrPortFrom(at, portLDAP).String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	q := rootSearch(f, attributes...)
	var answer []byte
	if network == "udp" {
		answer, err = datagram(ctx, c, q, m.Wait/2)
	} else {
		deadline, _ := ctx.Deadline()
		_ = c.SetDeadline(deadline)
		if _, err = c.Write(q); err == nil {
			answer, err = message(c)
		}
	}
	if err != nil {
		return nil, err
	}
	// A datagram holds the entry and the result behind it, [MS-ADTS] §6.3.3.3.
	n, _, err := ber.FrameLen(answer)
	if err != nil || n == 0 || n > len(answer) {
		return nil, errNoEntry
	}
	reply, err := ldap.Parse(answer[:n])
	if err != nil {
		return nil, err
	}
	entry, ok := reply.Op.(*ldap.SearchResultEntry)
	if !ok {
		return nil, errNoEntry
	}
	return entry, nil
}

// message reads one message of a connection.
func message(c net.Conn) ([]byte, error) {
	var got []byte
	for {
		total, need, err := ldap.FrameLen(got, longest)
		if err != nil {
			return nil, err
		}
		if total > 0 {
			need = total - len(got)
		}
		if need == 0 {
			return got, nil
		}
		rest := make([]byte, need)
		if _, err := io.ReadFull(c, rest); err != nil {
			return nil, err
		}
		got = append(got, rest...)
	}
}
