package krb5

import "testing"

func TestFrameLen(t *testing.T) {
	for _, c := range []struct {
		head        string
		total, need int
		err         error
	}{
		{"", 0, 4, nil},
		{"\x00\x00\x00", 0, 1, nil},
		{"\x00\x00\x00\x60", 100, 0, nil},
		{"\x00\x00\x00\x61", 0, 0, ErrTooLong},
		{"\xff\xff\xff\xff", 0, 0, ErrTooLong},
	} {
		total, need, err := FrameLen([]byte(c.head), 100)
		if total != c.total || need != c.need || err != c.err {
			t.Errorf("%x: %d, %d, %v", c.head, total, need, err)
		}
	}
	if got := string(Framed([]byte("abc"))); got != "\x00\x00\x00\x03abc" {
		t.Errorf("got %q", got)
	}
}
