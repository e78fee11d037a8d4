package listen

import (
	"context"
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// highOffset is added to a port that may not be bound, so that each of them is
// easy to tell: LDAP at 10389, HTTPS at 10443.
const highOffset = 10_000

// Port returns real if this process may bind every port, and real + 10000 if it
// may not. All ports of an installation move together, those above 1024 too.
//
// It goes by CAP_NET_BIND_SERVICE among the effective capabilities, which root
// has unless a container took it away, and which systemd can give to others.
func Port(real int) int { return portFor(real, mayBindLow()) }

func portFor(real int, low bool) int {
	if low {
		return real
	}
	return real + highOffset
}

// mayBindLow reads the effective capabilities, capabilities(7).
func mayBindLow() bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // version 3 has 64 bits in two words
	if err := unix.Capget(&head, &data[0]); err != nil {
		return unix.Geteuid() == 0
	}
	return data[0].Effective&(1<<unix.CAP_NET_BIND_SERVICE) != 0
}

// Listen listens for TCP connections. If it may not, the fault says why and what to do.
//
// Linux gives a connection the options of the socket it was accepted from, socket(7).
// So what finds dead peers is set once, and not with four calls for each connection.
func Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1, Control: control(keepAlive)}
	ln, err := lc.Listen(ctx, network, addr)
	if err != nil {
		return nil, refused(err, network, addr)
	}
	return ln, nil
}

// control makes of a setting of a socket what a [net.ListenConfig] wants.
func control(set func(fd int) error) func(string, string, syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var err error
		if cerr := raw.Control(func(fd uintptr) { err = set(int(fd)) }); cerr != nil {
			return cerr
		}
		return err
	}
}

// keepAlive asks the peer of an idle connection every 15 seconds whether it is there,
// and gives it up after nine such questions.
func keepAlive(fd int) error {
	return errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 9),
	)
}

// refused says in words a person can act on why an address was not to be had.
func refused(err error, network, addr string) error {
	_, port, _ := net.SplitHostPort(addr)
	flag := "-ltnp"
	if network == "udp" {
		flag = "-lunp"
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fault.Wrap(fault.Exists, err, "port %s (%s) is taken by another program", port, network).
			WithHint("See which one: ss %s 'sport = :%s'", flag, port)
	case errors.Is(err, syscall.EACCES):
		return fault.Wrap(fault.Denied, err, "port %s (%s) may not be used without privilege", port, network).
			WithHint("Give the program CAP_NET_BIND_SERVICE, or choose a port above 1024.")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fault.Wrap(fault.Invalid, err, "this machine has no address %s", addr).
			WithHint("See which ones it has: ip -brief address")
	}
	return fault.Wrap(fault.Invalid, err, "cannot listen on %s (%s)", addr, network)
}
