package kdc

import (
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// notInAS are the options that only a ticket gives a right to, and those that are
// not served: postdated tickets, anonymous ones, and the like.
const notInAS = krb5.OptForwarded | krb5.OptProxy | krb5.OptPostdated | krb5.OptRenew | krb5.OptValidate |
	krb5.OptEncTktInSkey | krb5.OptAnonymous | krb5.OptCNameInAddlTkt

// authenticate answers an AS-REQ, RFC 4120 §3.1.
func (x *exchange) authenticate() error {
	for _, step := range []func() error{x.openArmor, x.checkRequest, x.findPrincipals, x.preauthenticate, x.issueInitial} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checkRequest refuses what cannot be answered, whoever asks.
func (x *exchange) checkRequest() error {
	if !strings.EqualFold(string(x.body.Realm), string(x.s.realm)) {
		return refuse(krb5.ErrWrongRealm, "the realm is "+string(x.body.Realm))
	}
	if x.body.Options&notInAS != 0 {
		return refuse(krb5.ErrBadOption, "an option that is not served")
	}
	if x.offered = x.passwordTypes(); len(x.offered) == 0 {
		return refuse(krb5.ErrETypeNoSupport, "the client offers no type of a password's key")
	}
	if v, ok := x.padata.Find(krb5.PAPACRequest); ok {
		q, err := krb5.ParsePACRequest(v)
		if err != nil {
			return refuse(krb5.ErrGeneric, err.Error())
		}
		x.noPAC = !q.Include
	}
	return nil
}

// passwordTypes are the types of keys made of passwords that the client offers, in
// its order. They are the same for every account, so that they tell of none.
func (x *exchange) passwordTypes() []etype.Type {
	var out []etype.Type
	for _, t := range x.body.ETypes {
		if t := etype.Type(t); slices.Contains(everyType[:2], t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// findPrincipals finds who asks, for what. A client that is nobody goes on like
// one that is somebody.
func (x *exchange) findPrincipals() (err error) {
	x.cname = x.body.CName
	name := x.clientName()
	enterprise := x.cname.Type == krb5.NameEnterprise
	if len(x.cname.Parts) == 1 {
		x.client = x.s.dir.KerberosClient(name, enterprise)
	}
	x.salt = x.saltOf(name)
	if x.client != nil && (enterprise || x.body.Options.Has(krb5.OptCanonicalize)) {
		x.cname = krb5.Name(krb5.NamePrincipal, x.client.Login) // RFC 6806 §3
	}
	x.service, err = x.findService(x.body.SName)
	return err
}

func (x *exchange) clientName() string { return strings.Join(x.body.CName.Parts, "/") }

// saltOf is the salt of the client's keys, or the one that keys of a new account of
// this name would have.
func (x *exchange) saltOf(name string) string {
	if x.client != nil {
		if c := x.s.dir.Credential(x.client.ID); c != nil && c.Usable && c.Current.Salt != "" {
			return c.Current.Salt
		}
	}
	if login, _, _ := strings.Cut(name, "@"); strings.HasSuffix(login, "$") {
		d := x.s.dir.Domain()
		return credential.SaltOfComputer(d.Realm(), login[:min(len(login), 64)], d.Name)
	}
	return x.s.dir.Decoy(name)
}

// method tells the client how it can prove who it is, RFC 4120 §5.2.7.
func (x *exchange) method() krb5.PADataList {
	var info krb5.ETypeInfo2
	for _, t := range x.offered {
		info = append(info, krb5.ETypeInfo2Entry{EType: krb5.EType(t), Salt: x.salt})
	}
	out := krb5.PADataList{{Type: krb5.PAETypeInfo2, Value: info.Marshal()}}
	if x.armor != nil {
		// Without a cookie MIT gives up rather than try again, RFC 6113 §5.2.
		return append(out, krb5.PAData{Type: krb5.PAEncryptedChallenge}, krb5.PAData{Type: krb5.PAFXCookie, Value: []byte("selfsame")})
	}
	return append(out, krb5.PAData{Type: krb5.PAEncTimestamp}, krb5.PAData{Type: krb5.PAFXFast})
}

// preauthenticate tests the proof: a timestamp encrypted with the client's key, RFC
// 4120 §5.2.7.2, or the same inside the armour, RFC 6113 §5.4.6.
func (x *exchange) preauthenticate() error {
	kind := krb5.PAEncTimestamp
	if x.armor != nil {
		kind = krb5.PAEncryptedChallenge
	}
	value, ok := x.padata.Find(kind)
	if !ok {
		method := x.method()
		return &refused{code: krb5.ErrPreauthRequired, data: method.Marshal(), method: method, reason: "no proof was sent"}
	}
	enc, err := krb5.ParseEncryptedData(value)
	if err != nil {
		return refuse(krb5.ErrGeneric, err.Error())
	}
	x.proved, err = x.s.authn.SignInWithKey(x.ctx, x.attempt(), x.client, x.clientName(), func(set *credential.Set) (bool, error) {
		return x.testProof(set, enc)
	})
	return err
}

// attempt is the sign-in this exchange is.
func (x *exchange) attempt() policy.Attempt {
	return policy.Attempt{
		Door: policy.Kerberos, Server: x.s.dir.Server(), Source: x.source, App: x.body.SName.String(), Client: policy.Ticket,
		Change: x.service != nil && x.service.passwd,
	}
}

// testProof tests the timestamp with one of the account's keys.
func (x *exchange) testProof(set *credential.Set, enc krb5.EncryptedData) (bool, error) {
	typ := etype.Type(enc.EType)
	value, ok := set.Key(typ)
	if !ok || !slices.Contains(x.offered, typ) {
		return false, nil
	}
	key, usage := gss.Key{Type: typ, Value: value}, uint32(krb5.UsageASReqTimestamp)
	proof := key
	if x.armor != nil {
		var err error
		if proof, err = x.armor.challengeKey(key, "clientchallengearmor"); err != nil {
			return false, nil
		}
		usage = krb5.UsageChallengeClient
	}
	plain, err := proof.Type.Decrypt(proof.Value, usage, enc.Cipher)
	if err != nil {
		return false, nil
	}
	stamp, err := krb5.ParseTimestamp(plain)
	if err != nil {
		return false, nil
	}
	made := stamp.Time.Add(time.Duration(stamp.Usec) * time.Microsecond)
	if d := x.now.Sub(made); d > gss.Skew || d < -gss.Skew {
		return false, refuse(krb5.ErrSkew, "the clocks are "+d.Round(time.Second).String()+" apart")
	}
	if !x.s.replays.First(enc.Cipher, x.now) {
		return false, refuse(krb5.ErrRepeat, "the proof was used before")
	}
	x.replyKey, x.salt = key, set.Salt
	return true, nil
}

// issueInitial grants what was asked for.
func (x *exchange) issueInitial() error {
	session, err := x.sessionType()
	if err != nil {
		return err
	}
	e := x.proved.Entry
	flags := krb5.FlagInitial | krb5.FlagPreAuthent
	if x.body.Options.Has(krb5.OptForwardable) && e.Control&directory.ControlNotDelegated == 0 && !x.service.passwd {
		flags |= krb5.FlagForwardable
	}
	if x.body.Options.Has(krb5.OptProxiable) && e.Control&directory.ControlNotDelegated == 0 && !x.service.passwd {
		flags |= krb5.FlagProxiable
	}
	part := krb5.EncTicketPart{
		Key:    krb5.EncryptionKey{EType: krb5.EType(session), Value: session.NewKey()},
		CRealm: x.s.realm, CName: x.cname, Transited: krb5.TransitedEncoding{Type: krb5.TransitedX500},
		AuthTime: x.proved.Actor.At().Truncate(time.Second),
	}
	part.StartTime = part.AuthTime
	x.lifetimes(&part, &flags)
	if _, ok := x.padata.Find(krb5.PAReqEncPARep); ok {
		flags |= krb5.FlagEncPARep
	}
	part.Flags = flags
	ticket, err := x.seal(&part, e, !x.noPAC)
	if err != nil {
		return err
	}
	if x.reply, err = x.initialReply(&part, ticket); err != nil {
		return err
	}
	x.give("ticket.initial", &part, ticket, "")
	return nil
}

// initialReply builds the AS-REP.
func (x *exchange) initialReply(part *krb5.EncTicketPart, ticket krb5.Ticket) ([]byte, error) {
	info := krb5.ETypeInfo2{{EType: krb5.EType(x.replyKey.Type), Salt: x.salt}}
	rep := &krb5.KDCRep{
		Type: krb5.TypeASRep, CRealm: x.s.realm, CName: x.cname, Ticket: ticket,
		PAData: krb5.PADataList{{Type: krb5.PAETypeInfo2, Value: info.Marshal()}},
	}
	enc := x.replyPart(krb5.TypeASRep, part)
	if at, ok := x.s.dir.PasswordExpires(x.proved.Entry); ok && at.Sub(x.now) < warnBefore {
		enc.KeyExpiration = at // clients warn of it
	}
	if part.Flags.Has(krb5.FlagEncPARep) {
		sum, err := x.replyKey.Type.Checksum(x.replyKey.Value, krb5.UsageASReqChecksum, x.req.Raw)
		if err != nil {
			return nil, err
		}
		enc.EncPAData = krb5.PADataList{
			{Type: krb5.PAReqEncPARep, Value: krb5.Checksum{Type: krb5.CheckType(x.replyKey.Type.CheckType()), Value: sum}.Marshal()},
			{Type: krb5.PAFXFast},
		}
	}
	if x.armor != nil {
		if err := x.armorReply(rep); err != nil {
			return nil, err
		}
	}
	var err error
	rep.EncPart = krb5.EncryptedData{EType: krb5.EType(x.replyKey.Type), KVNO: x.proved.Credential.Current.Version}
	if rep.EncPart.Cipher, err = x.s.encrypt(x.replyKey, krb5.UsageASRepPart, enc); err != nil {
		return nil, err
	}
	return x.s.marshal(rep), nil
}

// warnBefore is how long before a password's end clients hear of it.
const warnBefore = 14 * 24 * time.Hour
