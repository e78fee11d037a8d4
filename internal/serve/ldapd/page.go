package ldapd

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// page is a page of a search, RFC 2696.
//
// Nothing is kept between pages: the cookie says where the last one ended and how
// much was sent, and is signed together with what was asked. So a client may come
// back after days, to a connection of its own, and entries that came or went
// meanwhile are seen or not, but none twice. A cookie of another search, of
// somebody else or of a server that has restarted is refused.
type page struct {
	digest []byte // of what was asked
	sent   int    // on earlier pages
	whole  bool   // the client's size limit, not the page, ends this one
	over   bool   // the client gives the search up
}

const (
	macSize    = 16
	cookieHead = macSize + 4
)

var errCookie = refuse(ldap.UnwillingToPerform, "the cookie is not one of this search: begin it again")

// turn opens the page a search asks for.
func (s *search) turn() error {
	asked := s.controls.page
	p := &page{digest: s.digest()}
	s.page = p
	if len(asked.Cookie) > 0 {
		after, sent, ok := s.conn.s.openCookie(p.digest, asked.Cookie)
		if !ok {
			return errCookie
		}
		s.query.After, p.sent = after, sent
	}
	if asked.Size == 0 {
		p.over = true
		return nil
	}
	s.most = min(s.most, int(asked.Size))
	if all := int(s.q.SizeLimit); all > 0 && all-p.sent <= s.most {
		s.most, p.whole = max(0, all-p.sent), true
	}
	return nil
}

// close ends a page; last is where the next one goes on, and empty if there is
// none.
func (s *search) close(last string) error {
	if s.page == nil {
		return nil
	}
	var cookie []byte
	if last != "" && s.page.whole {
		s.controls.answer(ldap.OIDPaged, ldap.Paged{}.Encode())
		return s.tooMany()
	}
	if last != "" {
		cookie = s.conn.s.cookie(s.page.digest, last, s.page.sent+s.request.found)
	}
	s.controls.answer(ldap.OIDPaged, ldap.Paged{Cookie: cookie}.Encode())
	return nil
}

// digest stands for a search and who asks.
func (s *search) digest() []byte {
	h := sha256.New()
	id := s.as.Actor().Who().ID
	h.Write(id[:])
	h.Write([]byte{byte(s.query.Scope), byte(s.query.Through), byte(s.query.Through >> 8)})
	h.Write([]byte(s.query.Base.Key()))
	h.Write([]byte(s.q.Filter.String()))
	return h.Sum(nil)
}

func (s *Server) cookie(digest []byte, last string, sent int) []byte {
	body := append(binary.BigEndian.AppendUint32(nil, uint32(sent)), last...)
	return append(s.sign(digest, body), body...)
}

func (s *Server) openCookie(digest, cookie []byte) (last string, sent int, ok bool) {
	if len(cookie) <= cookieHead || !hmac.Equal(cookie[:macSize], s.sign(digest, cookie[macSize:])) {
		return "", 0, false
	}
	return string(cookie[cookieHead:]), int(binary.BigEndian.Uint32(cookie[macSize:])), true
}

func (s *Server) sign(digest, body []byte) []byte {
	m := hmac.New(sha256.New, s.secret[:])
	m.Write(digest)
	m.Write(body)
	return m.Sum(nil)[:macSize]
}
