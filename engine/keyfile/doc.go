// Package keyfile keeps a member's identity in a file.
//
// The secret part is the 32-byte seed of the identity. It is written either
// encrypted with a passphrase (age with scrypt, armored, so that "age -d" opens it
// too) or, for machines that start without people, as plain text that only the
// owner of the file may read. Beside it lies NAME.pub, the public identity as PEM,
// which is what others need.
//
// Files are never overwritten: an identity that is lost cannot be made again.
//
// # Errors
//
// [ErrExists], [ErrMissing], [ErrPermissions], [ErrPassphrase], [ErrFormat],
// [ErrWrite]. None holds anything of the key or passphrase.
//
// Start at [Write] and [Read].
package keyfile
