// Package policy decides sign-ins: one function, one answer, for every door.
//
// What always holds:
//
//   - The state of an account is told only to a right proof. To a wrong one the
//     answer is that of a wrong password, and so it is to anyone who is locked
//     out.
//   - A decision names the rule it rests on.
//   - Decide is pure: the same attempt, account and rules give the same answer.
//
// How a proof is tested, and where the account is kept, is not known here.
package policy

import (
	"net/netip"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Door is where somebody comes in.
type Door string

// The doors.
const (
	LDAP     Door = "ldap"
	Kerberos Door = "kerberos"
	Kpasswd  Door = "kpasswd"
	DNS      Door = "dns"
	Portal   Door = "portal"
	API      Door = "api"
	Local    Door = "local"
)

// Client is what kind of client an attempt comes from.
type Client string

// The kinds of clients.
const (
	Interactive Client = "interactive" // a person at a browser
	Directory   Client = "directory"   // a program that binds with a person's password
	Legacy      Client = "legacy"      // the same, in clear over a network
	Ticket      Client = "ticket"      // whoever speaks Kerberos, or shows a ticket
)

// Attempt is one try to sign in.
type Attempt struct {
	Door   Door
	Server string
	Source netip.Addr
	App    string // application or service, where one is named
	Client Client
	TLS    bool
	Change bool // the person is changing a password, with the old one as proof
}

// Clear reports whether a password would cross a network unprotected. On the
// server's own host nothing crosses one.
func (a *Attempt) Clear() bool { return !a.TLS && !a.Source.Unmap().IsLoopback() }

// Account is what Decide needs to know of the account.
type Account struct {
	Known      bool
	Disabled   bool
	Expired    bool // the account's own end is past
	Locked     bool // for the attempt's source
	MustChange bool // the password is temporary, or its time is over
	Protected  bool
}

// Rules are the policies in force.
type Rules struct {
	Networks []NamedNetwork
}

// NamedNetwork is a set of address ranges with a name.
type NamedNetwork struct {
	Name   string         `json:"name"`
	Ranges []netip.Prefix `json:"ranges"`
	// LegacyBind allows simple binds in clear from here.
	LegacyBind bool `json:"legacyBind"`
	// Resolve lets clients here ask our DNS servers for names outside the domain.
	Resolve bool `json:"resolve"`
}

// Tickets is how long Kerberos tickets last.
type Tickets struct {
	Life  time.Duration `json:"life"`  // of a ticket
	Renew time.Duration `json:"renew"` // how long one can be renewed; not longer than Life: not at all
}

// DefaultTickets are Active Directory's, [MS-GPSB] §2.2.1.5.
var DefaultTickets = Tickets{Life: 10 * time.Hour, Renew: 7 * 24 * time.Hour}

// TicketTable is where they stand.
var TicketTable = store.JSON("tickets/", 1, func(Tickets) string { return "self" }, nil)

// Check says what is wrong with the policy. The realm's keys are kept for as long
// as the longest there can be.
func (t Tickets) Check() error {
	if t.Life < 5*time.Minute || t.Life > 24*time.Hour {
		return fault.New(fault.Invalid, "a ticket lasts from 5 minutes to a day").WithField("life")
	}
	if t.Renew < 0 || t.Renew > DefaultTickets.Renew {
		return fault.New(fault.Invalid, "a ticket can be renewed for 7 days at most").WithField("renew")
	}
	return nil
}

// Networks is the table of named networks.
var Networks = store.JSON("network/", 1, func(n NamedNetwork) string { return n.Name }, nil)

// Contains reports whether the address lies in the network.
func (n *NamedNetwork) Contains(a netip.Addr) bool {
	a = a.Unmap()
	for _, r := range n.Ranges {
		if r.Contains(a) {
			return true
		}
	}
	return false
}

// Verdict is what was decided.
type Verdict uint8

// The verdicts.
const (
	Deny  Verdict = iota
	Allow         // without a limit
	Limit         // only to change the password
)

// Decision is the answer to an attempt.
type Decision struct {
	Verdict Verdict
	Rule    string // what it rests on, for the log
	Reason  string // for the log
	Err     error  // what the caller is told; nil if allowed
	// Counts says that the attempt was a wrong proof, to be counted to a lockout.
	Counts bool
}

// wrong is what everybody hears who did not prove the right password: who is
// unknown, who is locked out, who guessed.
var wrong = fault.New(fault.Unauthenticated, "the user name or the password is wrong")

// Before decides what can be decided before the proof: whether a password may be
// offered this way at all. It says nothing of the account.
func Before(at *Attempt, r *Rules) Decision {
	if at.Door == LDAP && at.Client != Ticket && at.Clear() {
		for i := range r.Networks {
			if n := &r.Networks[i]; n.LegacyBind && n.Contains(at.Source) {
				return Decision{Verdict: Allow, Rule: "legacy-bind:" + n.Name}
			}
		}
		return Decision{
			Rule: "legacy-bind", Reason: "password in clear",
			Err: fault.New(fault.Denied, "a password is not accepted over an unencrypted connection").WithCode(fault.CodeClear).
				WithHint("use StartTLS or port 636; or allow it: selfsame policy legacy-bind allow --network %s", ownNetwork(at.Source)),
		}
	}
	return Decision{Verdict: Allow}
}

func ownNetwork(a netip.Addr) string {
	a = a.Unmap()
	bits := a.BitLen()
	p, err := a.Prefix(bits)
	if err != nil {
		return "CIDR"
	}
	return p.String()
}

// Decide decides an attempt whose proof was tested.
func Decide(at *Attempt, acct Account, proved bool) Decision {
	switch {
	case !acct.Known:
		return Decision{Rule: "account", Reason: "unknown user", Err: wrong, Counts: !acct.Locked}
	case acct.Locked:
		return Decision{Rule: "lockout", Reason: "locked out", Err: fault.New(fault.Locked, "%s", wrong.Text)}
	case !proved:
		return Decision{Rule: "proof", Reason: "wrong password", Err: wrong, Counts: true}
	case acct.Disabled:
		return Decision{Rule: "account", Reason: "disabled", Err: state(fault.CodeDisabled, "the account is disabled")}
	case acct.Expired:
		return Decision{Rule: "account", Reason: "expired", Err: state(fault.CodeExpired, "the account has expired")}
	case acct.MustChange && at.Client == Interactive:
		return Decision{Verdict: Limit, Rule: "must-change", Reason: "must change the password"}
	case acct.MustChange && at.Change:
		return Decision{Verdict: Limit, Rule: "must-change", Reason: "changes the password"}
	case acct.MustChange:
		return Decision{Rule: "must-change", Reason: "must change the password", Err: state(fault.CodeMustChange, "the password must be changed first")}
	}
	return Decision{Verdict: Allow, Rule: "password"}
}

func state(code fault.Code, text string) error {
	return fault.New(fault.State, "%s", text).WithCode(code).WithHint("ask an administrator")
}
