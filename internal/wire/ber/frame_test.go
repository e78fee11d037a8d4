package ber

import (
	"errors"
	"testing"
)

func TestFrameLen(t *testing.T) {
	tests := []struct {
		name        string
		head        string
		total, need int
		err         error
	}{
		{"nothing yet", "", 0, 2, nil},
		{"a tag", "30", 0, 1, nil},
		{"a short length", "30 05", 7, 0, nil},
		{"a short length and contents", "30 05 02 01", 7, 0, nil},
		{"the count of a long length", "30 84", 0, 4, nil},
		{"part of a long length", "30 84 00 01", 0, 2, nil},
		{"a long length", "30 84 00 01 00 00", 65542, 0, nil},
		{"the longest length", "30 84 7f ff ff f9", 0x7fffffff, 0, nil},
		{"a length too long", "30 84 7f ff ff fa", 0, 0, ErrLength},
		{"five octets of length", "30 85", 0, 0, ErrLength},
		{"an indefinite length", "30 80", 0, 0, ErrIndefinite},
		{"a high tag", "1f", 0, 0, ErrHighTag},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			total, need, err := FrameLen(unhex(t, tt.head))
			if total != tt.total || need != tt.need || !errors.Is(err, tt.err) {
				t.Errorf("got %d, %d, %v; want %d, %d, %v", total, need, err, tt.total, tt.need, tt.err)
			}
		})
	}
}
