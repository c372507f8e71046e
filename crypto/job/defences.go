package job

// defences names what an attack test takes out, to show that the attack succeeds
// without it. The zero value takes out nothing. No exported name leads here, and
// a test keeps code outside the tests from setting any of it.
type defences struct {
	offerSignature   bool // the analyst's signature over the manifest
	alphaCommitment  bool // an offer's alpha is the one that the manifest commits to
	inquiryMark      bool // the manifest of an inquiry is none of a job, and the other way round
	inquirySignature bool // the analyst's signature over the inquiry
	answerSignature  bool // the worker's signature over its answer
	answerBinding    bool // an answer is bound to inquiry and worker
}
