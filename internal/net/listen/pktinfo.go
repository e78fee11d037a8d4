package listen

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// controlSpace holds one in_pktinfo and one in6_pktinfo: a socket for both
// families may get both.
var controlSpace = unix.CmsgSpace(unix.SizeofInet4Pktinfo) + unix.CmsgSpace(unix.SizeofInet6Pktinfo)

// askDestination has the kernel tell where each datagram was sent to, ip(7) and
// RFC 3542 §6.1. A socket for one family refuses the other's option.
func askDestination(raw syscall.RawConn) error {
	var err4, err6 error
	err := raw.Control(func(fd uintptr) {
		err4 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
		err6 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	})
	if err == nil && err4 != nil && err6 != nil {
		err = err4
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "cannot learn where datagrams are sent to")
	}
	return nil
}

// fromDestination turns the control message of a question, in place, into the
// one that sends the answer from where the question was sent to. It is empty,
// and the kernel chooses, if that is no address of a single host.
func fromDestination(oob []byte) []byte {
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			return nil
		}
		whole := oob[:len(oob)-len(rest)]
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) == unix.SizeofInet4Pktinfo:
			// ifindex, spec_dst, addr. spec_dst is ours even when addr is a
			// broadcast. Interface 0 leaves the way back to the routing table.
			binary.NativeEndian.PutUint32(data, 0)
			return whole
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) == unix.SizeofInet6Pktinfo:
			// addr, ifindex.
			to := netip.AddrFrom16([16]byte(data[:16]))
			if to.IsMulticast() {
				return nil
			}
			if !to.IsLinkLocalUnicast() {
				binary.NativeEndian.PutUint32(data[16:], 0)
			}
			return whole
		}
		oob = rest
	}
	return nil
}

// sender sends datagrams without ever waiting. What the kernel has no room for is
// lost, as on the way: whoever sends may be the one many others wait for.
type sender struct {
	raw syscall.RawConn
	six bool // a socket of IPv6, which is for IPv4 too
}

func newSender(conn *net.UDPConn) (s sender, err error) {
	if s.raw, err = conn.SyscallConn(); err != nil {
		return s, err
	}
	cerr := s.raw.Control(func(fd uintptr) {
		var domain int
		domain, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		s.six = domain == unix.AF_INET6
	})
	return s, errors.Join(cerr, err)
}

// send sends p to an address, the way that back leads. That names the interface of
// a link-local one.
func (s sender) send(p, back []byte, to netip.AddrPort) error {
	var sa unix.Sockaddr
	if s.six {
		sa = &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	} else {
		sa = &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()}
	}
	var err error
	werr := s.raw.Write(func(fd uintptr) bool {
		_, err = unix.SendmsgN(int(fd), p, back, sa, unix.MSG_DONTWAIT)
		return true
	})
	if werr != nil {
		return werr
	}
	return err
}
