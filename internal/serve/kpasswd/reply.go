package kpasswd

import (
	"errors"
	"net/netip"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// resultOf is the only place in kpasswd that knows both vocabularies. Clients show
// the text to the person.
func resultOf(err error) krb5.PasswdResult {
	if err == nil {
		return krb5.PasswdResult{Code: krb5.PasswdSuccess, Text: "the password was changed"}
	}
	if errors.Is(err, errInitial) {
		return krb5.PasswdResult{Code: krb5.PasswdNeedInitial, Text: "sign in with the old password first"}
	}
	text := fault.Message(err)
	if hint := fault.Hint(err); hint != "" {
		text += ": " + hint
	}
	out := krb5.PasswdResult{Code: krb5.PasswdHardError, Text: text}
	switch fault.KindOf(err) {
	case fault.Invalid:
		out.Code = krb5.PasswdSoftError
		if fault.CodeOf(err) == fault.CodeSchema {
			out.Code = krb5.PasswdMalformed
		}
	case fault.Denied, fault.NotFound: // who may not set it is not told whether it is there
		out.Code, out.Text = krb5.PasswdAccessDenied, "this takes a right you do not have"
	case fault.Unauthenticated, fault.Locked, fault.State:
		out.Code = krb5.PasswdAuthError
	case fault.Internal:
		out.Text = "the password was not changed"
	}
	return out
}

// codeOf is the error code of a ticket that does not count.
func codeOf(err error) krb5.ErrorCode {
	var e *gss.Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case fault.Is(err, fault.State):
		return krb5.ErrClientRevoked
	case fault.Is(err, fault.Unauthenticated):
		return krb5.ErrTGTRevoked
	}
	return krb5.ErrGeneric
}

// reply builds the answer to a ticket that counts.
func (x *request) reply(result krb5.PasswdResult) ([]byte, error) {
	const seq = 1
	session, shared := x.opened.Ticket.Key, x.opened.Shared()
	ap := krb5.EncAPRepPart{CTime: x.opened.Auth.CTime, CUsec: x.opened.Auth.CUsec, SeqNo: seq}
	cipher, err := etype.Type(session.EType).Encrypt(session.Value, krb5.UsageAPRepPart, ap.Marshal())
	if err != nil {
		return nil, err
	}
	rep := krb5.APRep{EncPart: krb5.EncryptedData{EType: session.EType, Cipher: cipher}}
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1}) // clients want an address and look at none
	part := krb5.EncPrivPart{
		UserData: result.Marshal(), SeqNo: seq,
		SAddress: krb5.HostAddress{Type: krb5.AddressIPv4, Address: local.AsSlice()},
	}
	if cipher, err = etype.Type(shared.EType).Encrypt(shared.Value, krb5.UsagePriv, part.Marshal()); err != nil {
		return nil, err
	}
	priv := krb5.Priv{EncPart: krb5.EncryptedData{EType: shared.EType, Cipher: cipher}}
	return krb5.PasswdMessage{Version: krb5.PasswdChange, AP: rep.Marshal(), Message: priv.Marshal()}.Marshal()
}

// unproved builds the answer to whoever has not proved who they are.
func (s *Server) unproved(code krb5.ErrorCode, result krb5.PasswdResult) []byte {
	now, d := s.dir.Now(), s.dir.Domain()
	e := krb5.Error{
		STime: now, SUsec: krb5.Micros(now), Code: code, Realm: krb5.Realm(d.Realm()),
		SName: krb5.ChangePassword(), Data: result.Marshal(),
	}
	out, err := krb5.PasswdMessage{Version: krb5.PasswdChange, Message: e.Marshal()}.Marshal()
	if err != nil {
		return nil
	}
	return out
}
