package graph

import "time"

// Device is a machine, as Graph's device resource has it.
type Device struct {
	ID          string    `json:"id"`
	DeviceID    string    `json:"deviceId"`
	DisplayName string    `json:"displayName"`
	Enabled     bool      `json:"accountEnabled"`
	Created     time.Time `json:"registrationDateTime"`
	LastSignIn  time.Time `json:"approximateLastSignInDateTime,omitzero"`
	System      string    `json:"operatingSystem,omitempty"`
	Version     string    `json:"operatingSystemVersion,omitempty"`
	Trust       string    `json:"trustType"` // ServerAd: joined to a domain
	Own         OwnDevice `json:"selfsame"`
}

// OwnDevice is what Graph has no word for.
type OwnDevice struct {
	Login       string    `json:"samAccountName"`
	HostName    string    `json:"dnsHostName,omitempty"`
	DN          string    `json:"dn"`
	SID         string    `json:"sid"`
	Server      bool      `json:"server"`                   // one of the domain's own
	Service     bool      `json:"serviceAccount,omitempty"` // a machine's second account, which hosts nothing
	Silent      bool      `json:"silent"`                   // not heard of for 30 days
	JoinedBy    string    `json:"joinedBy,omitempty"`
	Description string    `json:"description,omitempty"`
	Services    []string  `json:"servicePrincipalNames"`
	Groups      []string  `json:"groups,omitempty"`
	LastAddress string    `json:"lastAddress,omitempty"`
	LastDoor    string    `json:"lastDoor,omitempty"`
	PasswordSet time.Time `json:"passwordSet,omitzero"`
	KeyVersion  uint32    `json:"keyVersion"`
	JoinUntil   time.Time `json:"joinUntil,omitzero"` // the password is one to join with, and ends then
}

// Preset asks for a machine's account with a password to join with.
type Preset struct {
	Name  string `json:"name,omitempty"`
	Lives string `json:"lives,omitempty"` // such as 24h
}

// JoinTicket is a password to join with. It is told once.
type JoinTicket struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	HostName string    `json:"dnsHostName"`
	Domain   string    `json:"domain"`
	Password string    `json:"password"`
	Until    time.Time `json:"until"`
}
