package doctor

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A name is asked of one server at a time, so that a finding can say which one is
// wrong, and past /etc/hosts, which hides what everybody else sees.

var (
	errQuery = errors.New("doctor: not an answer to the query")
	errName  = errors.New("doctor: not a name")
)

// query asks one server for records, over UDP, and over TCP where that is too small.
func (m *Machine) query(ctx context.Context, at netip.AddrPort, name string, t dnsmessage.Type) (*dnsmessage.Message, error) {
	a, err := m.queryOver(ctx, "udp", at, name, t)
	if err == nil && a.Truncated {
		return m.queryOver(ctx, "tcp", at, name, t)
	}
	return a, err
}

func (m *Machine) queryOver(ctx context.Context, network string, at netip.AddrPort, name string, t dnsmessage.Type) (*dnsmessage.Message, error) {
	q, id, err := question(name, t)
	if err != nil {
		return nil, err
	}
	answer, _, err := m.exchange(ctx, network, at, framed16, q)
	if err != nil {
		return nil, err
	}
	a := new(dnsmessage.Message)
	if err := a.Unpack(answer); err != nil {
		return nil, err
	}
	if a.ID != id || !a.Response {
		return nil, errQuery
	}
	return a, nil
}

func question(name string, t dnsmessage.Type) (packed []byte, id uint16, err error) {
	n, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return nil, 0, errName
	}
	var b [2]byte
	_, _ = rand.Read(b[:])
	id = binary.BigEndian.Uint16(b[:])
	q := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: n, Type: t, Class: dnsmessage.ClassINET}},
	}
	packed, err = q.Pack()
	return packed, id, err
}

// addresses are the addresses of a name.
func (m *Machine) addresses(ctx context.Context, at netip.AddrPort, name string) []netip.Addr {
	var out []netip.Addr
	for _, t := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		a, err := m.query(ctx, at, name, t)
		if err != nil {
			continue
		}
		for _, r := range a.Answers {
			switch b := r.Body.(type) {
			case *dnsmessage.AResource:
				out = append(out, netip.AddrFrom4(b.A))
			case *dnsmessage.AAAAResource:
				out = append(out, netip.AddrFrom16(b.AAAA))
			}
		}
	}
	return out
}

// services are the targets of SRV records, lower case.
func (m *Machine) services(ctx context.Context, at netip.AddrPort, name string) ([]string, error) {
	a, err := m.query(ctx, at, name, dnsmessage.TypeSRV)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range a.Answers {
		if b, ok := r.Body.(*dnsmessage.SRVResource); ok {
			out = append(out, plain(b.Target))
		}
	}
	return out, nil
}

// pointer is the name of an address; empty if it has none.
func (m *Machine) pointer(ctx context.Context, at netip.AddrPort, addr netip.Addr) string {
	a, err := m.query(ctx, at, reverseName(addr), dnsmessage.TypePTR)
	if err != nil {
		return ""
	}
	for _, r := range a.Answers {
		if b, ok := r.Body.(*dnsmessage.PTRResource); ok {
			return plain(b.PTR)
		}
	}
	return ""
}

func plain(n dnsmessage.Name) string { return strings.ToLower(strings.TrimSuffix(n.String(), ".")) }

// reverseName is the name that an address's pointer stands at, RFC 1035 §3.5 and RFC
// 3596 §2.5.
func reverseName(a netip.Addr) string {
	const digits = "0123456789abcdef"
	b := a.Unmap().AsSlice()
	var s strings.Builder
	for i := len(b) - 1; i >= 0; i-- {
		if len(b) == 4 {
			s.WriteString(strconv.Itoa(int(b[i])) + ".")
			continue
		}
		s.Write([]byte{digits[b[i]&15], '.', digits[b[i]>>4], '.'})
	}
	if len(b) == 4 {
		return s.String() + "in-addr.arpa"
	}
	return s.String() + "ip6.arpa"
}

// framing says how a message is set apart from the next one over TCP.
type framing uint8

const (
	framed16 framing = 16 // a length of two octets, RFC 1035 §4.2.2
	framed32 framing = 32 // a length of four octets, RFC 4120 §7.2.2
)

// longest is as long as an answer over TCP may be: a ticket with a large PAC has a
// quarter of it.
const longest = 1 << 18

// exchange sends a message and returns the answer, and our address on the way.
func (m *Machine) exchange(ctx context.Context, network string, at netip.AddrPort, f framing, message []byte) ([]byte, netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Wait)
	defer cancel()
	c, err := m.Net.DialContext(ctx, network, at.String())
	if err != nil {
		return nil, netip.Addr{}, err
	}
	defer c.Close()
	local, _ := netip.ParseAddrPort(c.LocalAddr().String())
	if network == "udp" {
		answer, err := datagram(ctx, c, message, m.Wait/2)
		return answer, local.Addr(), err
	}
	deadline, _ := ctx.Deadline()
	_ = c.SetDeadline(deadline)
	answer, err := frame(c, f, message)
	return answer, local.Addr(), err
}

// datagram sends a message, and once more when no answer came by half the time.
func datagram(ctx context.Context, c net.Conn, message []byte, half time.Duration) ([]byte, error) {
	answer := make([]byte, 1<<16)
	var err error
	for range 2 {
		if _, err = c.Write(message); err != nil {
			return nil, err
		}
		_ = c.SetReadDeadline(time.Now().Add(half))
		var n int
		if n, err = c.Read(answer); err == nil {
			return answer[:n], nil
		}
		if !timedOut(err) || ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func frame(c net.Conn, f framing, message []byte) ([]byte, error) {
	var out []byte
	if f == framed16 {
		out = binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	} else {
		out = binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	}
	if _, err := c.Write(append(out, message...)); err != nil {
		return nil, err
	}
	head := make([]byte, f/8)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil, err
	}
	n := uint32(0)
	for _, b := range head {
		n = n<<8 | uint32(b)
	}
	if n > longest {
		return nil, errQuery
	}
	answer := make([]byte, n)
	_, err := io.ReadFull(c, answer)
	return answer, err
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// manner says in which way nobody answered. The difference tells a person where to
// look: at the server, or at what stands in between.
func manner(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused: nothing listens there, or a firewall rejects it"
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return "kept back by this machine's own firewall"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable: no route leads there, or a firewall rejects it"
	case timedOut(err):
		return "silent: a firewall drops it, or the host is off"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "cut off: something in between, or the server, ends the connection"
	}
	return "not answering: " + err.Error()
}
