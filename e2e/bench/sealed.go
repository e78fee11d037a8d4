package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
	"github.com/selfsame-dev/selfsame/internal/wire/spnego"
)

// sealed is the client's end of a connection on which everything is encrypted, RFC
// 4121 §4.2.6.2, each token behind its length in four octets.
type sealed struct {
	net.Conn
	send  uint64
	out   *etype.Cipher
	in    *etype.Cipher
	plain []byte // was unwrapped and not read yet
}

func (s *sealed) Write(p []byte) (int, error) {
	h := krb5.WrapHeader{Flags: krb5.Sealed, SeqNo: s.send}.Bytes()
	s.send++
	token := s.out.Seal(append(make([]byte, 4, len(p)+96), h[:]...), append(append([]byte(nil), p...), h[:]...))
	binary.BigEndian.PutUint32(token, uint32(len(token)-4))
	if _, err := s.Conn.Write(token); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *sealed) Read(p []byte) (int, error) {
	if len(s.plain) == 0 {
		var head [4]byte
		if _, err := io.ReadFull(s.Conn, head[:]); err != nil {
			return 0, err
		}
		token := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(s.Conn, token); err != nil {
			return 0, err
		}
		_, body, err := krb5.ParseWrap(token)
		if err != nil {
			return 0, err
		}
		plain, err := s.in.Open(body)
		if err != nil || len(plain) < krb5.TokenHeader {
			return 0, errors.Join(err, errors.New("a token cannot be opened"))
		}
		s.plain = plain[:len(plain)-krb5.TokenHeader]
	}
	n := copy(p, s.plain)
	s.plain = s.plain[n:]
	return n, nil
}

// dialSealed opens a connection and binds on it with a ticket, as SSSD does:
// GSS-SPNEGO, and everything sealed after.
func (d *directory) dialSealed(r *realm, t *ticket) (*session, error) {
	s, err := dial(d.addr)
	if err != nil {
		return nil, err
	}
	typ := etype.Type(t.key.EType)
	subkey := krb5.EncryptionKey{EType: t.key.EType, Value: typ.NewKey()}
	wants := krb5.GSSChecksum{Flags: krb5.GSSMutual | krb5.GSSSequence | krb5.GSSConf | krb5.GSSInteg}
	sum, err := wants.Marshal()
	if err != nil {
		return nil, err
	}
	const first = 77 // of our tokens
	ap, err := r.show(t, krb5.UsageAPReqAuth, krb5.APMutualRequired, &krb5.Authenticator{
		Subkey: &subkey, SeqNo: first, Checksum: &krb5.Checksum{Type: krb5.CheckGSS, Value: sum},
	})
	if err != nil {
		return nil, err
	}
	token := krb5.ContextToken{OID: krb5.OIDKerberos, ID: krb5.TokenAPReq, Message: ap.Marshal()}.Marshal()
	offer := spnego.NegTokenInit{Mechs: [][]byte{krb5.OIDKerberos}, Token: token}
	if err := s.do(&ldap.BindRequest{Version: 3, Auth: ldap.SASL{Mechanism: "GSS-SPNEGO", Credentials: offer.Marshal()}}); err != nil {
		return nil, err
	}
	cover := &sealed{Conn: s.c, send: first}
	if cover.out, err = typ.Cipher(subkey.Value, krb5.UsageInitiatorSeal); err != nil {
		return nil, err
	}
	cover.in, err = typ.Cipher(subkey.Value, krb5.UsageAcceptorSeal)
	covered := newSession(cover)
	covered.id = s.id
	return covered, err
}
