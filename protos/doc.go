// Package protos holds the protocol buffers of the wire between the roles, with
// the Go code generated from them beside. `make gen` makes it again.
//
// Start at tacit/v1/link.proto.
package protos
