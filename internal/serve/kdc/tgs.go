package kdc

import (
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// notInTGS are the options that are not served.
const notInTGS = krb5.OptPostdated | krb5.OptAllowPostdate | krb5.OptValidate | krb5.OptEncTktInSkey | krb5.OptAnonymous | krb5.OptProxy

// grant answers a TGS-REQ, RFC 4120 §3.3.
func (x *exchange) grant() error {
	for _, step := range []func() error{x.openTGT, x.openArmor, x.checkAsked, x.findOwner, x.findBehalf, x.issueFurther} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// openTGT opens the ticket the client shows, and tests that the request is its: the
// checksum is over the body as it came.
func (x *exchange) openTGT() (err error) {
	value, ok := x.padata.Find(krb5.PATGSReq)
	if !ok {
		return refuse(krb5.ErrPADataNoSupport, "no ticket was shown")
	}
	if x.tgt, err = gss.Open(value, x.s.grantingKeys, krb5.UsageTGSReqAuth, x.s.replays, x.now); err != nil {
		return x.reject(err)
	}
	sum := x.tgt.Auth.Checksum
	session := etype.Type(x.tgt.Ticket.Key.EType)
	if sum == nil || int32(sum.Type) != session.CheckType() {
		return x.reject(refuse(krb5.ErrInappropriateCheck, "the body has no checksum with the ticket's key"))
	}
	if session.VerifyChecksum(x.tgt.Ticket.Key.Value, krb5.UsageTGSReqChecksum, sum.Value, x.body.Raw) != nil {
		return x.reject(refuse(krb5.ErrModified, "the body is not the one the client signed"))
	}
	return nil
}

// grantingKeys finds the realm's key of a version.
func (s *Server) grantingKeys(name krb5.PrincipalName, typ etype.Type, version uint32) (gss.Key, bool) {
	if !isGranting(name, s) {
		return gss.Key{}, false
	}
	v := s.dir.Realm().Version(version)
	if v == nil || typ != keyring.RealmType {
		return gss.Key{}, false
	}
	return s.realmKey(v), true
}

// reject records that something shown as a ticket was none that counts.
func (x *exchange) reject(err error) error {
	name := ""
	if x.tgt != nil {
		name = x.tgt.Ticket.CName.String()
	}
	_ = x.s.authn.Reject(x.attempt(), name, err.Error())
	return err
}

// checkAsked finds the service, and refuses options that are not served.
func (x *exchange) checkAsked() (err error) {
	if !strings.EqualFold(string(x.body.Realm), string(x.s.realm)) {
		return refuse(krb5.ErrWrongRealm, "the realm is "+string(x.body.Realm))
	}
	if x.body.Options&notInTGS != 0 {
		return refuse(krb5.ErrBadOption, "an option that is not served")
	}
	x.cname = x.tgt.Ticket.CName
	x.service, err = x.findService(x.body.SName)
	return err
}

// findOwner finds whose ticket it is, by the SID in its PAC and never by its name
// (CVE-2021-42287), and has it decided whether the owner may have another.
func (x *exchange) findOwner() error {
	p, err := gss.VerifyGranting(&x.tgt.Ticket, x.tgt.Key)
	if err != nil {
		return x.reject(err)
	}
	x.noPAC = !p.Requested
	x.proved, err = x.s.authn.Present(x.ctx, x.attempt(), authn.Ticket{
		ID: gss.ID(x.tgt.Request.Ticket), Owner: p.Owner, Name: x.cname.String(), At: p.At, Until: x.tgt.Ticket.EndTime,
	})
	if fault.Is(err, fault.Unauthenticated) {
		return refuse(krb5.ErrTGTRevoked, fault.Message(err))
	}
	if err != nil {
		return err
	}
	// The name in the ticket was the owner's when it was made; somebody else's now
	// it may not be.
	if other := x.s.dir.KerberosClient(x.cname.String(), false); other != nil && other.ID != x.proved.Entry.ID {
		return x.reject(refuse(krb5.ErrTGTRevoked, "the name in the ticket is another account's"))
	}
	return nil
}

// issueFurther grants what was asked for, within what the ticket shown allows.
func (x *exchange) issueFurther() error {
	session, err := x.sessionType()
	if err != nil {
		return err
	}
	old := &x.tgt.Ticket
	part := krb5.EncTicketPart{
		Key:    krb5.EncryptionKey{EType: krb5.EType(session), Value: session.NewKey()},
		CRealm: old.CRealm, CName: old.CName, Transited: krb5.TransitedEncoding{Type: krb5.TransitedX500},
		AuthTime: old.AuthTime, StartTime: x.now.Truncate(time.Second),
	}
	flags, err := x.carriedOver(&part)
	if err != nil {
		return err
	}
	part.Flags = flags
	if x.behalf != nil {
		x.proved = x.behalf.proved
		x.behalf.apply(&part)
	}
	ticket, err := x.seal(&part, x.proved.Entry, !x.noPAC)
	if err != nil {
		return err
	}
	if x.reply, err = x.furtherReply(&part, ticket); err != nil {
		return err
	}
	action := "ticket.service"
	if x.service.granting {
		action = "ticket.granting"
	}
	if x.behalf != nil {
		x.proved.Record.Chain = []ident.Ref{x.behalf.by.Ref()}
		action = "ticket.onBehalf"
	}
	x.give(action, &part, ticket, gss.ID(x.tgt.Request.Ticket))
	return nil
}

// carriedOver sets the times and flags that the ticket shown allows, RFC 4120
// §3.3.3.
func (x *exchange) carriedOver(part *krb5.EncTicketPart) (krb5.Flags, error) {
	old, asked := &x.tgt.Ticket, x.body.Options
	flags := old.Flags & (krb5.FlagPreAuthent | krb5.FlagForwarded)
	part.EndTime = old.EndTime
	if t := x.body.Till; !t.IsZero() && t.Unix() != 0 && t.Before(part.EndTime) {
		part.EndTime = t
	}
	if asked.Has(krb5.OptForwarded) {
		if !old.Flags.Has(krb5.FlagForwardable) {
			return 0, refuse(krb5.ErrBadOption, "the ticket is not forwardable")
		}
		flags |= krb5.FlagForwarded
	}
	if old.Flags.Has(krb5.FlagForwardable) && asked&(krb5.OptForwardable|krb5.OptForwarded) != 0 {
		flags |= old.Flags & krb5.FlagForwardable
	}
	if asked.Has(krb5.OptProxiable) {
		flags |= old.Flags & krb5.FlagProxiable
	}
	if asked.Has(krb5.OptRenew) {
		return x.renewed(part, flags)
	}
	if old.Flags.Has(krb5.FlagRenewable) && asked&(krb5.OptRenewable|krb5.OptRenewableOK) != 0 {
		part.RenewTill = old.RenewTill
		flags |= krb5.FlagRenewable
	}
	if x.service.passwd {
		part.EndTime, part.RenewTill = x.now.Truncate(time.Second).Add(passwdLife), time.Time{}
		flags &^= krb5.FlagRenewable | krb5.FlagForwardable | krb5.FlagProxiable
	}
	if x.service.entry != nil && x.service.entry.Serves() {
		flags |= krb5.FlagOKAsDelegate
	}
	return flags, nil
}

// renewed is the same ticket again, for as long as it was for at first.
func (x *exchange) renewed(part *krb5.EncTicketPart, flags krb5.Flags) (krb5.Flags, error) {
	old := &x.tgt.Ticket
	if !old.Flags.Has(krb5.FlagRenewable) || !x.service.granting {
		return 0, refuse(krb5.ErrBadOption, "the ticket is not renewable")
	}
	if !x.now.Before(old.RenewTill) {
		return 0, refuse(krb5.ErrTicketExpired, "the ticket cannot be renewed any more")
	}
	began := old.StartTime
	if began.IsZero() {
		began = old.AuthTime
	}
	part.EndTime = part.StartTime.Add(old.EndTime.Sub(began))
	if part.EndTime.After(old.RenewTill) {
		part.EndTime = old.RenewTill
	}
	part.RenewTill = old.RenewTill
	return flags | old.Flags&(krb5.FlagRenewable|krb5.FlagForwardable|krb5.FlagProxiable), nil
}

// furtherReply builds the TGS-REP. It is encrypted with the key the client put into
// its authenticator, or the ticket's.
func (x *exchange) furtherReply(part *krb5.EncTicketPart, ticket krb5.Ticket) ([]byte, error) {
	rep := &krb5.KDCRep{Type: krb5.TypeTGSRep, CRealm: part.CRealm, CName: part.CName, Ticket: ticket}
	if err := x.signReply(rep); err != nil {
		return nil, err
	}
	enc := x.replyPart(krb5.TypeTGSRep, part)
	usage := uint32(krb5.UsageTGSRepSession)
	if x.tgt.Auth.Subkey != nil {
		usage = krb5.UsageTGSRepSubkey
	}
	key := x.tgt.Shared()
	if x.armor != nil {
		if err := x.armorReply(rep); err != nil {
			return nil, err
		}
	}
	cipher, err := x.s.encrypt(gss.Key{Type: etype.Type(key.EType), Value: key.Value}, usage, enc)
	if err != nil {
		return nil, err
	}
	rep.EncPart = krb5.EncryptedData{EType: key.EType, Cipher: cipher}
	return x.s.marshal(rep), nil
}
