package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"time"
)

// server is a process under load.
type server struct {
	addr string
	pid  int
	stop func()
}

// serve starts a process that answers at an address.
func serve(addr string, c *exec.Cmd) (*server, error) {
	if err := c.Start(); err != nil {
		return nil, err
	}
	s := &server{addr: addr, pid: c.Process.Pid, stop: func() { end(c) }}
	for range 200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			return s, conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("nothing answers at %s", addr)
}

// end stops a process by its id and waits for it.
func end(c *exec.Cmd) {
	_ = c.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { _ = c.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = c.Process.Kill()
		<-done
	}
}

// freePort finds a port that is free over TCP and UDP, below those that the kernel
// gives to connections: one of the many here would take it before the server does.
func freePort() (int, error) {
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		pc, err := net.ListenPacket("udp", addr)
		ln.Close()
		if err == nil {
			pc.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is free over TCP and UDP")
}

// freeAddr is a free port on loopback.
func freeAddr() (string, error) {
	port, err := freePort()
	return fmt.Sprintf("127.0.0.1:%d", port), err
}

// run runs a program to its end; what it says is part of an error.
func runs(c *exec.Cmd) error {
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", c.Path, err, out)
	}
	return nil
}
