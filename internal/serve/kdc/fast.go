package kdc

import (
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// armor is what an exchange is hidden in, RFC 6113 §5.4: a key that client and KDC
// have from a ticket, so that a password's timestamp is not open to whoever
// listens and guesses.
type armor struct {
	key   gss.Key
	nonce int64 // of the body inside
	hide  bool  // outside nobody shall read whose answer it is
}

// openArmor opens an armoured request. What is inside takes the place of what is
// outside, which nobody can trust.
func (x *exchange) openArmor() error {
	value, ok := x.padata.Find(krb5.PAFXFast)
	if !ok || len(value) == 0 {
		return nil
	}
	q, err := krb5.ParseFastArmoredReq(value)
	if err != nil {
		return refuse(krb5.ErrGeneric, err.Error())
	}
	key, signed, err := x.armorKey(q.Armor)
	if err != nil {
		return err
	}
	if int32(q.Checksum.Type) != key.Type.CheckType() ||
		key.Type.VerifyChecksum(key.Value, krb5.UsageFastReqChecksum, q.Checksum.Value, signed) != nil {
		return refuse(krb5.ErrModified, "the armour is of another request")
	}
	plain, err := key.Type.Decrypt(key.Value, krb5.UsageFastEnc, q.EncReq.Cipher)
	if err != nil {
		return refuse(krb5.ErrBadIntegrity, "the armour cannot be opened")
	}
	inner, err := krb5.ParseFastReq(plain)
	if err != nil {
		return refuse(krb5.ErrGeneric, err.Error())
	}
	x.armor = &armor{key: key, nonce: inner.Body.Nonce, hide: inner.Options&krb5.FastHideClientNames != 0}
	if inner.Options&krb5.FastCritical&^krb5.FastHideClientNames != 0 {
		return refuse(krb5.ErrUnknownFastOptions, "an option of the armour that is not served")
	}
	x.body, x.padata = &inner.Body, inner.PAData
	return nil
}

// armorKey makes the armour's key, RFC 6113 §5.4.1.1, and returns what the
// request's checksum is over: the body outside, or in a TGS-REQ the ticket shown,
// from which the key comes there.
func (x *exchange) armorKey(a *krb5.FastArmor) (gss.Key, []byte, error) {
	if x.tgt != nil {
		if a != nil {
			return gss.Key{}, nil, refuse(krb5.ErrPADataNoSupport, "armour of a ticket inside a ticket's request")
		}
		shown, _ := x.padata.Find(krb5.PATGSReq)
		key, err := armorOf(x.tgt)
		return key, shown, err
	}
	if a == nil || a.Type != krb5.ArmorAPRequest {
		return gss.Key{}, nil, refuse(krb5.ErrPADataNoSupport, "armour of an unknown kind")
	}
	o, err := gss.Open(a.Value, x.s.grantingKeys, krb5.UsageAPReqAuth, nil, x.now)
	if err != nil {
		return gss.Key{}, nil, err
	}
	if _, err := gss.VerifyGranting(&o.Ticket, o.Key); err != nil {
		return gss.Key{}, nil, err
	}
	key, err := armorOf(o)
	return key, x.req.Body.Raw, err
}

func armorOf(o *gss.Opened) (gss.Key, error) {
	if o.Auth.Subkey == nil {
		return gss.Key{}, refuse(krb5.ErrETypeNoSupport, "armour without a subkey")
	}
	sub, session := *o.Auth.Subkey, o.Ticket.Key
	k, err := etype.CF2(etype.Type(sub.EType), sub.Value, etype.Type(session.EType), session.Value, "subkeyarmor", "ticketarmor")
	return gss.Key{Type: etype.Type(sub.EType), Value: k}, err
}

// challengeKey is the key of a timestamp inside the armour, RFC 6113 §5.4.6.
func (a *armor) challengeKey(client gss.Key, pepper string) (gss.Key, error) {
	k, err := etype.CF2(a.key.Type, a.key.Value, client.Type, client.Value, pepper, "challengelongterm")
	return gss.Key{Type: a.key.Type, Value: k}, err
}

// armorReply puts what a reply tells before the ticket into the armour, and ties
// the ticket to it, RFC 6113 §5.4.3.
func (x *exchange) armorReply(rep *krb5.KDCRep) error {
	inside := rep.PAData
	if x.tgt == nil {
		proof, err := x.challenge()
		if err != nil {
			return err
		}
		inside = append(inside, proof)
	}
	key := x.armor.key
	sum, err := key.Type.Checksum(key.Value, krb5.UsageFastFinished, rep.Ticket.Marshal())
	if err != nil {
		return err
	}
	outside, err := x.armor.wrap(&krb5.FastResponse{
		PAData: inside, Nonce: x.armor.nonce,
		Finished: &krb5.FastFinished{
			Time: x.now, Usec: krb5.Micros(x.now), CRealm: rep.CRealm, CName: rep.CName,
			TicketChecksum: krb5.Checksum{Type: krb5.CheckType(key.Type.CheckType()), Value: sum},
		},
	})
	rep.PAData = krb5.PADataList{outside}
	if x.armor.hide { // RFC 6113 §5.4.2; FastFinished says who it is
		rep.CRealm, rep.CName = krb5.AnonymousRealm, krb5.Anonymous()
	}
	return err
}

// challenge proves to the client that we know its key too.
func (x *exchange) challenge() (krb5.PAData, error) {
	key, err := x.armor.challengeKey(x.replyKey, "kdcchallengearmor")
	if err != nil {
		return krb5.PAData{}, err
	}
	stamp := krb5.Timestamp{Time: x.now, Usec: krb5.Micros(x.now)}.Marshal()
	cipher, err := key.Type.Encrypt(key.Value, krb5.UsageChallengeKDC, stamp)
	return krb5.PAData{Type: krb5.PAEncryptedChallenge, Value: krb5.EncryptedData{EType: krb5.EType(key.Type), Cipher: cipher}.Marshal()}, err
}

func (a *armor) wrap(r *krb5.FastResponse) (krb5.PAData, error) {
	cipher, err := a.key.Type.Encrypt(a.key.Value, krb5.UsageFastRep, r.Marshal())
	rep := krb5.FastArmoredRep{EncRep: krb5.EncryptedData{EType: krb5.EType(a.key.Type), Cipher: cipher}}
	return krb5.PAData{Type: krb5.PAFXFast, Value: rep.Marshal()}, err
}

// armoredError is a refusal inside the armour, RFC 6113 §5.4.4.
func (x *exchange) armoredError(code krb5.ErrorCode, method krb5.PADataList) []byte {
	req := x.req
	if x.armor.hide {
		req.Body.Realm, req.Body.CName = krb5.AnonymousRealm, krb5.Anonymous()
	}
	inside := append(krb5.PADataList{{Type: krb5.PAFXError, Value: x.s.refusal(req, code, nil)}}, method...)
	pa, err := x.armor.wrap(&krb5.FastResponse{PAData: inside, Nonce: x.armor.nonce})
	if err != nil {
		return x.s.refusal(req, krb5.ErrGeneric, nil)
	}
	return x.s.refusal(req, code, krb5.PADataList{pa}.Marshal())
}
