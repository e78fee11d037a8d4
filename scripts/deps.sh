#!/bin/sh
# Installs what the tests run, from Debian's packages: the OpenLDAP tools and
# server, python ldap3, SSSD, JupyterHub and a browser; and from npm what looks at
# pages for what keeps people out. The bench's hosts have a root of their own; here
# is what builds it. Does nothing where all of it is there; where it may not
# install, the tests skip and say what is missing.
set -eu

want="ldap-utils slapd krb5-kdc krb5-admin-server python3-ldap3 sssd-ldap libnss-sss jupyterhub python3-notebook chromium iproute2 iputils-ping procps curl debootstrap debian-archive-keyring"
command -v npm >/dev/null || want="$want npm"
missing=""
for p in $want; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "not installed, and only root can install them:$missing" >&2
		exit 0
	fi
	echo "installing:$missing"
	# Packages that would start a service of their own must not.
	policy=/usr/sbin/policy-rc.d
	made=""
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		made=yes
	fi
	trap '[ -z "$made" ] || rm -f "$policy"' EXIT
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# Debian's configurable-http-proxy wants Debian's own node. Beside another node
# the package of the same name from npm runs, in a cache of our own.
cache=/var/cache/selfsame-e2e
if ! configurable-http-proxy --version >/dev/null 2>&1 && [ ! -x "$cache/node_modules/.bin/configurable-http-proxy" ]; then
	if [ "$(id -u)" -eq 0 ] && command -v npm >/dev/null; then
		mkdir -p "$cache"
		npm install --silent --no-audit --no-fund --prefix "$cache" configurable-http-proxy
	fi
fi

# The scan for accessibility, pinned: a newer one knows more to find fault with.
axe=4.14.1
if ! grep -q "\"version\": \"$axe\"" "$cache/node_modules/axe-core/package.json" 2>/dev/null; then
	if [ "$(id -u)" -eq 0 ] && command -v npm >/dev/null; then
		mkdir -p "$cache"
		npm install --silent --no-audit --no-fund --prefix "$cache" "axe-core@$axe"
	fi
fi
