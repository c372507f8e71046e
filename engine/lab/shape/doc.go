// Package shape emulates the delay and the bandwidth of a network between processes of one
// machine, without any rights on it.
//
// A [Line] is one direction of a way: bytes are put onto it one after the other at its rate, and
// arrive after its delay, in order, all of them. A [Conn] writes through a line; a [Relay] passes the
// connections of one member on to the coordinator, over one line each way that they share.
//
// What is emulated is a way that loses nothing and whose ends do not have to find out its bandwidth: no loss,
// no reordering, no slow start, no headers below TLS. So times are those of a warm connection
// over a good line; the handshake of TCP costs its round trip (see [Relay]).
//
// Start at [Listen].
package shape
