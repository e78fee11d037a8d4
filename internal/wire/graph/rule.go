package graph

import "time"

// SudoRule says who may run what as whom on which machines.
type SudoRule struct {
	ID          string    `json:"id,omitempty"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Users       []string  `json:"users"` // alice, %Group, ALL
	Hosts       []string  `json:"hosts"`
	Commands    []string  `json:"commands"`
	Options     []string  `json:"options,omitempty"`
	RunAsUsers  []string  `json:"runAsUsers,omitempty"`
	RunAsGroups []string  `json:"runAsGroups,omitempty"`
	NotBefore   time.Time `json:"notBefore,omitzero"`
	NotAfter    time.Time `json:"notAfter,omitzero"`
	Order       int       `json:"order,omitempty"`
}

// SSHKey is a public key that signs somebody in.
type SSHKey struct {
	Type        string `json:"type,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Comment     string `json:"comment,omitempty"`
	Key         string `json:"key"` // one line of an id_*.pub
}

// HostAccess says who may sign in on a machine; of nobody, everybody. The lines and
// the commands are what enforces it there.
type HostAccess struct {
	Ruled   bool     `json:"ruled"`
	Groups  []string `json:"groups"`
	Users   []string `json:"users"`
	SSSD    []string `json:"sssdConf,omitempty"`
	Permits []string `json:"permits,omitempty"`
}

// HostFiles are the files we recommend for a machine.
type HostFiles struct {
	SSSD    string `json:"sssdConf"`
	Sudoers string `json:"sudoers"`
}

// AutomountMap is a map of the automounter.
type AutomountMap struct {
	Name    string            `json:"name"`
	Entries map[string]string `json:"entries"` // what is mounted, by key
}
