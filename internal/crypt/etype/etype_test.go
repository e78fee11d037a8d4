package etype

import (
	"encoding/hex"
	"testing"
)

// RFC 3961 appendix A.1.
func TestNfold(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"012345", 8, "be072631276b1955"},
		{"password", 7, "78a07b6caf85fa"},
		{"Rough Consensus, and Running Code", 8, "bb6ed30870b7f0e0"},
		{"password", 21, "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e"},
		{"MASSACHVSETTS INSTITVTE OF TECHNOLOGY", 24, "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b"},
		{"Q", 21, "518a54a215a8452a518a54a215a8452a518a54a215"},
		{"ba", 21, "fb25d531ae8974499f52fd92ea9857c4ba24cf297e"},
		{"kerberos", 16, "6b65726265726f737b9b5b2b93132b93"},
	} {
		if got := hex.EncodeToString(nfold([]byte(c.in), c.n)); got != c.want {
			t.Errorf("nfold(%q, %d): got %s, want %s", c.in, c.n, got, c.want)
		}
	}
}

// RFC 8009 appendix A, and keys made by MIT krb5 1.20's ktutil: the vectors of RFC
// 3962 appendix B use other iteration counts than clients do.
func TestStringToKey(t *testing.T) {
	salt8009 := "\x10\xDF\x9D\xD7\x83\xE5\xBC\x8A\xCE\xA1\x73\x0E\x74\x35\x5F\x61ATHENA.MIT.EDUraeburn"
	for _, c := range []struct {
		t                    Type
		password, salt, want string
	}{
		{AES256SHA1, "seven grey herons", "LAB.INTERNALalice", "3d02a31d1d4462e9679b67f59038095d06760efe7d2d42c377886b3a774021ce"},
		{AES128SHA1, "seven grey herons", "LAB.INTERNALalice", "e2999e19d967509611977885036416b2"},
		{AES256SHA384, "Pässwörd1!", "LAB.INTERNALalice", "e487eaa652f108efcb8e9c36cca91db4ab55c012532e8575e7bdb41649357eec"},
		{AES128SHA256, "password", salt8009, "089bca48b105ea6ea77ca5d2f39dc5e7"},
		{AES256SHA384, "password", salt8009, "45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467"},
	} {
		got, err := c.t.StringToKey(c.password, c.salt)
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: got %x, %v; want %s", c.t, got, err, c.want)
		}
	}
	if _, err := Type(23).StringToKey("x", "y"); err == nil {
		t.Error("rc4 is served")
	}
}

func BenchmarkStringToKey(b *testing.B) {
	for _, t := range []Type{AES256SHA1, AES256SHA384} {
		b.Run(t.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := t.StringToKey("seven grey herons", "LAB.INTERNALalice"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
