package ber

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// node is an element as a tree, for tests.
type node struct {
	tag      Tag
	content  []byte
	children []node
}

func readNode(r *Reader) node {
	n := node{tag: r.Peek()}
	if n.tag&constructed == 0 {
		n.tag, n.content = r.Any()
		return n
	}
	outer := r.Enter(n.tag)
	count := r.Count()
	for r.More() {
		n.children = append(n.children, readNode(r))
	}
	if r.Err() == nil && len(n.children) != count {
		panic("Count differs from what was read")
	}
	r.Leave(outer)
	return n
}

func (n node) write(b *Builder) {
	if n.tag&constructed == 0 {
		b.Octets(n.tag, n.content)
		return
	}
	end := b.Len()
	for i := len(n.children) - 1; i >= 0; i-- {
		n.children[i].write(b)
	}
	b.Wrap(n.tag, end)
}

// FuzzReader reads any input as a tree, writes it and reads it again.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"30 0c 02 01 01 60 07 02 01 03 04 00 80 00",
		"30 84 00 00 00 03 02 01 07",
		"30 80 00 00", "30 84 7f ff ff ff", "30 84 ff ff ff ff", "1f 81 01 00", "ff 00", "30 05 02 01", "04 00", "",
		"02 09 00 00 00 00 00 00 00 00 01",
		strings.Repeat("30 80", 10_000), strings.Repeat("a2 82 40 00", 10_000),
	} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := NewReader(input)
		first := readNode(&r)
		if r.Err() != nil {
			return
		}
		total, _, err := FrameLen(input)
		if err != nil || total != r.pos {
			t.Fatalf("FrameLen: got %d, %v; want %d", total, err, r.pos)
		}
		var b Builder
		first.write(&b)
		again := NewReader(b.Bytes())
		if second := readNode(&again); again.Err() != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%x: read again: %v\ngot  %v\nwant %v", b.Bytes(), again.Err(), second, first)
		}
	})
}

// FuzzScalars reads any input as each kind of value.
func FuzzScalars(f *testing.F) {
	for _, seed := range []string{"02 01 05", "02 00", "02 08 7f ff ff ff ff ff ff ff", "02 09 00 00 00 00 00 00 00 00 01", "01 01 01", "04 02 68 69"} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var b Builder
		r := NewReader(input)
		if v := r.Int64(Integer); r.Err() == nil {
			b.Int(Integer, v)
			again := NewReader(b.Bytes())
			if got := again.Int64(Integer); got != v || b.Len() > len(input) {
				t.Fatalf("%d became %d in %x", v, got, b.Bytes())
			}
		}
		r = NewReader(input)
		if v := r.Text(OctetString); r.Err() == nil && !bytes.Contains(input, []byte(v)) {
			t.Fatalf("text %q is not in the input", v)
		}
		r = NewReader(input)
		r.Bool(Boolean)
		r = NewReader(input)
		r.Int32(Enumerated)
	})
}
