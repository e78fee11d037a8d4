package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// ParseFlags reads a value that is one number in a sequence: which parts of
// security descriptors OIDSDFlags asks for ([MS-ADTS] §3.1.1.3.4.1.11), or
// which form of names OIDExtendedDN does (§3.1.1.3.4.1.5), where an absent value
// means 0.
func ParseFlags(value []byte) (int32, error) {
	if value == nil {
		return 0, nil
	}
	var flags int32
	err := decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		flags = r.Int32(ber.Integer)
	})
	return flags, err
}

// EncodeFlags returns the value that ParseFlags reads.
func EncodeFlags(flags int32) []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		b.Int(ber.Integer, int64(flags))
	})
}

// ParseASQ reads the value of a request's control OIDASQ: the attribute whose
// values name the entries to search, [MS-ADTS] §3.1.1.3.4.1.18.
func ParseASQ(value []byte) (attr string, err error) {
	err = decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		attr = r.Text(ber.OctetString)
	})
	return attr, err
}

// EncodeASQ returns the value of a request's control OIDASQ.
func EncodeASQ(attr string) []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		b.Text(ber.OctetString, attr)
	})
}

// ParseASQResult reads the value of a response's control OIDASQ.
func ParseASQResult(value []byte) (code ResultCode, err error) {
	err = decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		code = ResultCode(r.Int32(ber.Enumerated))
	})
	return code, err
}

// EncodeASQResult returns the value of a response's control OIDASQ.
func EncodeASQResult(code ResultCode) []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		b.Int(ber.Enumerated, int64(code))
	})
}
