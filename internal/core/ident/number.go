package ident

import (
	"math/bits"
)

// SSSD's default mapping of SIDs to numbers (sss_idmap): the number line from
// idmapMin on is cut into slices, and a domain's slice is a hash of its SID.
const (
	idmapMin    = 200_000
	idmapSlice  = 200_000
	idmapSlices = 10_000
	idmapSeed   = 0xdeadbeef
)

// Number returns the uid or gid of a principal: SSSD's own function of the SID,
// so that a machine that computes it and one that reads it agree. ok is false
// for RIDs beyond the domain's slice, which SSSD would put elsewhere.
func (s SID) Number() (n uint32, ok bool) {
	domain, rid := s.Split()
	if !domain.IsDomain() || rid >= idmapSlice {
		return 0, false
	}
	first, _ := domain.numberRange()
	return first + uint32(rid), true
}

// numberRange returns the first and last number of a domain's slice.
func (s SID) numberRange() (first, last uint32) {
	slice := murmur3(s.String(), idmapSeed) % idmapSlices
	first = idmapMin + slice*idmapSlice
	return first, first + idmapSlice - 1
}

// murmur3 is MurmurHash3_x86_32 (Austin Appleby, public domain), which sss_idmap
// uses to choose a slice.
func murmur3(s string, seed uint32) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	h, n := seed, len(s)
	for ; len(s) >= 4; s = s[4:] {
		k := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
		h ^= bits.RotateLeft32(k*c1, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var k uint32
	for i := len(s) - 1; i >= 0; i-- {
		k = k<<8 | uint32(s[i])
	}
	h ^= bits.RotateLeft32(k*c1, 15) * c2
	h ^= uint32(n)
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
