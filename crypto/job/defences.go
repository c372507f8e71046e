package job

// defences names what an attack test takes out, to show that the attack succeeds
// without it. The zero value takes out nothing. No exported name leads here, and
// a test keeps code outside the tests from setting any of it.
type defences struct {
	offerSignature bool // the analyst's signature over the manifest
}
