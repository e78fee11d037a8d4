package ldapd

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// isPassword reports whether an attribute is written to set a password.
func isPassword(id schema.ID) bool { return id == schema.UnicodePwd || id == schema.UserPassword }

// passwordOf reads a password as an attribute carries it: unicodePwd is UTF-16LE
// in double quotes, [MS-ADTS] §3.1.1.3.1.5, and userPassword is UTF-8.
func passwordOf(id schema.ID, v []byte) (credential.Password, error) {
	if id == schema.UserPassword {
		if !utf8.Valid(v) {
			return "", refuse(ldap.InvalidAttributeSyntax, "userPassword is not UTF-8")
		}
		return credential.Password(v), nil
	}
	bad := refuse(ldap.ConstraintViolation, "unicodePwd is the password in double quotes, in UTF-16 with the low octet first")
	if len(v) < 4 || len(v)%2 != 0 {
		return "", bad
	}
	units := make([]uint16, len(v)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(v[2*i:])
	}
	runes := utf16.Decode(units)
	if len(runes) < 2 || runes[0] != '"' || runes[len(runes)-1] != '"' || slices.Contains(runes, utf8.RuneError) {
		return "", bad
	}
	return credential.Password(runes[1 : len(runes)-1]), nil
}

// passwordChange is a modification that sets a password, [MS-ADTS] §3.1.1.3.1.5.
type passwordChange struct {
	old   credential.Password
	proof bool // old is one's proof; else it is a reset by somebody who may
	pw    credential.Password
	must  bool
}

// passwordIn finds a password in a modification; nil if there is none.
//
// A password and other attributes in one modification are refused: a password is
// checked against policy and history, which takes longer than a transaction may,
// so the two could not be one change. pwdLastSet alone may come along, for it is
// part of the same record.
func passwordIn(changes []ldap.Change) (*passwordChange, error) {
	if !slices.ContainsFunc(changes, func(c ldap.Change) bool { id, _ := attribute(c.Attribute.Name); return isPassword(id) }) {
		return nil, nil
	}
	var p passwordChange
	set := false
	for _, c := range changes {
		id, _ := attribute(c.Attribute.Name)
		switch {
		case id == schema.PwdLastSet && c.Op == ldap.ReplaceValues && len(c.Attribute.Values) == 1:
			p.must = string(c.Attribute.Values[0]) == "0"
			continue
		case !isPassword(id):
			return nil, refuse(ldap.UnwillingToPerform, "a password is changed by itself: send %s in a request of its own", clip(c.Attribute.Name))
		case len(c.Attribute.Values) != 1:
			return nil, refuse(ldap.UnwillingToPerform, "a password has one value: replace it, or delete the old and add the new one")
		}
		pw, err := passwordOf(id, c.Attribute.Values[0])
		if err != nil {
			return nil, err
		}
		switch {
		case c.Op == ldap.DeleteValues && !p.proof && !set:
			p.old, p.proof = pw, true
		case c.Op == ldap.AddValues && p.proof && !set, c.Op == ldap.ReplaceValues && !p.proof && !set:
			p.pw, set = pw, true
		default:
			return nil, refuse(ldap.UnwillingToPerform, "a password is replaced, or the old one deleted and the new one added")
		}
	}
	if !set {
		return nil, refuse(ldap.UnwillingToPerform, "a password cannot be taken away: disable the account instead")
	}
	return &p, nil
}

func (x *request) changePassword(ctx context.Context, e *directory.Entry, p *passwordChange) error {
	if !p.proof {
		return x.as.SetPassword(ctx, e.ID, p.pw, p.must)
	}
	err := x.conn.s.cfg.Authn.ChangePassword(ctx, x.conn.attempt(), e.ID.String(), p.old, p.pw)
	if k := fault.KindOf(err); err != nil && (k == fault.Unauthenticated || k == fault.Locked) {
		return refuse(ldap.ConstraintViolation, "00000056: AtrErr: DSID-03190F80, #1: the old password is wrong, data 0")
	}
	return err
}

// modifyPassword is the extended operation of RFC 3062: one's own password with
// the old one as proof, or another's by whoever may reset it. Without a new one it
// makes one up and returns it.
func (x *request) modifyPassword(ctx context.Context, q *ldap.ExtendedRequest) (ldap.Op, error) {
	v, err := ldap.ParsePasswordModify(q.Value)
	if err != nil {
		return nil, refuse(ldap.ProtocolError, "the request cannot be read")
	}
	who := string(v.User)
	if kind, name, ok := strings.Cut(who, ":"); ok && (kind == "u" || kind == "dn") {
		who = name // an authzId, RFC 4513 §5.2.1.8
	}
	if who == "" && !x.conn.actor.IsZero() {
		who = x.conn.actor.Who().ID.String()
	}
	x.target = who
	out := new(ldap.ExtendedResponse)
	pw := credential.Password(v.New)
	if len(pw) == 0 {
		pw = credential.Generate()
		out.Value = ldap.EncodeMadePassword(ldap.Secret(pw))
	}
	switch {
	case who == "", v.Old == nil && x.conn.actor.IsZero():
		return nil, errAnonymous
	case v.Old != nil:
		return out, x.conn.s.cfg.Authn.ChangePassword(ctx, x.conn.attempt(), who, credential.Password(v.Old), pw)
	}
	e, err := x.conn.s.cfg.Directory.Find("", who)
	if err != nil {
		return nil, err
	}
	return out, x.as.SetPassword(ctx, e.ID, pw, false)
}
