// Package archtest keeps the architecture: imports go down the layers only, what
// must stay in one place stays there, and every package says what it is for. It
// holds nothing but tests over the source.
//
// Start at the table in layers_test.go.
package archtest
