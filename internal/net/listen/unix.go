package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Peer is the process at the other end of a local socket, as the kernel knows
// it. It is who it was when it connected.
type Peer struct {
	PID      int
	UID, GID uint32
	// LoginUID is who signed in on the session the process belongs to: it stays
	// through su and sudo. HasLogin is false for what no sign-in started.
	//
	// It is read by process number after the fact. It may tell more about a peer
	// in a log, and must not be what a right rests on.
	LoginUID uint32
	HasLogin bool
}

// Unix listens on a local socket that mode says who may connect to. Connections
// it accepts know their peer: see [PeerOf]. A socket that a dead process left
// behind is replaced.
func Unix(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	if err := clearStale(path); err != nil {
		return nil, err
	}
	// The socket's own mode, less the umask, is what bind gives the file, so the
	// file never is open to more than mode says, not even for a moment.
	lc := net.ListenConfig{Control: control(func(fd int) error { return unix.Fchmod(fd, uint32(mode.Perm())) })}
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "cannot listen on the socket %s", path)
	}
	if err := os.Chmod(path, mode.Perm()); err != nil {
		ln.Close()
		return nil, fmt.Errorf("set the mode of the socket %s: %w", path, err)
	}
	return &unixListener{ln.(*net.UnixListener)}, nil
}

// clearStale removes a socket that nobody listens on, and nothing else.
func clearStale(path string) error {
	st, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the socket %s: %w", path, err)
	}
	if st.Mode().Type() != fs.ModeSocket {
		return fault.New(fault.Exists, "%s is there and is not a socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		c.Close()
		return fault.New(fault.Exists, "another process listens on %s", path).
			WithHint("See which one: ss -lxp src %s", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fault.Wrap(fault.Exists, err, "the socket %s is there, and it is not known whether it is in use", path)
	}
	return os.Remove(path)
}

type unixListener struct{ *net.UnixListener }

// Accept waits for a connection whose peer is known. One that is gone before it
// could be asked is dropped.
func (l *unixListener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		peer, err := peerOf(c)
		if err != nil {
			c.Close()
			continue
		}
		return &unixConn{c, peer}, nil
	}
}

type unixConn struct {
	*net.UnixConn
	peer Peer
}

// peerOf asks the kernel, unix(7).
func peerOf(c *net.UnixConn) (Peer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *unix.Ucred
	var optErr error
	if err := raw.Control(func(fd uintptr) {
		cred, optErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return Peer{}, err
	}
	if optErr != nil {
		return Peer{}, optErr
	}
	p := Peer{PID: int(cred.Pid), UID: cred.Uid, GID: cred.Gid}
	p.LoginUID, p.HasLogin = loginUID(p.PID)
	return p, nil
}

// loginUID reads what pam_loginuid wrote. All ones mean that nobody signed in.
func loginUID(pid int) (uint32, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/loginuid")
	if err != nil {
		return 0, false
	}
	return parseLoginUID(string(b))
}

func parseLoginUID(s string) (uint32, bool) {
	const unset = 1<<32 - 1
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil || n == unset {
		return 0, false
	}
	return uint32(n), true
}

type peerKey struct{}

// PeerOf returns the peer of a connection that a listener of [Unix] accepted.
func PeerOf(c net.Conn) (Peer, bool) {
	u, ok := c.(*unixConn)
	if !ok {
		return Peer{}, false
	}
	return u.peer, true
}

// ConnContext is for [net/http.Server]: handlers then find the peer by
// [PeerFrom].
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if p, ok := PeerOf(c); ok {
		return context.WithValue(ctx, peerKey{}, p)
	}
	return ctx
}

// PeerFrom returns the peer of a request that came through a local socket.
func PeerFrom(ctx context.Context) (Peer, bool) {
	p, ok := ctx.Value(peerKey{}).(Peer)
	return p, ok
}
