package ident

import (
	"net/netip"
	"time"
)

// Kind is what sort of principal an object is.
type Kind string

// The kinds of principals.
const (
	KindUser     Kind = "user"
	KindGroup    Kind = "group"
	KindComputer Kind = "computer"
	KindLocal    Kind = "local"  // root at a server's local socket
	KindServer   Kind = "server" // this server itself, for its own housekeeping
)

// Ref names a principal or object in a record: its id, and its name at the time.
type Ref struct {
	ID   ID     `json:"id,omitzero"`
	Kind Kind   `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
}

// Method is one way a person proved who they are, and when.
type Method struct {
	Name string    `json:"name"` // of RFC 8176 where it has one: pwd
	At   time.Time `json:"at"`
}

// Actor is who is asking: who, on whose behalf, how and when proved, over what,
// until when. Core is entered with one: dir.As(actor).
//
// The zero Actor is nobody, and may do nothing.
type Actor struct {
	who     Ref
	chain   []Ref
	methods []Method
	at      time.Time
	until   time.Time
	source  netip.Addr
	door    string
	session string
	limit   Limit
	login   string
}

// Limit narrows what an actor may do, whatever its roles.
type Limit uint8

// The limits.
const (
	Unlimited    Limit = iota
	OnlyPassword       // must change the password first, and may do only that
)

// Proven is what a sign-in established; it becomes an Actor by Mint.
type Proven struct {
	Who     Ref
	Chain   []Ref      // on whose behalf, nearest first; empty for oneself
	Methods []Method   // how, with times
	At      time.Time  // when the proof was made
	Until   time.Time  // when it ends; zero for no end of its own
	Source  netip.Addr // where from
	Door    string     // over which door
	Session string     // the browser session, if any
	Limit   Limit
	Login   string // the caller's login name on this host, for the local socket
}

// Mint makes an actor. Only the authenticator, the local socket and tests call
// it: house_test.go names them.
func Mint(p Proven) Actor {
	return Actor{
		who: p.Who, chain: p.Chain, methods: p.Methods, at: p.At, until: p.Until,
		source: p.Source, door: p.Door, session: p.Session, limit: p.Limit, login: p.Login,
	}
}

// Who is the principal that acts.
func (a Actor) Who() Ref { return a.who }

// Chain is on whose behalf the actor acts, nearest first.
func (a Actor) Chain() []Ref { return a.chain }

// Methods is how the actor proved who it is.
func (a Actor) Methods() []Method { return a.methods }

// At is when the proof was made. It is refused once the principal's validFrom is
// later.
func (a Actor) At() time.Time { return a.at }

// Until is when the proof ends; zero if it has no end of its own.
func (a Actor) Until() time.Time { return a.until }

// Source is where the actor speaks from.
func (a Actor) Source() netip.Addr { return a.source }

// Door is the door the actor came in by.
func (a Actor) Door() string { return a.door }

// Session is the browser session the actor speaks in; empty for none.
func (a Actor) Session() string { return a.session }

// Limit is what the actor is narrowed to.
func (a Actor) Limit() Limit { return a.limit }

// Login is the login name of the person at the local socket, if known.
func (a Actor) Login() string { return a.login }

// IsZero reports whether the actor is nobody.
func (a Actor) IsZero() bool { return a.who.Kind == "" }

// Is reports whether the actor is the principal id.
func (a Actor) Is(id ID) bool { return !id.IsZero() && a.who.ID == id }
