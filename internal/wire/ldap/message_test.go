package ldap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

func TestEveryMessageRoundTrips(t *testing.T) {
	for _, m := range samples() {
		checkRoundTrip(t, m)
	}
}

func TestMessagesHaveTheseOctets(t *testing.T) {
	tests := []struct {
		name string
		m    Message
		want string
	}{
		{"anonymous bind", Message{ID: 1, Op: &BindRequest{Version: 3, Auth: Simple{}}},
			"30 0c 02 01 01 60 07 02 01 03 04 00 80 00"},
		{"bind by SASL without credentials", Message{ID: 1, Op: &BindRequest{Version: 3, Auth: SASL{Mechanism: "EXTERNAL"}}},
			"30 16 02 01 01 60 11 02 01 03 04 00 a3 0a 04 08 45 58 54 45 52 4e 41 4c"},
		{"bind response with credentials", Message{ID: 1, Op: &BindResponse{Result: Result{Code: SaslBindInProgress}, ServerCreds: []byte("x")}},
			"30 0f 02 01 01 61 0a 0a 01 0e 04 00 04 00 87 01 78"},
		{"unbind", Message{ID: 3, Op: &UnbindRequest{}}, "30 05 02 01 03 42 00"},
		{"abandon", Message{ID: 6, Op: &AbandonRequest{Target: 5}}, "30 06 02 01 06 50 01 05"},
		{"delete", Message{ID: 5, Op: &DelRequest{Entry: "cn=a"}}, "30 09 02 01 05 4a 04 63 6e 3d 61"},
		{"entry", Message{ID: 2, Op: &SearchResultEntry{DN: "cn=a", Attributes: []Attribute{Text("cn", "a")}}},
			"30 18 02 01 02 64 13 04 04 63 6e 3d 61 30 0b 30 09 04 02 63 6e 31 03 04 01 61"},
		{"search done with a referral", Message{ID: 2, Op: &Response{Type: KindSearchResultDone, Result: Result{Code: Referral, Referrals: []string{"ldap:"}}}},
			"30 15 02 01 02 65 10 0a 01 0a 04 00 04 00 a3 07 04 05 6c 64 61 70 3a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := tt.m.Encode(), unhex(t, tt.want); !bytes.Equal(got, want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

func TestRecordedRequestsEncodeToTheSameOctets(t *testing.T) {
	for _, p := range recorded(t, "openldap.hex") {
		if got := mustParse(t, p).Encode(); !bytes.Equal(got, p) {
			t.Errorf("got  %x\nwant %x", got, p)
		}
	}
}

func TestUnknownChoicesOfABindParse(t *testing.T) {
	for _, choice := range []string{"89 00", "8a 02 4e 54", "8b 01 00", "a9 02 05 00", "04 01 78"} {
		p := unhex(t, choice)
		b := append(unhex(t, "02 01 01 60 00 02 01 03 04 00"), p...)
		b[4] = byte(5 + len(p))
		m := mustParse(t, append([]byte{0x30, byte(len(b))}, b...))
		auth, ok := m.Op.(*BindRequest).Auth.(UnknownAuth)
		if !ok || byte(auth.Tag) != p[0] {
			t.Errorf("%s: got %#v, want an unknown choice", choice, m.Op)
		}
	}
}

func TestMalformedMessages(t *testing.T) {
	tests := []struct {
		name  string
		input string
		id    int32
		want  error
	}{
		{"nothing", "", 0, ber.ErrTruncated},
		{"another protocol", "16 03 01", 0, ber.ErrTruncated},
		{"a length bomb", "30 84 7f ff ff f0 02 01 01", 0, ber.ErrTruncated},
		{"an indefinite length", "30 80 02 01 01 42 00 00 00", 0, ber.ErrIndefinite},
		{"a negative id", "30 05 02 01 ff 42 00", 0, ErrMessageID},
		{"an id of 33 bits", "30 09 02 05 01 00 00 00 00 42 00", 0, ber.ErrInteger},
		{"an operation with a high tag", "30 05 02 01 07 5f 00", 7, ErrUnknownOp},
		{"an operation of another protocol", "30 05 02 01 07 7e 00", 7, ErrUnknownOp},
		{"no operation", "30 03 02 01 07", 7, ErrUnknownOp},
		{"two messages", "30 05 02 01 07 42 00 30 05 02 01 08 42 00", 7, ber.ErrTrailing},
		{"a bind without proof", "30 0a 02 01 07 60 05 02 01 03 04 00", 7, ber.ErrTruncated},
		{"a filter of unknown kind", "30 1a 02 01 07 63 15 04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 af 00 30 00", 7, ErrFilterKind},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse(unhex(t, tt.input))
			var e *ParseError
			if !errors.As(err, &e) || !errors.Is(err, tt.want) || e.ID != tt.id {
				t.Errorf("got %v, want %v for message %d", err, tt.want, tt.id)
			}
			if !reflect.DeepEqual(m, Message{}) {
				t.Errorf("got %+v beside an error", m)
			}
		})
	}
}

func TestTooManyControlsAreRefused(t *testing.T) {
	m := Message{ID: 1, Op: &UnbindRequest{}, Controls: make([]Control, MaxControls+1)}
	if _, err := Parse(m.Encode()); !errors.Is(err, ErrControls) {
		t.Errorf("got %v, want %v", err, ErrControls)
	}
	m.Controls = m.Controls[:MaxControls]
	if _, err := Parse(m.Encode()); err != nil {
		t.Error(err)
	}
}

func TestFrameLenRefusesBeforeAnythingIsBuffered(t *testing.T) {
	tests := []struct {
		name  string
		head  string
		limit int
		total int
		need  int
		err   error
	}{
		{"a TLS handshake", "16", 100, 0, 0, ErrNotLDAP},
		{"a message over the limit", "30 63", 100, 0, 0, ErrTooLong},
		{"a message at the limit", "30 62", 100, 100, 0, nil},
		{"a length bomb", "30 84 7f ff ff 00", MaxMessage, 0, 0, ErrTooLong},
		{"half a header", "30 84 00", MaxMessage, 0, 3, nil},
		{"nothing yet", "", MaxMessage, 0, 2, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			total, need, err := FrameLen(unhex(t, tt.head), tt.limit)
			if total != tt.total || need != tt.need || !errors.Is(err, tt.err) {
				t.Errorf("got %d, %d, %v; want %d, %d, %v", total, need, err, tt.total, tt.need, tt.err)
			}
		})
	}
}

func TestResponseToAnswersEachRequestInKind(t *testing.T) {
	want := map[Kind]Kind{
		KindBindRequest: KindBindResponse, KindSearchRequest: KindSearchResultDone, KindModifyRequest: KindModifyResponse,
		KindAddRequest: KindAddResponse, KindDelRequest: KindDelResponse, KindModifyDNRequest: KindModifyDNResponse,
		KindCompareRequest: KindCompareResponse, KindExtendedRequest: KindExtendedResponse,
	}
	for k := range 256 {
		request := Kind(k)
		op := ResponseTo(request, Result{Code: Busy})
		if op == nil && want[request] != 0 || op != nil && op.Kind() != want[request] {
			t.Errorf("%s: got %v, want %s", request, op, want[request])
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	q := BindRequest{Version: 3, Auth: Simple{Password: Secret("heron")}}
	asJSON, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("bind", "password", q.Auth.(Simple).Password)
	for _, got := range []string{
		fmt.Sprintf("%v %+v %#v", q, q, q), fmt.Sprintf("%x", q.Auth), string(asJSON), log.String(),
	} {
		if strings.Contains(got, "heron") || strings.Contains(got, "6865726f6e") || !strings.Contains(got, "[secret]") {
			t.Errorf("got %s", got)
		}
	}
}

func TestNumbersHaveNames(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{InvalidCredentials.String(), "invalidCredentials"},
		{ResultCode(4096).String(), "resultCode(4096)"},
		{KindSearchRequest.String(), "searchRequest"},
		{Kind(0).String(), "operation(00)"},
		{WholeSubtree.String(), "sub"},
		{Scope(3).String(), "scope(3)"},
		{ReplaceValues.String(), "replace"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}
