package kdc

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// passwdLife is how long a ticket to change a password is good for: the client asks
// and answers at once. Longer, it would be worth stealing (CVE-2022-2031).
const passwdLife = 2 * time.Minute

// lifetimes sets when a new ticket ends, and until when it can be renewed: as the
// client asks, within what the policy gives.
func (x *exchange) lifetimes(part *krb5.EncTicketPart, flags *krb5.Flags) {
	pol := x.s.dir.TicketPolicy()
	life := pol.Life
	if x.service.passwd {
		life = passwdLife
	}
	most := part.StartTime.Add(life)
	part.EndTime = most
	till := x.body.Till
	if askedFor := !till.IsZero() && till.Unix() != 0; askedFor && till.Before(most) {
		part.EndTime = till
	}
	if end := x.proved.Entry.Expires(); !end.IsZero() && end.Before(part.EndTime) {
		part.EndTime = end.Truncate(time.Second)
	}
	want := x.body.RTime
	renewable := x.body.Options.Has(krb5.OptRenewable)
	if !renewable && x.body.Options.Has(krb5.OptRenewableOK) && till.After(most) {
		renewable, want = true, till // rather a shorter one that can be renewed, RFC 4120 §3.1.3
	}
	if !renewable || x.service.passwd || pol.Renew <= pol.Life {
		return
	}
	last := part.StartTime.Add(pol.Renew)
	if want.IsZero() || want.Unix() == 0 || want.After(last) {
		want = last
	}
	if want.After(part.EndTime) {
		part.RenewTill = want
		*flags |= krb5.FlagRenewable
	}
}

// seal makes the ticket: it puts the PAC in and encrypts it for the service.
func (x *exchange) seal(part *krb5.EncTicketPart, e *directory.Entry, wantsPAC bool) (krb5.Ticket, error) {
	t := krb5.Ticket{Realm: x.s.realm, SName: x.service.name}
	if x.carriesPAC(wantsPAC) {
		p, err := x.pac(part, e, wantsPAC)
		if err != nil {
			return t, err
		}
		part.AuthData = krb5.AuthorizationData{krb5.WithPAC(p)}
	}
	cipher, err := x.s.encrypt(x.service.key, krb5.UsageTicket, part)
	t.EncPart = krb5.EncryptedData{EType: krb5.EType(x.service.key.Type), KVNO: x.service.version, Cipher: cipher}
	return t, err
}

// carriesPAC reports whether the ticket has a PAC. Ours always have: it is by that
// we know the owner. A service can do without, [MS-KILE] §3.3.5.3, as one must that
// does not know what to do with it.
func (x *exchange) carriesPAC(wanted bool) bool {
	if x.service.ours() {
		return true
	}
	return wanted && x.service.entry.Control&directory.ControlNoAuthData == 0
}

// replyPart is what the client is told of its ticket.
func (x *exchange) replyPart(typ krb5.MsgType, part *krb5.EncTicketPart) *krb5.EncKDCRepPart {
	return &krb5.EncKDCRepPart{
		Type: typ, Key: part.Key, LastReq: []krb5.LastReq{{Type: krb5.LastReqNone, Time: x.now.Truncate(time.Second)}},
		Nonce: x.body.Nonce, Flags: part.Flags, AuthTime: part.AuthTime, StartTime: part.StartTime, EndTime: part.EndTime,
		RenewTill: part.RenewTill, SRealm: x.s.realm, SName: x.service.name, CAddr: part.CAddr,
	}
}

// give says in the record who gets which ticket, from what.
func (x *exchange) give(action string, part *krb5.EncTicketPart, t krb5.Ticket, parent string) {
	r := x.proved.Record
	r.Kind, r.Action, r.Target, r.Token, r.Parent = audit.Issue, action, x.service.ref(), gss.ID(t), parent
	x.record, x.until = r, part.EndTime
}

// issued notes a ticket whose record is on disk.
func (x *exchange) issued() {
	if x.req.Type == krb5.TypeASReq {
		x.s.stats.AS.Add(1)
		return
	}
	x.s.stats.TGS.Add(1)
	if !x.service.ours() && x.behalf == nil {
		x.s.live.began(x.service.entry.ID, x.proved.Entry.ID, x.proved.Actor.At(), x.until, x.now)
	}
}
