#!/bin/sh
# Starts a domain to try things out, in a folder of this checkout, and says how to
# get in. Run again it goes on with the same domain.
set -eu

cd "$(dirname "$0")/.."
data=${1#"$PWD"/}
bin=bin/selfsame
mkdir -p "$(dirname "$data")"

if ! "$bin" --data "$data" status >/dev/null 2>&1; then
	if [ ! -e "$data/selfsame.json" ]; then
		"$bin" init --data "$data" --domain lab.internal
		echo
	fi
	nohup "$bin" serve --data "$data" >"$data.log" 2>&1 &
	pid=$!
	i=0
	until "$bin" --data "$data" status >/dev/null 2>&1; do
		if ! kill -0 "$pid" 2>/dev/null || [ "$i" -gt 300 ]; then
			echo "the server did not start:" >&2
			tail -n 20 "$data.log" >&2
			exit 1
		fi
		i=$((i + 1))
		sleep 0.1
	done
	echo "$pid" >"$data.pid"
fi

"$bin" --data "$data" status
echo
portal=$("$bin" --data "$data" status --json | sed -n 's/.*"portal": "\(.*\)".*/\1/p')
echo "Open $portal and sign in as administrator."
if [ -e "$data/administrator.password" ]; then
	echo "Its first password is in $data/administrator.password"
fi
cat <<END

Next:
  add a person       $bin --data $data user add alice --display-name "Alice Liddell"
  watch sign-ins     $bin --data $data audit tail -f
  connect a hub      docs/how-to/jupyterhub.md
  stop               kill \$(cat $data.pid)
END
