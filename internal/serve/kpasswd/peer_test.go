package kpasswd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

// Another implementation signs in, gets a ticket for a service and changes its
// password, over TCP.
func TestPeer(t *testing.T) {
	l := newLab(t)
	l.Forward(time.Since(l.Now())) // the peer has a clock of its own
	serve := func(fn func(context.Context, *listen.Conn)) string {
		s, err := listen.TCP(t.Context(), listen.Config{Addr: "127.0.0.1:0"}, fn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Shutdown(context.Background()) })
		return s.Addr().String()
	}
	if err := l.Admin.SetPassword(t.Context(), l.vm.ID, credential.Password(strings.Repeat("x", 40)), false); err != nil {
		t.Fatal(err)
	}
	if err := l.Admin.Modify(t.Context(), l.vm.ID, []directory.Mod{{Op: directory.ModAdd, Attr: schema.ServicePrincipalName, Vals: [][]byte{[]byte("host/dsvm1.lab.internal")}}}); err != nil {
		t.Fatal(err)
	}
	conf, err := config.NewFromString(fmt.Sprintf(`[libdefaults]
 default_realm = LAB.INTERNAL
 dns_lookup_kdc = false
 udp_preference_limit = 1
 default_tkt_enctypes = aes256-cts-hmac-sha1-96
 default_tgs_enctypes = aes256-cts-hmac-sha1-96
 permitted_enctypes = aes256-cts-hmac-sha1-96
[realms]
 LAB.INTERNAL = {
  kdc = %s
  kpasswd_server = %s
 }
`, serve(l.kdc.ServeTCP), serve(l.server.ServeTCP)))
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewWithPassword("alice", "LAB.INTERNAL", testkit.UserPassword, conf, client.DisablePAFXFAST(true))
	if err := c.Login(); err != nil {
		t.Fatal(err)
	}
	if ticket, _, err := c.GetServiceTicket("host/dsvm1.lab.internal"); err != nil || ticket.EncPart.KVNO != 1 {
		t.Errorf("a service's ticket: %v", err)
	}
	if ok, err := c.ChangePasswd(next); err != nil || !ok {
		t.Errorf("a change of the password: %v, %v", ok, err)
	}
	c = client.NewWithPassword("alice", "LAB.INTERNAL", next, conf, client.DisablePAFXFAST(true))
	if err := c.Login(); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	c = client.NewWithPassword("alice", "LAB.INTERNAL", testkit.UserPassword, conf, client.DisablePAFXFAST(true))
	if err := c.Login(); err == nil {
		t.Error("the old password signs in")
	}
}
