package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// BindRequest begins to prove who the client is, RFC 4511 §4.2.
type BindRequest struct {
	Version int32 // other than 3, the answer is ProtocolError
	Name    string
	Auth    Auth
}

// Auth is how a bind proves: [Simple], [SASL] or [UnknownAuth].
type Auth interface{ encode(b *ber.Builder) }

// Simple proves with a password. An empty one proves nothing, whatever the name
// says: RFC 4513 §5.1.2 calls it unauthenticated, and careless applications
// take its success for a sign-in.
type Simple struct{ Password Secret }

// SASL proves by a mechanism of RFC 4422. Credentials are nil if absent, which
// is not the same as empty.
type SASL struct {
	Mechanism   string
	Credentials Secret
}

// UnknownAuth is a choice RFC 4511 does not list, such as Microsoft's Sicily in
// [9] to [11], [MS-ADTS] §5.1.1.1.3. The answer is AuthMethodNotSupported.
type UnknownAuth struct {
	Tag   ber.Tag
	Value Secret
}

var (
	tagSimple      = ber.Context(0)
	tagSASL        = ber.ContextConstructed(3)
	tagServerCreds = ber.Context(7)
)

// Kind returns KindBindRequest.
func (*BindRequest) Kind() Kind { return KindBindRequest }

func parseBindRequest(r *ber.Reader) *BindRequest {
	q := new(BindRequest)
	outer := r.Enter(ber.Tag(KindBindRequest))
	q.Version = r.Int32(ber.Integer)
	q.Name = r.Text(ber.OctetString)
	q.Auth = parseAuth(r)
	r.Leave(outer)
	return q
}

func parseAuth(r *ber.Reader) Auth {
	switch r.Peek() {
	case tagSimple:
		return Simple{Password: r.Octets(tagSimple)}
	case tagSASL:
		return parseSASL(r)
	}
	t, value := r.Any()
	return UnknownAuth{Tag: t, Value: value}
}

func parseSASL(r *ber.Reader) SASL {
	var a SASL
	outer := r.Enter(tagSASL)
	a.Mechanism = r.Text(ber.OctetString)
	a.Credentials = optional(r, ber.OctetString)
	r.Leave(outer)
	return a
}

func (q *BindRequest) encode(b *ber.Builder) {
	end := b.Len()
	q.Auth.encode(b)
	b.Text(ber.OctetString, q.Name)
	b.Int(ber.Integer, int64(q.Version))
	b.Wrap(ber.Tag(KindBindRequest), end)
}

func (a Simple) encode(b *ber.Builder) { b.Octets(tagSimple, a.Password) }

func (a SASL) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, ber.OctetString, a.Credentials)
	b.Text(ber.OctetString, a.Mechanism)
	b.Wrap(tagSASL, end)
}

func (a UnknownAuth) encode(b *ber.Builder) { b.Octets(a.Tag, a.Value) }

// BindResponse answers a BindRequest, RFC 4511 §4.2.2. ServerCreds are nil if
// absent.
type BindResponse struct {
	Result
	ServerCreds []byte
}

// Kind returns KindBindResponse.
func (*BindResponse) Kind() Kind { return KindBindResponse }

func parseBindResponse(r *ber.Reader) *BindResponse {
	a := new(BindResponse)
	outer := r.Enter(ber.Tag(KindBindResponse))
	a.Result.parse(r)
	a.ServerCreds = optional(r, tagServerCreds)
	r.Leave(outer)
	return a
}

func (a *BindResponse) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, tagServerCreds, a.ServerCreds)
	a.Result.encodeFields(b)
	b.Wrap(ber.Tag(KindBindResponse), end)
}
