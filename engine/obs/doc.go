// Package obs is what an operator sees of a role: its log, its metrics and its
// health.
//
// None of it holds data. Log lines carry job ids, member ids, phases, codes and
// sizes; labels of metrics come from closed lists, so a peer cannot make new series.
// Values, literals of predicates, keys and passphrases never come here; types that
// hold secrets do not print (crypto/secret).
//
// The HTTP server is for the organisation's own monitoring. It has no
// authentication: bind it to a private address.
//
// Start at [NewLogger], [NewMetrics] and [Listen].
package obs
