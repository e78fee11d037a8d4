package ident

import (
	"slices"
	"strings"
)

// refusedNames are names that machines know as their own. A directory group
// named sudo is root on every stock Debian, and a directory user named postgres
// owns the database: what the name service answers first differs from machine to
// machine, so nobody in the directory may have such a name.
//
// The lists are the accounts and groups that the packages of Debian, Ubuntu,
// Fedora and their like make, as their base-passwd, setup and systemd-sysusers
// files name them, and the service labels and special names of ours.
var refusedNames = refusedTable(
	"the name of a system account", `
	root daemon bin sys sync games man lp mail news uucp proxy www-data backup
	list irc gnats nobody nfsnobody _apt systemd-network systemd-resolve
	systemd-timesync systemd-coredump systemd-oom systemd-journal-remote
	systemd-bus-proxy messagebus dbus sshd polkitd avahi colord geoclue rtkit
	pulse saned cups-pk-helper usbmux tss uuidd tcpdump ntp chrony _chrony
	landscape pollinate lxd syslog halt shutdown operator ftp adm postfix dovecot
	dovenull exim debian-exim sendmail smmsp cyrus postgres mysql mariadb redis
	mongodb mongod memcache memcached rabbitmq elasticsearch kibana logstash
	influxdb grafana prometheus zookeeper kafka cassandra neo4j etcd consul vault
	nomad docker dockerd containerd podman kube kubelet kubernetes haproxy nginx
	apache httpd tomcat jetty jenkins gitlab git gitea svn cvs nagios zabbix munin
	snmp bind named unbound dnsmasq nsd knot pdns dhcpd openldap slapd ldap sssd
	krbtgt kadmin changepw munge slurm slurmctld slurmd ceph gluster rpc rpcuser
	statd _rpc nbd libvirt-qemu libvirt-dbus qemu vboxadd gdm lightdm sddm
	gnome-initial-setup speech-dispatcher hplip kernoops whoopsie fwupd-refresh
	jupyter jupyterhub rstudio-server shiny airflow mlflow hadoop hdfs yarn spark
	hive oracle abrt clevis dnsmasq stunnel4 stunnel openvpn nm-openvpn wireguard
	strongswan tor privoxy squid minetest ansible puppet chef salt vagrant ubuntu
	debian fedora centos rocky almalinux admin ec2-user cloud-user azureuser core
	`,
	"the name of a system group", `
	wheel sudo sudoers staff users tty disk kmem dialout fax voice cdrom floppy
	tape audio dip src shadow utmp video sasl plugdev input sgx kvm render crontab
	netdev systemd-journal ssh ssh_keys _ssh lpadmin scanner bluetooth pulse-access
	libvirt wireshark ssl-cert mem lock mlocate plocate slocate dbus utempter
	cgred docker-users incus incus-admin sambashare winbindd_priv nogroup
	i2c gpio spi rdma sys-admin vboxusers adbusers power network storage optical
	rfkill uinput log printadmin nixbld
	`,
	"a name this service uses itself", `
	selfsame login portal graph management track autodiscover
	enterpriseregistration enterpriseenrollment localhost localdomain everyone
	self system local nt-authority builtin guest anonymous
	`,
)

func refusedTable(pairs ...string) map[string]string {
	m := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		for _, n := range strings.Fields(pairs[i+1]) {
			if m[n] == "" {
				m[n] = pairs[i]
			}
		}
	}
	return m
}

// refused says why a folded name may be nobody's; empty if it may. Spaces,
// dots, dashes and underscores do not make another name of a reserved one at the
// ends ("sudo.", "-sudo"), which the caller's grammar refuses anyway.
func refused(folded string) string { return refusedNames[folded] }

// IsSystemName reports whether a name is that of an account or group of the system
// itself, which nobody in the directory has.
func IsSystemName(s string) bool {
	why := refusedNames[s]
	return why != "" && !strings.Contains(why, "service")
}

// SystemNames lists the names of the system's accounts and groups, sorted.
func SystemNames() []string {
	var out []string
	for n := range refusedNames {
		if IsSystemName(n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// RefusedNames lists the names nobody may have, for the tests of the doors.
func RefusedNames() []string {
	out := make([]string, 0, len(refusedNames))
	for n := range refusedNames {
		out = append(out, n)
	}
	return out
}
