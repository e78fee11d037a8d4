package main

import (
	"bufio"
	"fmt"
	"io"
	"net"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// session is one LDAP connection.
type session struct {
	c    net.Conn
	r    *bufio.Reader
	id   int32
	seen int // entries of the last answer
	// entry is called with each entry, where it is set.
	entry func(*ldap.SearchResultEntry)
}

func dial(addr string) (*session, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return newSession(c), nil
}

func newSession(c net.Conn) *session { return &session{c: c, r: bufio.NewReaderSize(c, 64<<10)} }

// do sends a request and reads until its last answer.
func (s *session) do(o ldap.Op) error {
	_, err := s.ask(o)
	return err
}

func (s *session) ask(o ldap.Op) (ldap.Op, error) {
	s.id++
	s.seen = 0
	if _, err := s.c.Write(ldap.Message{ID: s.id, Op: o}.Encode()); err != nil {
		return nil, err
	}
	for {
		m, err := s.read()
		if err != nil {
			return nil, err
		}
		switch r := m.Op.(type) {
		case *ldap.SearchResultEntry:
			if s.seen++; s.entry != nil {
				s.entry(r)
			}
		case *ldap.SearchResultReference:
		case *ldap.BindResponse:
			return r, resultError(r.Result)
		case *ldap.Response:
			return r, resultError(r.Result)
		default:
			return nil, fmt.Errorf("an answer of kind %v", m.Op.Kind())
		}
	}
}

// find sends a search that must find something.
func (s *session) find(q *ldap.SearchRequest) error {
	err := s.do(q)
	if err == nil && s.seen == 0 {
		return fmt.Errorf("%s below %q finds nothing", q.Filter, q.Base)
	}
	return err
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
		if _, err := io.ReadFull(s.r, b); err != nil {
			return ldap.Message{}, err
		}
		return ldap.Parse(b)
	}
}
