package directory

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// What machines read of people ends up in files and programs that run as root
// there: passwd, authorized_keys, sudo, the automounter. The rules are here, for
// every door.

// checkPublished checks a value that machines read, after its syntax, and returns it
// in the form that is stored.
func checkPublished(row *schema.Attr, v []byte) ([]byte, error) {
	switch row.ID {
	case schema.LoginShell, schema.UnixHomeDirectory:
		return v, checkPath(row, string(v))
	case schema.Gecos:
		if strings.ContainsAny(string(v), ":\n\r") {
			return nil, badValue(row, "gecos ends at a colon in passwd, and cannot hold one") // passwd(5)
		}
	case schema.SSHPublicKey, schema.AltSecurityIdentities:
		return checkKey(row, string(v))
	case schema.SudoCommand:
		return v, checkCommand(row, string(v))
	case schema.SudoOption:
		return v, checkOption(row, string(v))
	case schema.AutomountInformation:
		return v, checkMount(row, string(v))
	}
	return v, nil
}

func badValue(row *schema.Attr, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, format, args...).WithField(row.Name).WithCode(fault.CodeSchema)
}

var plainPath = regexp.MustCompile(`^/[A-Za-z0-9._/+-]*$`)

// checkPath accepts an absolute path without turns and without what a shell, passwd
// or a template of SSSD's reads: a colon, a space, a percent sign.
func checkPath(row *schema.Attr, s string) error {
	if !plainPath.MatchString(s) || path.Clean(s) != s || s == "/" {
		return badValue(row, "%s: %q is not a plain absolute path", row.Name, clip(s)).WithHint("it looks like /bin/bash or /home/alice: letters, digits and . _ + -")
	}
	return nil
}

// leastRSA is the shortest RSA key accepted, NIST SP 800-57 part 1 §5.6.1.
const leastRSA = 2048

// checkKey accepts one public key as authorized_keys has it, without options: what
// stands before a key there is done by sshd as root, command= and environment=
// among it, sshd(8).
func checkKey(row *schema.Attr, s string) ([]byte, error) {
	hint := "give one line of an id_ed25519.pub"
	if strings.ContainsAny(s, "\n\r\x00") {
		return nil, badValue(row, "an SSH key is one line").WithHint("%s", hint)
	}
	key, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(s))
	switch {
	case err != nil || len(rest) > 0:
		return nil, badValue(row, "this is not an SSH public key").WithHint("%s", hint)
	case len(options) > 0:
		return nil, badValue(row, "an SSH key stands here without options such as %s", clip(options[0])).WithHint("%s", hint)
	}
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
	case ssh.KeyAlgoRSA:
		if pub, ok := key.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey); !ok || pub.N.BitLen() < leastRSA {
			return nil, badValue(row, "an RSA key has %d bits or more", leastRSA).WithHint("make a better one: ssh-keygen -t ed25519")
		}
	default:
		return nil, badValue(row, "keys of type %s are not accepted", key.Type()).WithHint("make a better one: ssh-keygen -t ed25519")
	}
	out := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if comment = strings.Join(strings.Fields(comment), " "); comment != "" {
		out += " " + comment
	}
	return []byte(out), nil
}

// KeyOf describes an SSH public key that is stored: its type, its fingerprint as
// ssh-keygen writes it, and its comment.
func KeyOf(stored []byte) (kind, fingerprint, comment string) {
	key, comment, _, _, err := ssh.ParseAuthorizedKey(stored)
	if err != nil {
		return "", "", ""
	}
	return key.Type(), ssh.FingerprintSHA256(key), comment
}

// keyClaim is the name under which an SSH key is its owner's alone: whoever had it
// too would sign in as both.
func keyClaim(stored []byte) string {
	blob := stored
	if f := strings.Fields(string(stored)); len(f) > 1 {
		blob = []byte(f[1])
	}
	sum := sha256.Sum256(blob)
	return hex.EncodeToString(sum[:])
}

// plainArgument is what a command's arguments are made of. Sudo reads wildcards,
// backslashes, quotes, and a regular expression from ^ to $: with a wildcard
// "/bin/cat /var/log/*" allows /var/log/x ../../etc/shadow, sudoers(5).
var plainArgument = regexp.MustCompile(`^[A-Za-z0-9._/+:=@,-]+$`)

// checkCommand accepts ALL, or one program by its path with the arguments it must be
// given. A command that is denied is none: it is the same one under another name.
func checkCommand(row *schema.Attr, s string) error {
	if s == "ALL" {
		return nil
	}
	bad := badValue(row, "sudoCommand: %q is not ALL or a program's path with plain arguments", clip(s)).
		WithHint("it looks like /usr/bin/systemctl restart nginx: no wildcards, quotes, backslashes or !")
	words := strings.Split(s, " ")
	if words[0] == "sudoedit" && len(words) == 2 {
		words = words[1:]
	}
	if !plainPath.MatchString(words[0]) || path.Clean(words[0]) != words[0] || words[0] == "/" {
		return bad
	}
	for _, w := range words[1:] {
		if !plainArgument.MatchString(w) {
			return bad
		}
	}
	return nil
}

// sudoOptions are the options a rule may have: those that ask for more or tell more,
// and whether a password is asked for. Those that change what a program inherits
// (setenv, env_keep, secure_path, editor) give root by another way, sudoers(5).
var sudoOptions = []string{
	"authenticate", "!authenticate", "noexec", "requiretty", "use_pty", "log_input", "log_output", "mail_always", "mail_no_user",
	"lecture=never", "lecture=once", "lecture=always", "timestamp_timeout=", "passwd_tries=",
}

func checkOption(row *schema.Attr, s string) error {
	name, value, has := strings.Cut(s, "=")
	ok := slices.Contains(sudoOptions, s) && !strings.HasSuffix(s, "=")
	if has && slices.Contains(sudoOptions, name+"=") {
		ok = len(value) > 0 && len(value) <= 5 && strings.Trim(value, "0123456789") == ""
	}
	if !ok {
		return badValue(row, "sudoOption: %q is not one of those a rule may have", clip(s)).WithHint("they are: %s", strings.Join(sudoOptions, " "))
	}
	return nil
}

// plainMount is what an entry of the automounter's maps is made of: options and a
// location, autofs(5). A program map, a variable or a shell's character is none.
var plainMount = regexp.MustCompile(`^(-[A-Za-z0-9=,._:/@-]+ )?[A-Za-z0-9._:/@\[\]+-]+(/&)?$`)

func checkMount(row *schema.Attr, s string) error {
	if !plainMount.MatchString(s) || strings.Contains(s, "..") {
		return badValue(row, "automountInformation: %q is not options and a location", clip(s)).WithHint("it looks like -fstype=nfs4,sec=krb5p nas1.lab.example:/home/&")
	}
	return nil
}
