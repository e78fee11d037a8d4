package ldapd_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// BenchmarkSearchByLogin and its like measure the whole process, clients included,
// which write prepared octets and look at lengths only. cpu-us/op is user and
// system time for one operation.
func BenchmarkSearchByLogin(b *testing.B) {
	load(b, func(i int) ldap.Message {
		return ldap.Message{ID: 7, Op: &ldap.SearchRequest{
			Base: base, Scope: ldap.WholeSubtree,
			Filter: ldap.MustFilter(fmt.Sprintf("(&(sAMAccountName=user%04d)(objectClass=user))", i%populated)), Attributes: asked,
		}}
	})
}

func BenchmarkBaseRead(b *testing.B) {
	load(b, func(i int) ldap.Message {
		return ldap.Message{ID: 7, Op: &ldap.SearchRequest{
			Base: fmt.Sprintf("CN=user%04d,%s", i%populated, users), Scope: ldap.BaseObject,
			Filter: ldap.MustFilter("(objectClass=*)"), Attributes: asked,
		}}
	})
}

func BenchmarkRootDSE(b *testing.B) {
	load(b, func(int) ldap.Message {
		return ldap.Message{ID: 7, Op: &ldap.SearchRequest{Filter: ldap.MustFilter("(objectClass=*)"), Attributes: []string{"defaultNamingContext", "supportedCapabilities"}}}
	})
}

func BenchmarkBind(b *testing.B) {
	load(b, func(i int) ldap.Message {
		return bindAs(fmt.Sprintf("CN=user%04d,%s", i%8, users))
	})
}

// BenchmarkEcho is the floor: the same clients against a server that sends back
// what it reads.
func BenchmarkEcho(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }()
		}
	}()
	for _, conns := range []int{8, 64} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			drive(b, ln.Addr().String(), conns, nil, func(int) ldap.Message { return bindAs("CN=user0001," + users) })
		})
	}
}

const populated = 1000

var asked = []string{"cn", "sAMAccountName", "mail", "uidNumber", "gidNumber", "objectSid", "userPrincipalName", "memberOf"}

func bindAs(name string) ldap.Message {
	return ldap.Message{ID: 7, Op: &ldap.BindRequest{Version: 3, Name: name, Auth: ldap.Simple{Password: ldap.Secret(password)}}}
}

func load(b *testing.B, request func(i int) ldap.Message) {
	t := newBench(b)
	group := t.group("everyone1")
	for i := range populated {
		pw := ""
		if i < 8 {
			pw = password
		}
		if _, err := t.admin.CreateUser(b.Context(), directory.NewUser{
			Login: fmt.Sprintf("user%04d", i), Password: passwordOf(pw), Groups: idsOf(group),
			Attrs: []directory.Value{value(schema.Mail, fmt.Sprintf("user%04d@lab.internal", i))},
		}); err != nil {
			b.Fatal(err)
		}
	}
	hello := bindAs("CN=user0001," + users)
	for _, conns := range []int{8, 64} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) { drive(b, t.plain, conns, &hello, request) })
	}
}

// drive sends b.N requests over a number of connections, each after the answer to
// the one before.
func drive(b *testing.B, addr string, conns int, hello *ldap.Message, request func(i int) ldap.Message) {
	var ready, done sync.WaitGroup
	var next atomic.Int64
	start := make(chan struct{})
	for range conns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		ready.Add(1)
		done.Go(func() {
			buf := make([]byte, 64<<10)
			if hello != nil {
				exchange(b, c, hello.Encode(), buf)
			}
			prepared := make([][]byte, 64)
			for i := range prepared {
				prepared[i] = request(i * 37).Encode()
			}
			ready.Done()
			<-start
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				exchange(b, c, prepared[i%64], buf)
			}
		})
	}
	ready.Wait()
	b.ResetTimer()
	from := cpu()
	close(start)
	done.Wait()
	b.ReportMetric(float64(cpu()-from)/1e3/float64(b.N), "cpu-us/op")
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// exchange sends a request and reads up to the message that ends its answer: the
// last octets of what came are a whole message with a result, or more is to come.
func exchange(b *testing.B, c net.Conn, p, buf []byte) {
	if _, err := c.Write(p); err != nil {
		b.Error(err)
		return
	}
	have := 0
	for {
		n, err := c.Read(buf[have:])
		if err != nil {
			b.Error(err)
			return
		}
		if have += n; finished(buf[:have]) {
			return
		}
	}
}

func finished(p []byte) bool {
	for len(p) > 0 {
		total, _, err := ldap.FrameLen(p, len(p))
		if err != nil || total == 0 || total > len(p) {
			return false
		}
		// A message id of one octet: the operation's tag is behind it.
		head := total
		for i := 2; i < 8 && i < total; i++ {
			if p[i] == 2 && p[i+1] == 1 {
				head = i + 3
				break
			}
		}
		if head < total && ldap.Kind(p[head]) != ldap.KindSearchResultEntry {
			return true
		}
		p = p[total:]
	}
	return false
}

// BenchmarkScan is a search that no index helps, of all entries, on one
// connection: cpu-us/op is for one entry.
func BenchmarkScan(b *testing.B) {
	t := newBench(b, unlimited)
	crowd(t, populated)
	if _, err := t.admin.CreateUser(b.Context(), directory.NewUser{Login: "alice", Password: password}); err != nil {
		b.Fatal(err)
	}
	c, err := net.Dial("tcp", t.plain)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	exchange(b, c, bindAs("alice").Encode(), make([]byte, 1024))
	for _, attrs := range [][]string{asked, {"*"}} {
		b.Run(attrs[0], func(b *testing.B) {
			q := search(7, base, "(department=crowd)", attrs...).Encode()
			answer := make([]byte, 4<<20)
			size := 0
			_, _ = c.Write(q)
			for !finished(answer[:size]) {
				n, err := c.Read(answer[size:])
				if err != nil {
					b.Fatal(err)
				}
				size += n
			}
			b.ResetTimer()
			from := cpu()
			for i := 0; i < b.N; i += populated {
				_, _ = c.Write(q)
				if _, err := io.ReadFull(c, answer[:size]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu()-from)/1e3/float64((b.N+populated-1)/populated*populated), "cpu-us/op")
		})
	}
}
