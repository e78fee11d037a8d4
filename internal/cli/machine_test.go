package cli

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

func TestMachineCommands(t *testing.T) {
	d := testkit.New(t)
	d.User("alice")
	d.Group("Operators")
	if _, err := d.Admin.CreateComputer(t.Context(), directory.NewComputer{Login: "WEB1!x7q$", Service: true}); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", SocketOf(data))
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(api.New(api.Config{
		Directory: d.Directory, Machines: machine.New(d.Directory, d.Store, nil),
		Actor: func(*http.Request) (ident.Actor, error) { return d.Local().Actor(), nil },
	}))
	h.Listener.Close()
	h.Listener = ln
	h.Start()
	t.Cleanup(h.Close)
	key := filepath.Join(data, "id.pub")
	if err := os.WriteFile(key, []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqeIn7d8LyO4P+sVn9LJl5mMCbTv1S5V1oYkS0zH4oP alice@laptop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string // without more white space than one space
		bad  bool
	}{
		{strings.Fields("machine preset web1"), "realm join --one-time-password=", false},
		{strings.Fields("machine preset web1"), "selfsame machine reset web1", true},
		{strings.Fields("machine preset wpad"), "choose another host name", true},
		{strings.Fields("machine reset web1 --lives 2d --json"), `"password": "`, false},
		{strings.Fields("machine reset web1 --lives soon"), "it looks like 30d or 12h", true},
		{strings.Fields("machine list"), "WEB1 has not joined yet", false},
		{strings.Fields("machine list --stale 30d --json"), `"value": []`, false},
		{strings.Fields("machine show web1.lab.internal"), "Host name web1.lab.internal", false},
		{strings.Fields("machine access web1"), "access_provider = ad", false},
		{strings.Fields("machine access web1 --group Operators"), "simple_allow_groups = Operators # Or, where realmd joined it: realm deny --all realm permit -g 'Operators'", false},
		{strings.Fields("machine sssd-conf web1"), "simple_allow_groups = Operators", false},
		{strings.Fields("machine access web1 --everybody"), "Everybody whose account is enabled", false},
		{append(strings.Fields("sudo add web --group Operators --host web1 --command"), "/usr/bin/systemctl restart nginx"), "The rule web is added.", false},
		{append(strings.Fields("sudo add bad --user alice --host ALL --command"), "/bin/sh *"), "no wildcards", true},
		{strings.Fields("sudo list"), "web %Operators web1.lab.internal /usr/bin/systemctl restart nginx", false},
		{strings.Fields("sudo show web"), "Who %Operators", false},
		{strings.Fields("sudo remove web"), "The rule web is removed.", false},
		{strings.Fields("user ssh-key add alice --key-file " + key), "The key is added.", false},
		{strings.Fields("user ssh-key list alice"), "ssh-ed25519 alice@laptop", false},
		{strings.Fields("user ssh-key remove alice SHA256:x"), "list them: selfsame user ssh-key list alice", true},
		{strings.Fields("automount set auto.home * nas1:/home/& --options fstype=nfs4"), "* in auto.home is set.", false},
		{strings.Fields("automount list"), "auto.home * -fstype=nfs4 nas1:/home/&", false},
		{strings.Fields("machine list"), "WEB1!x7q never (service account)", false},
		{strings.Fields("machine show WEB1!x7q"), "System (service account)", false},
		{strings.Fields("machine reset WEB1!x7q"), "adcli create-msa on its machine", true},
		{strings.Fields("machine sssd-conf WEB1!x7q"), "ldap_sasl_authid = WEB1!x7q$", false},
		{strings.Fields("machine bury WEB1!x7q --yes"), "WEB1!x7q is buried.", false},
		{strings.Fields("machine bury web1 --yes"), "web1 is buried.", false},
		{strings.Fields("machine show web1"), "there is no machine", true},
	} {
		var out bytes.Buffer
		e := &env{in: strings.NewReader(""), out: &out, err: &out}
		root := e.root()
		root.SetArgs(append([]string{"--data", data}, c.args...))
		err := root.Execute()
		if err != nil {
			e.complain(err)
		}
		said := strings.Join(strings.Fields(out.String()), " ")
		if (err != nil) != c.bad || !strings.Contains(said, c.says) {
			t.Errorf("selfsame %s: %v\n%s\nlacks %q", strings.Join(c.args, " "), err, said, c.says)
		}
	}
}
