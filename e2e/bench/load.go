package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// op is one operation: how a connection begins, and what it sends each time.
type op struct {
	begin *ldap.BindRequest // nil for none
	next  func(rnd *rand.Rand) ldap.Op
}

// sample is what one round measured.
type sample struct {
	ops   int
	took  time.Duration
	spent time.Duration // of the server's processors
}

func (s sample) cpu() float64  { return float64(s.spent.Microseconds()) / float64(max(1, s.ops)) }
func (s sample) rate() float64 { return float64(s.ops) / s.took.Seconds() }

// load sends an operation over several connections, one request in flight on
// each, for a time.
func load(p *peer, conns int, length time.Duration, o op) (sample, error) {
	all := make([]*session, conns)
	for i := range all {
		s, err := dial(p.addr)
		if err != nil {
			return sample{}, err
		}
		defer s.c.Close()
		if o.begin != nil {
			if err := s.do(o.begin); err != nil {
				return sample{}, err
			}
		}
		all[i] = s
	}
	before, err := cpuOf(p.pid)
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	end := began.Add(length)
	counts, errs := make([]int, conns), make([]error, conns)
	var wg sync.WaitGroup
	for i, s := range all {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 1))
			for time.Now().Before(end) {
				if errs[i] = s.do(o.next(rnd)); errs[i] != nil {
					return
				}
				counts[i]++
			}
		})
	}
	wg.Wait()
	out := sample{took: time.Since(began)}
	after, err := cpuOf(p.pid)
	if err != nil {
		return sample{}, err
	}
	out.spent = after - before
	for i := range counts {
		if errs[i] != nil {
			return sample{}, errs[i]
		}
		out.ops += counts[i]
	}
	return out, nil
}

// session is one LDAP connection.
type session struct {
	c  net.Conn
	r  *bufio.Reader
	id int32
}

func dial(addr string) (*session, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &session{c: c, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

// do sends a request and reads until its last answer.
func (s *session) do(o ldap.Op) error {
	s.id++
	if _, err := s.c.Write(ldap.Message{ID: s.id, Op: o}.Encode()); err != nil {
		return err
	}
	for {
		m, err := s.read()
		if err != nil {
			return err
		}
		switch r := m.Op.(type) {
		case *ldap.SearchResultEntry, *ldap.SearchResultReference:
		case *ldap.BindResponse:
			return resultError(r.Result)
		case *ldap.Response:
			return resultError(r.Result)
		default:
			return fmt.Errorf("an answer of kind %v", m.Op.Kind())
		}
	}
}

func resultError(r ldap.Result) error {
	if r.Code != ldap.Success {
		return fmt.Errorf("%v: %s", r.Code, r.Text)
	}
	return nil
}

func (s *session) read() (ldap.Message, error) {
	need := 2
	for {
		head, err := s.r.Peek(need)
		if err != nil {
			return ldap.Message{}, err
		}
		total, more, err := ldap.FrameLen(head, ldap.MaxMessage)
		if err != nil {
			return ldap.Message{}, err
		}
		if total == 0 {
			need += more
			continue
		}
		b := make([]byte, total)
		for n := 0; n < total; {
			k, err := s.r.Read(b[n:])
			if err != nil {
				return ldap.Message{}, err
			}
			n += k
		}
		return ldap.Parse(b)
	}
}

// cpuOf is the processor time a process has used, user and system.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name may hold spaces: fields are counted from after it.
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	var ticks int64
	for _, s := range f[11:13] { // utime, stime
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ on Linux
	return time.Duration(ticks) * time.Second / perSecond, nil
}

// asked are the ten attributes that both servers are asked for, in their words.
var asked = []string{"objectClass", "cn", "sn", "givenName", "displayName", "mail", "title", "department", "telephoneNumber", "description"}

func searchByLogin(p *peer) op {
	return op{begin: adminBind(p), next: func(rnd *rand.Rand) ldap.Op {
		return &ldap.SearchRequest{
			Base: p.base, Scope: ldap.WholeSubtree, Attributes: asked,
			Filter: ldap.Equal{Attr: p.login, Value: []byte(login(rnd.IntN(people)))},
		}
	}}
}

func baseRead(p *peer) op {
	return op{begin: adminBind(p), next: func(rnd *rand.Rand) ldap.Op {
		return &ldap.SearchRequest{
			Base: p.dn(rnd.IntN(people)), Scope: ldap.BaseObject, Attributes: asked, Filter: ldap.Present{Attr: "objectClass"},
		}
	}}
}

func bind(p *peer) op {
	return op{next: func(rnd *rand.Rand) ldap.Op {
		return &ldap.BindRequest{Version: 3, Name: p.dn(rnd.IntN(binders)), Auth: ldap.Simple{Password: ldap.Secret(password)}}
	}}
}

func modify(p *peer) op {
	return op{begin: adminBind(p), next: func(rnd *rand.Rand) ldap.Op {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], rnd.Uint64())
		return &ldap.ModifyRequest{Entry: p.dn(rnd.IntN(people)), Changes: []ldap.Change{
			{Op: ldap.ReplaceValues, Attribute: ldap.Text("description", fmt.Sprintf("%x", b))},
		}}
	}}
}

func adminBind(p *peer) *ldap.BindRequest {
	return &ldap.BindRequest{Version: 3, Name: p.admin, Auth: ldap.Simple{Password: ldap.Secret(p.pass)}}
}

func login(i int) string { return fmt.Sprintf("user%05d", i) }
