package kdc

import (
	"errors"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// refusal is a KRB-ERROR, RFC 4120 §5.9.1.
func (s *Server) refusal(req krb5.KDCReq, code krb5.ErrorCode, data []byte) []byte {
	now := s.dir.Now()
	e := krb5.Error{
		STime: now, SUsec: krb5.Micros(now), Code: code, Realm: s.realm, SName: req.Body.SName, Data: data,
	}
	if e.SName.IsZero() {
		e.SName = krb5.TicketService(s.realm)
	}
	if req.Type == krb5.TypeASReq && !req.Body.CName.IsZero() {
		e.CRealm, e.CName = req.Body.Realm, req.Body.CName
	}
	return e.Marshal()
}

// refused is an error code with what the client needs to do better.
type refused struct {
	code   krb5.ErrorCode
	data   []byte          // of the KRB-ERROR
	method krb5.PADataList // the same inside the armour
	reason string
}

func (e *refused) Error() string { return e.code.String() + ": " + e.reason }

// refuse answers a request that was refused.
func (x *exchange) refuse(err error) []byte {
	code, data, method := codeOf(err)
	if code == krb5.ErrPreauthRequired {
		x.s.stats.Asked.Add(1)
	} else {
		x.s.stats.Refused.Add(1)
	}
	if code == krb5.ErrPreauthFailed && method == nil {
		method = x.method()
		data = method.Marshal()
	}
	if x.armor != nil {
		return x.armoredError(code, method)
	}
	return x.s.refusal(x.req, code, data)
}

// codeOf is the only place in kdc that knows both vocabularies.
//
// A locked account answers as a wrong password does, so that a guesser cannot tell
// the two apart. Other states of an account are told to a right proof only; they
// come as fault.State.
func codeOf(err error) (code krb5.ErrorCode, data []byte, method krb5.PADataList) {
	var ours *refused
	if errors.As(err, &ours) {
		return ours.code, ours.data, ours.method
	}
	var ticket *gss.Error
	if errors.As(err, &ticket) {
		return ticket.Code, nil, nil
	}
	switch fault.KindOf(err) {
	case fault.Unauthenticated, fault.Locked:
		return krb5.ErrPreauthFailed, nil, nil
	case fault.State:
		switch fault.CodeOf(err) {
		case fault.CodeMustChange, fault.CodePwdExpired:
			return krb5.ErrKeyExpired, nil, nil
		}
		return krb5.ErrClientRevoked, nil, nil
	case fault.Denied:
		return krb5.ErrPolicy, nil, nil
	case fault.Unavailable, fault.Conflict, fault.Limit:
		return krb5.ErrServiceUnavailable, nil, nil
	default:
		return krb5.ErrGeneric, nil, nil
	}
}

func refuse(code krb5.ErrorCode, reason string) error { return &refused{code: code, reason: reason} }
