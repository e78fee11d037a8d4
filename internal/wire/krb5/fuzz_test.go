package krb5

import (
	"bytes"
	"testing"
)

// malformed holds seeds for every parser.
var malformed = []string{
	"", "6a", "6a 80 00 00", "6a 84 ff ff ff ff", "6a 84 7f ff ff ff 30 84 7f ff ff ff", "7f 81 01 00", "30 00", "a0 00",
	"6a 0e 30 0c a1 03 02 01 05 a2 03 02 01 0a a4 00", "60 84 ff ff ff ff 06", "00 06 ff 80 ff ff",
}

// FuzzParse gives every parser every input: what one writes, another may meet.
// What parses must be stable, written and parsed again.
func FuzzParse(f *testing.F) {
	all := codecs()
	for i, c := range all {
		for _, p := range c.samples {
			f.Add(uint8(i), p)
		}
		for _, v := range mitVectors[c.name] {
			f.Add(uint8(i), unhex(f, v))
		}
		for _, s := range malformed {
			f.Add(uint8(i), unhex(f, s))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, input []byte) {
		c := all[int(which)%len(all)]
		once, err := c.recode(input)
		if err != nil {
			return
		}
		twice, err := c.recode(once)
		if err != nil {
			t.Fatalf("%s: what was written does not parse: %v\n%x\n%x", c.name, err, input, once)
		}
		if !bytes.Equal(once, twice) {
			t.Fatalf("%s: got %x, want %x", c.name, twice, once)
		}
	})
}
