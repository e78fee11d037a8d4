package kdc

import (
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/pac"
)

// behalf is a person a service asks for a ticket for, [MS-SFU].
//
// A service may do that for whoever has a live session on it, and nobody else: a
// machine that was taken over gives its thief those who are on it, not the domain.
type behalf struct {
	by      *directory.Entry // the service that asks
	proved  *authn.Proved    // the person
	name    krb5.PrincipalName
	until   liveProof
	reply   *krb5.S4UX509User // to be signed in the answer; nil for delegation
	targets bool              // the service may pass the ticket on, within its list
	to      string            // the service it is passed on to; empty for itself
}

// findBehalf finds whom the service asks for, if it asks for another.
func (x *exchange) findBehalf() error {
	if value, ok := x.padata.Find(krb5.PAS4UX509User); ok {
		return x.toItself(value)
	}
	if _, ok := x.padata.Find(krb5.PAForUser); ok {
		return refuse(krb5.ErrPADataNoSupport, "PA-FOR-USER is signed with MD5: PA-S4U-X509-USER is asked for")
	}
	if x.body.Options.Has(krb5.OptCNameInAddlTkt) {
		return x.delegated()
	}
	return nil
}

// requester is the service that asks, which has to be one.
func (x *exchange) requester() (*directory.Entry, error) {
	e := x.proved.Entry
	if e.Class != schema.Computer || e.Serves() {
		return nil, refuse(krb5.ErrPolicy, e.Name()+" is no service that may act for others")
	}
	return e, nil
}

// toItself answers S4U2Self, [MS-SFU] §3.2.5.1.2: a ticket to the service, in the
// name of a person.
func (x *exchange) toItself(value []byte) error {
	by, err := x.requester()
	if err != nil {
		return err
	}
	q, err := krb5.ParseS4UX509User(value)
	if err != nil {
		return refuse(krb5.ErrGeneric, err.Error())
	}
	key := x.tgt.Shared()
	typ := etype.Type(key.EType)
	if int32(q.Checksum.Type) != typ.CheckType() || q.UserID.Nonce != x.body.Nonce ||
		typ.VerifyChecksum(key.Value, krb5.UsageS4UX509Request, q.Checksum.Value, q.UserID.Raw) != nil {
		return x.reject(refuse(krb5.ErrModified, "the name of the person is not what the service signed"))
	}
	if x.service.entry == nil || x.service.entry.ID != by.ID {
		return refuse(krb5.ErrBadOption, "a service asks for others to itself only")
	}
	var person *directory.Entry
	if len(q.UserID.CName.Parts) == 1 && strings.EqualFold(string(q.UserID.CRealm), string(x.s.realm)) {
		person = x.s.dir.KerberosClient(q.UserID.CName.Parts[0], q.UserID.CName.Type == krb5.NameEnterprise)
	}
	return x.actFor(by, person, &behalf{reply: &q, targets: len(by.Stored(schema.MsDSAllowedToDelegateTo)) > 0})
}

// delegated answers S4U2Proxy, [MS-SFU] §3.2.5.2.1: a ticket to another service, in
// the name of the person whose ticket the service shows.
func (x *exchange) delegated() error {
	by, err := x.requester()
	if err != nil {
		return err
	}
	if len(x.body.Tickets) != 1 {
		return refuse(krb5.ErrBadOption, "one ticket of the person is shown")
	}
	shown := &gss.Opened{Request: krb5.APReq{Ticket: x.body.Tickets[0]}}
	if err := x.openEvidence(shown, by); err != nil {
		return x.reject(err)
	}
	owner, err := gss.OwnerOf(shown, x.s.dir.Realm())
	if err != nil {
		return x.reject(err)
	}
	if !shown.Ticket.Flags.Has(krb5.FlagForwardable) {
		return refuse(krb5.ErrBadOption, "the ticket is not forwardable")
	}
	to := x.service.name.String()
	if !slices.ContainsFunc(by.Stored(schema.MsDSAllowedToDelegateTo), func(v []byte) bool { return ident.Fold(string(v)) == ident.Fold(to) }) {
		return refuse(krb5.ErrBadOption, by.Name()+" may not act for people at "+to)
	}
	return x.actFor(by, x.s.dir.BySID(owner), &behalf{to: to})
}

// openEvidence opens the person's ticket with the service's own key.
func (x *exchange) openEvidence(o *gss.Opened, by *directory.Entry) (err error) {
	t := o.Request.Ticket
	if e := x.s.dir.KerberosService(t.SName.Parts); e == nil || e.ID != by.ID {
		return refuse(krb5.ErrServerNoMatch, "the ticket is for another service")
	}
	key, ok := gss.KeyOf(x.s.dir, by.ID, etype.Type(t.EncPart.EType), t.EncPart.KVNO)
	if !ok {
		return refuse(krb5.ErrBadKeyVersion, "the ticket's key is not known")
	}
	o.Key = key
	plain, err := key.Type.Decrypt(key.Value, krb5.UsageTicket, t.EncPart.Cipher)
	if err != nil {
		return refuse(krb5.ErrBadIntegrity, "the ticket cannot be decrypted")
	}
	if o.Ticket, err = krb5.ParseEncTicketPart(plain); err != nil {
		return refuse(krb5.ErrBadIntegrity, err.Error())
	}
	if !x.now.Before(o.Ticket.EndTime) {
		return refuse(krb5.ErrTicketExpired, "the ticket has ended")
	}
	return nil
}

// actFor decides whether the service may have a ticket in the person's name. Who is
// unknown and who is not there get the same answer.
func (x *exchange) actFor(by, person *directory.Entry, b *behalf) error {
	none := refuse(krb5.ErrPolicy, "the person has no live session on "+by.Name())
	if person == nil || person.Kind() != ident.KindUser {
		return none
	}
	proof, ok := x.s.live.proof(by.ID, person.ID, x.now)
	if !ok {
		return none
	}
	proved, err := x.s.authn.Present(x.ctx, x.attempt(), authn.Ticket{
		ID: gss.ID(x.tgt.Request.Ticket), Owner: person.SID(), Name: person.Name(), At: proof.at, Until: proof.until,
	})
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			return none
		}
		return err
	}
	b.by, b.proved, b.until, b.name = by, proved, proof, krb5.Name(krb5.NamePrincipal, person.Login)
	x.behalf, x.cname = b, b.name
	return nil
}

// apply makes the ticket the person's.
func (b *behalf) apply(part *krb5.EncTicketPart) {
	part.CName, part.AuthTime, part.RenewTill = b.name, b.until.at.Truncate(time.Second), time.Time{}
	if b.until.until.Before(part.EndTime) {
		part.EndTime = b.until.until
	}
	keep := part.Flags.Has(krb5.FlagForwardable) && b.proved.Entry.Control&directory.ControlNotDelegated == 0 && (b.to != "" || b.targets)
	part.Flags = krb5.FlagPreAuthent
	if keep {
		part.Flags |= krb5.FlagForwardable
	}
}

// trail is the buffer that says who acted, [MS-PAC] §2.9; none for S4U2Self.
func (b *behalf) trail() ([]pac.Buffer, error) {
	if b == nil || b.to == "" {
		return nil, nil
	}
	data, err := pac.DelegationInfo{Target: b.to, Transited: []string{b.by.Login}}.Marshal()
	return []pac.Buffer{{Type: pac.Delegated, Data: data}}, err
}

// signReply repeats the person's name under the key of the answer, [MS-SFU] §2.2.2.
func (x *exchange) signReply(rep *krb5.KDCRep) error {
	if x.behalf == nil || x.behalf.reply == nil {
		return nil
	}
	key, usage := x.tgt.Shared(), uint32(krb5.UsageS4UX509Request)
	id := x.behalf.reply.UserID
	if id.Options&krb5.S4UUseReplyKey != 0 {
		usage = krb5.UsageS4UX509Reply
	}
	typ := etype.Type(key.EType)
	sum, err := typ.Checksum(key.Value, usage, id.Marshal())
	if err != nil {
		return err
	}
	out := krb5.S4UX509User{UserID: id, Checksum: krb5.Checksum{Type: krb5.CheckType(typ.CheckType()), Value: sum}}
	rep.PAData = append(rep.PAData, krb5.PAData{Type: krb5.PAS4UX509User, Value: out.Marshal()})
	return nil
}
