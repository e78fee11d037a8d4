package kdc

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/pac"
)

// pac makes and signs the PAC of a ticket, [MS-PAC] and [MS-KILE] §3.3.5.6.4.
//
// That of a ticket-granting ticket says only whose it is: nobody but the KDC reads
// it, which gathers the groups anew for every service's ticket. So the reply to a
// sign-in fits into one datagram.
func (x *exchange) pac(part *krb5.EncTicketPart, e *directory.Entry, wanted bool) ([]byte, error) {
	client, err := pac.ClientInfo{AuthTime: part.AuthTime, Name: part.CName.String()}.Marshal()
	if err != nil {
		return nil, err
	}
	realm := x.s.realmKey(x.s.dir.Realm().Making(x.now))
	signatures := []pac.Buffer{
		pac.Unsigned(pac.ServerChecksum, x.service.key.Type.CheckType()),
		pac.Unsigned(pac.KDCChecksum, realm.Type.CheckType()),
	}
	buffers := []pac.Buffer{{Type: pac.Client, Data: client}}
	if x.service.ours() {
		buffers = append(buffers, gss.ProofTime(x.proved.Actor.At()))
	}
	if x.service.granting {
		var why pac.AttributesInfo
		if wanted {
			why = pac.PACImplicitly
		}
		buffers = append(buffers, pac.Buffer{Type: pac.Attributes, Data: why.Marshal()}, pac.Buffer{Type: pac.Requestor, Data: []byte(e.SID())})
	} else {
		who, err := x.identity(part, e)
		if err != nil {
			return nil, err
		}
		trail, err := x.behalf.trail()
		if err != nil {
			return nil, err
		}
		buffers = append(append(buffers, who...), trail...)
		signatures = append(signatures,
			pac.Unsigned(pac.TicketChecksum, realm.Type.CheckType()), pac.Unsigned(pac.FullChecksum, realm.Type.CheckType()))
	}
	p := pac.Build(append(buffers, signatures...)...)
	return p.Bytes, x.sign(p, part, realm)
}

// identity is who the client is, and which groups count for it.
func (x *exchange) identity(part *krb5.EncTicketPart, e *directory.Entry) ([]pac.Buffer, error) {
	d := x.s.dir.Domain()
	primary, rids := x.s.dir.TokenRIDs(e)
	info := &pac.LogonInfo{
		LogonTime: part.AuthTime, Name: e.Login, FullName: e.DisplayName(),
		UserRID: uint32(e.RID), PrimaryGroupRID: uint32(primary), UserFlags: pac.UserExtraSIDs,
		LogonServer: x.s.dir.Server(), Domain: d.NetBIOS, DomainSID: pac.SID(d.SID),
		UserAccountControl: pac.AccountNormal,
		ExtraSIDs:          []pac.SIDAttributes{{SID: pac.SID(assertedByAuthority), Attributes: pac.GroupEnabled}},
	}
	if e.Kind() == ident.KindComputer {
		info.UserAccountControl = pac.AccountWorkstation
	}
	if c := x.s.dir.Credential(e.ID); c != nil {
		info.PasswordLastSet, info.PasswordCanChange = c.SetAt.Truncate(time.Second), c.SetAt.Truncate(time.Second)
	}
	if at, ok := x.s.dir.PasswordExpires(e); ok {
		info.PasswordMustChange = at.Truncate(time.Second)
	}
	info.Groups = make([]pac.Group, len(rids))
	for i, rid := range rids {
		info.Groups[i] = pac.Group{RID: uint32(rid), Attributes: pac.GroupEnabled}
	}
	logon, err := info.Marshal()
	if err != nil {
		return nil, err
	}
	upn := pac.UPNInfo{UPN: e.UPN(&d), DNSDomain: d.Realm(), SAM: e.Login, SID: pac.SID(e.SID())}
	if upn.UPN == "" {
		upn.UPN, upn.MadeUp = e.Login+"@"+d.Name, true
	}
	names, err := upn.Marshal()
	return []pac.Buffer{{Type: pac.Logon, Data: logon}, {Type: pac.UPNDNS, Data: names}}, err
}

// assertedByAuthority is S-1-18-1: the client proved who it is, and no service said
// so for it, [MS-DTYP] §2.4.2.4.
const assertedByAuthority = "\x01\x01\x00\x00\x00\x00\x00\x12\x01\x00\x00\x00"

// sign fills the signatures in, in the order in which one covers another, [MS-PAC]
// §2.8.
func (x *exchange) sign(p pac.PAC, part *krb5.EncTicketPart, realm gss.Key) error {
	steps := []struct {
		typ  pac.Type
		key  gss.Key
		over func() []byte
	}{
		{pac.TicketChecksum, realm, func() []byte { return gss.TicketWithoutPAC(part) }},
		{pac.FullChecksum, realm, func() []byte { return p.Bytes }}, // the others are still zero
		{pac.ServerChecksum, x.service.key, func() []byte { return p.Bytes }},
		{pac.KDCChecksum, realm, func() []byte { s, _ := p.Signature(pac.ServerChecksum); return s.Sum }},
	}
	if x.service.granting {
		steps = steps[2:]
	}
	for _, step := range steps {
		sig, err := p.Signature(step.typ)
		if err != nil {
			return err
		}
		sum, err := step.key.Checksum(krb5.UsagePAC, step.over())
		if err != nil {
			return err
		}
		copy(sig.Sum, sum)
	}
	return nil
}
