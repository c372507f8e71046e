// Package transport carries packets between workers and the coordinator, and the
// calls of analysts, over gRPC. It is the only importer of protos and of grpc.
//
// # Topology
//
// The coordinator runs a [Hub] and listens. Workers run a [Link] and analysts a
// [Client]; both dial out only, through an HTTP proxy if there is one.
//
// # Who is who
//
// TLS 1.3, mutual. Each side shows a self-signed certificate of its member's
// Ed25519 identity key, and the other side checks that key against the charter
// ([Directory]) and the certificate's own signature; names, dates and
// certificate authorities play no part. The member is who the key says, never a
// field of a message. Unknown keys are refused before any gRPC is spoken.
//
// # Packets
//
// A worker has one long-lived stream. Packets of any size up to a limit are cut
// into frames of 256 KiB (the limit is 1 MiB). Within a session, which is at
// most one pair of process lifetimes, packets arrive in order and exactly once:
// each has a number, the receiver acknowledges what its handler has taken, the
// sender keeps the rest and, after a reconnect, goes on at the byte where the
// receiver stopped. When either process restarted, or a session was given up, the next
// connection is fresh: both handlers are told so, and send again what their
// stores hold.
//
// # Limits
//
// A member can make the other side hold one packet that is arriving
// (Limits.MaxPacket, allocated as it arrives), Limits.Inbox of packets not yet
// taken and the flow-control window of the connection (8 MiB). A peer that
// breaks the rules of the stream loses its connection and session with a code.
//
// # Errors
//
// All are [fault.Fault] with codes TACIT-N… declared in codes.go. Faults of the
// coordinator cross the wire with code, message, remedy and position.
//
// Start at [Listen] and [Hub.Serve], [Dial] and [Link.Run], [NewClient]; the
// packet stream is the type session.
package transport
