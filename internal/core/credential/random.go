package credential

// Draw makes keys at random, for an account whose password nobody types: a
// server's own. The salt is kept for whoever asks what it would be.
func Draw(salt string) Prepared {
	out := Prepared{salt: salt, keys: make([]Key, len(served))}
	for i, t := range served {
		out.keys[i] = Key{t, t.NewKey()}
	}
	return out
}

// Of returns the keys of a version: the present one, or the one before it, which
// tickets issued before the last change were made with. It is nil for others.
func (r *Record) Of(version uint32) *Set {
	for _, s := range []*Set{&r.Current, &r.Before} {
		if s.Version == version && len(s.Keys) > 0 {
			return s
		}
	}
	return nil
}
