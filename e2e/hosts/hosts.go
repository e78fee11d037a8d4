// Package hosts makes real hosts on one machine, for tests and for trying things
// out: Debian with systemd as its first process, each an overlay over one root that
// is built once, in two routed networks like the mission's peered ones.
//
// What always holds:
//
//   - Everything of a network hangs on one name: its namespaces and its control
//     group begin with it, and its files are in one folder of that name. Close
//     removes all of it; what a killed process left, the next New removes.
//   - Mounts are made in mount namespaces of the hosts alone. The machine's own
//     mounts, routes and files in /etc are as before.
//   - Processes end by control group or namespace, never by name.
//
// It does not know what runs on the hosts: it has no word of a domain but its name
// and the addresses of its name servers.
package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Subnet is a network behind the router: three numbers of its /24. The router is .1
// and hosts begin at .4, as in Entra Domain Services.
type Subnet string

const (
	Domain   Subnet = "10.80.1" // the domain controllers'
	Machines Subnet = "10.80.2" // the machines that join
)

// bridge is the subnet's device in the router's namespace, a port on which each
// host has: tcpdump on it sees each packet once.
func (s Subnet) bridge() string { return "br" + string(s[len(s)-1]) }

// Network is two subnets and the router between them.
type Network struct {
	Domain string // the hosts' domain, and what they search in
	// Servers are the addresses of the domain's name servers, for hosts made later.
	Servers []string
	// Router is the name of the router's network namespace. From there every host
	// is reached.
	Router string

	run   *run
	root  *os.File // locked: no builder removes it
	hosts []*Host
}

// New makes an empty network. Its hosts' name server is the first host of the
// domain's subnet, until Servers says otherwise.
func New(domain string) (*Network, error) {
	root, err := openRoot()
	if err != nil {
		return nil, err
	}
	r, err := newRun()
	if err != nil {
		root.Close()
		return nil, err
	}
	n := &Network{Domain: domain, Servers: []string{string(Domain) + ".4"}, Router: r.name + "-router", run: r, root: root}
	if err := n.route(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// route makes the router: forwarding, and a bridge a subnet.
func (n *Network) route() error {
	if err := ip("netns", "add", n.Router); err != nil {
		return err
	}
	if err := ip("-n", n.Router, "link", "set", "lo", "up"); err != nil {
		return err
	}
	if err := do("ip", "netns", "exec", n.Router, "sysctl", "-qw", "net.ipv4.ip_forward=1"); err != nil {
		return err
	}
	for _, s := range []Subnet{Domain, Machines} {
		for _, args := range [][]string{
			{"link", "add", s.bridge(), "type", "bridge"},
			{"addr", "add", string(s) + ".1/24", "dev", s.bridge()},
			{"link", "set", s.bridge(), "up"},
		} {
			if err := ip(append([]string{"-n", n.Router}, args...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Plain adds a host without an init of its own: a network namespace, and files laid
// over the machine's for the programs in it. Domain controllers are such hosts: one
// static program that should run from the tree it was built in.
func (n *Network) Plain(name string, in Subnet) (*Host, error) {
	h, err := n.add(name, in)
	if err != nil {
		return nil, err
	}
	return h, h.overlay()
}

// Boot adds hosts and boots them, all at once, and returns when each has started
// what it starts.
func (n *Network) Boot(ctx context.Context, in Subnet, names ...string) ([]*Host, error) {
	booted := make([]*Host, len(names))
	for i, name := range names {
		h, err := n.add(name, in)
		if err != nil {
			return nil, err
		}
		if err := h.furnish(); err != nil {
			return nil, err
		}
		if err := h.powerOn(); err != nil {
			return nil, err
		}
		booted[i] = h
	}
	for _, h := range booted {
		if err := h.ready(ctx); err != nil {
			return nil, err
		}
	}
	return booted, nil
}

// add makes the host's namespace and plugs it in.
func (n *Network) add(name string, in Subnet) (*Host, error) {
	last := 4
	for _, h := range n.hosts {
		if h.in == in {
			last++
		}
	}
	h := &Host{
		Name: name, Addr: fmt.Sprintf("%s.%d", in, last), Namespace: n.run.name + "-" + name,
		net: n, in: in, port: "p-" + name, dir: filepath.Join(n.run.dir, name), cgroup: filepath.Join(n.run.cgroup, name),
	}
	inside := filepath.Join(h.cgroup, "entered")
	for _, dir := range []string{h.dir, h.cgroup, inside} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
	}
	var err error
	if h.entered, err = os.Open(inside); err != nil {
		return nil, err
	}
	n.hosts = append(n.hosts, h)
	for _, args := range [][]string{
		{"netns", "add", h.Namespace},
		{"link", "add", h.port, "netns", n.Router, "type", "veth", "peer", "name", "eth0", "netns", h.Namespace},
		{"-n", n.Router, "link", "set", h.port, "master", in.bridge(), "up"},
		{"-n", h.Namespace, "link", "set", "lo", "up"},
		{"-n", h.Namespace, "addr", "add", h.Addr + "/24", "dev", "eth0"},
		{"-n", h.Namespace, "link", "set", "eth0", "up"},
		{"-n", h.Namespace, "route", "add", "default", "via", string(in) + ".1"},
	} {
		if err := ip(args...); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Close removes the network with all that is in it. Hosts are not asked: whoever
// wants them to power off says [Host.Stop] before.
func (n *Network) Close() error {
	err := n.run.remove()
	for _, h := range n.hosts {
		h.wait()
		h.entered.Close()
	}
	return errors.Join(err, n.root.Close())
}

func ip(args ...string) error { return do("ip", args...) }

func do(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
