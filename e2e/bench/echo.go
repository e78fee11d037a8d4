package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
	"github.com/selfsame-dev/selfsame/internal/wire/netlogon"
)

// echoWorkers read at once, as many as at a door of ours.
const echoWorkers = 16

// serveEcho sends each datagram back: what the kernel and Go cost without anything
// being done. A connection over TCP is how the bench sees that it is there.
func serveEcho(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	pc, err := net.ListenPacket("udp", addr)
	if err != nil {
		return err
	}
	conn := pc.(*net.UDPConn)
	var all sync.WaitGroup
	for range echoWorkers {
		all.Go(func() {
			packet := make([]byte, 65_535)
			for {
				n, source, err := conn.ReadFromUDPAddrPort(packet)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err == nil {
					_, _ = conn.WriteToUDPAddrPort(packet[:n], source)
				}
			}
		})
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		c.Close()
	}
}

// startEcho runs this program as the echo.
func startEcho() (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return serve(addr, exec.Command(self, "-echo", addr))
}

// packets sends datagrams and waits for each answer; good tests it.
func (s *server) packets(name, addr string, packet func(*rand.Rand) []byte, good func(out []byte) bool) side {
	return side{name, s.pid, func(int) (client, error) {
		c, err := net.Dial("udp", addr)
		if err != nil {
			return client{}, err
		}
		in := make([]byte, 4096)
		return client{func(rnd *rand.Rand) error {
			if _, err := c.Write(packet(rnd)); err != nil {
				return err
			}
			c.SetReadDeadline(time.Now().Add(patience))
			n, err := c.Read(in)
			if err == nil && good != nil && !good(in[:n]) {
				err = fmt.Errorf("the answer is not the one: %x", in[:n])
			}
			return err
		}, func() { c.Close() }}, nil
	}}
}

// pingPacket asks for a controller of the domain, [MS-ADTS] §6.3.3, as SSSD does.
func pingPacket(*rand.Rand) []byte { return ping }

var ping = ldap.Message{ID: 1, Op: &ldap.SearchRequest{
	Attributes: []string{"NetLogon"},
	Filter:     ldap.And{equal("DnsDomain", ourDomain), equal("NtVer", "\x14\x00\x00\x00")},
}}.Encode()

func isPong(out []byte) bool {
	m, err := ldap.Parse(out[:min(len(out), frameOf(out))])
	if err != nil {
		return false
	}
	e, ok := m.Op.(*ldap.SearchResultEntry)
	if !ok || len(e.Attributes) != 1 || len(e.Attributes[0].Values) != 1 {
		return false
	}
	_, err = netlogon.Parse(e.Attributes[0].Values[0])
	return err == nil
}

// frameOf is the length of the first message.
func frameOf(out []byte) int {
	total, _, _ := ldap.FrameLen(out, ldap.MaxMessage)
	return total
}

// srvPacket asks where the domain's KDCs are, RFC 2782: a question of one class
// and type, written by hand.
func srvPacket(rnd *rand.Rand) []byte {
	q := append([]byte{byte(rnd.Uint32()), byte(rnd.Uint32()), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "\x09_kerberos\x04_tcp\x03lab\x08internal\x00\x00\x21\x00\x01"...)
	return q
}

// isSRV tests that a server is named: one answer at least, and no error.
func isSRV(out []byte) bool {
	return len(out) > 12 && out[2]&0x80 != 0 && out[3]&0xf == 0 && out[7] > 0 && bytes.Contains(out, []byte("\x03dc1"))
}

// answersDNS reports whether the DNS door is open.
func answersDNS(addr string) bool {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return false
	}
	defer c.Close()
	_, _ = c.Write(srvPacket(rand.New(rand.NewPCG(1, 1))))
	c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	in := make([]byte, 4096)
	n, err := c.Read(in)
	return err == nil && isSRV(in[:n])
}
