# Makes the Debian root that every host begins with, in $ROOT. Runs in mount and
# process namespaces of its own, so that whatever ends it ends its children and its
# mounts. Standard error is the log; fd 3 takes the lines for people, and the build
# ends when nobody reads them any more.
#
# ROOT, MIRROR, SOURCES (lines for apt), PROXY (apt.conf of the machine, of http
# and https only), CA (bundle of certificates that the machine trusts, or empty) and
# PACKAGES come in the environment, and all else that is there goes through to apt:
# http_proxy and its like.
set -eu

say() { echo "root: $*" >&3; }
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin

say "Debian's base from $MIRROR"
debootstrap --variant=minbase --merged-usr \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg bookworm "$ROOT" "$MIRROR" >&2

say "settings"
# Nothing that is installed starts, and nothing is written that no program reads.
printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
chmod 755 "$ROOT/usr/sbin/policy-rc.d"
cat >"$ROOT/etc/dpkg/dpkg.cfg.d/bench" <<END
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
END
printf '%s\n' "$SOURCES" >"$ROOT/etc/apt/sources.list"
printf '%s\n' "$PROXY" 'APT::Install-Recommends "false";' >"$ROOT/etc/apt/apt.conf.d/90bench"
if [ -n "$CA" ]; then # until the package ca-certificates is there, and after
	cp "$CA" "$ROOT/etc/apt/machine-ca.pem"
	echo 'Acquire::https::CaInfo "/etc/apt/machine-ca.pem";' >>"$ROOT/etc/apt/apt.conf.d/90bench"
fi
mkdir -p "$ROOT/run" "$ROOT/proc"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/run"

say "packages"
in_root() { chroot "$ROOT" "$@" >&2; }
in_root apt-get update -qq
# shellcheck disable=SC2086
in_root apt-get install -y -q $PACKAGES
in_root apt-get clean

say "switches"
# What an administrator sets beyond the mission's own lines: homes made at the first
# sign-in, and sshd that takes tickets and passwords.
in_root pam-auth-update --enable mkhomedir
mkdir -p "$ROOT/etc/ssh/sshd_config.d" "$ROOT/etc/systemd/system/ssh.service.d"
cat >"$ROOT/etc/ssh/sshd_config.d/10-bench.conf" <<END
GSSAPIAuthentication yes
PasswordAuthentication yes
END
# Host keys are each host's own: made before sshd's first start.
rm -f "$ROOT"/etc/ssh/ssh_host_*
cat >"$ROOT/etc/systemd/system/ssh.service.d/keys.conf" <<END
[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -A
ExecStartPre=/usr/sbin/sshd -t
END
# What has nothing to do in a container, or reaches for the machine below it.
in_root systemctl mask systemd-resolved.service systemd-timesyncd.service \
	systemd-networkd.service systemd-networkd.socket systemd-udevd.service \
	systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service \
	systemd-random-seed.service systemd-sysctl.service systemd-modules-load.service \
	systemd-firstboot.service systemd-pstore.service \
	dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
	getty.target getty@.service console-getty.service serial-getty@.service \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
	e2scrub_reap.service fstrim.timer logrotate.timer man-db.timer
# Servers that a test sets up first, and then starts itself.
for unit in smbd nmbd samba-ad-dc jupyterhub nftables; do
	[ ! -e "$ROOT/lib/systemd/system/$unit.service" ] || in_root systemctl disable "$unit.service"
done
in_root systemctl set-default multi-user.target

# What each host gets as its own, and what only the build needed.
: >"$ROOT/etc/machine-id"
rm -f "$ROOT/etc/hostname" "$ROOT/etc/hosts" "$ROOT/etc/resolv.conf" "$ROOT/usr/sbin/policy-rc.d" \
	"$ROOT/var/lib/dbus/machine-id" "$ROOT/var/log"/*.log
rm -rf "$ROOT/var/lib/apt/lists"/* "$ROOT/tmp"/*
umount "$ROOT/run" "$ROOT/proc"
say "done"
