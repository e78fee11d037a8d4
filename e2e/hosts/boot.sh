# Process 1 of a host, until it is systemd. It begins in mount, uts, ipc, process,
# control group and network namespaces of its own, and leaves the machine's files
# behind. ROOT, DIR and NAME come in the environment.
set -eu

mount --make-rprivate /
# Volatile: nobody waits for a disk whose content dies with the test.
mount -t overlay -o "lowerdir=$ROOT,upperdir=$DIR/upper,workdir=$DIR/work,volatile" overlay "$DIR/root"
cd "$DIR/root"

mount -t proc proc proc
# Read-only /sys tells systemd that the hardware is somebody else's.
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
# A tree of its own, whatever trees the machine has: the namespace shows the host's
# own control group as the top of it.
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid tmpfs dev
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp

# No kmsg and no console: the kernel's log and the terminal are the machine's.
node() { mknod -m 666 "dev/$1" c "$2" "$3"; }
node null 1 3
node zero 1 5
node full 1 7
node random 1 8
node urandom 1 9
node tty 5 0
node fuse 10 229
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

hostname "$NAME"
pivot_root . mnt
# The machine's clock, modules and power are not the host's to change.
exec chroot . sh -c 'umount -l /mnt; exec env -i container=selfsame PATH="$PATH" LANG=C.UTF-8 \
	setpriv --bounding-set -sys_time,-sys_module,-sys_boot,-sys_rawio,-syslog \
	/lib/systemd/systemd --unit=multi-user.target' </dev/null
