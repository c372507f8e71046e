package ledger

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind says what happened.
type Kind uint8

// Kinds. A number never changes its meaning.
const (
	Opened    Kind = iota + 1 // the ledger begins; always and only the first entry
	Charter                   // the charter that is in force from here on
	Asked                     // a job was seen for the first time
	Accepted                  // by an owner
	Refused                   // by an owner
	Withdrawn                 // by an owner, after it accepted
	Begun                     // an attempt
	KeysMade                  // a key set for guarded releases was made ahead
	KeysUsed                  // an attempt uses it up
	Released                  // the member's part left, or at the coordinator: the result is there
	Ended                     // the job is over for this member
	Approved                  // by a person
	Debited                   // a privacy budget, before the input leaves
	Parked                    // by an owner: the job waits for a person
	Denied                    // by a person
	Stopped                   // everything, by a person: nothing is taken part in
	Resumed                   // the end of that
	Revoked                   // the key of a member, for the whole space
	Refunded                  // what was debited, on proof that nothing was released
	Round                     // of a study: the job is one of its rounds
)

// field is a group of fields that a kind has.
type field uint16

const (
	ofJob field = 1 << iota
	ofAbout
	ofMember
	ofCode
	ofState
	ofAttempt
	ofDigest
	ofVersion
	ofUsage
	ofAmount
	ofUntil
)

// kinds has the name and the fields of every kind. A new kind is a new line.
var kinds = [...]struct {
	name string
	has  field
}{
	Opened:    {"opened", ofDigest},
	Charter:   {"charter", ofDigest | ofVersion},
	Asked:     {"asked", ofJob | ofAbout},
	Accepted:  {"accepted", ofJob | ofMember},
	Refused:   {"refused", ofJob | ofMember | ofCode},
	Withdrawn: {"withdrawn", ofJob | ofMember | ofCode},
	Begun:     {"begun", ofJob | ofAttempt},
	KeysMade:  {"keys made", ofDigest},
	KeysUsed:  {"keys used", ofJob | ofAttempt | ofDigest},
	Released:  {"released", ofJob | ofAttempt | ofDigest},
	Ended:     {"ended", ofJob | ofCode | ofState | ofUsage},
	Approved:  {"approved", ofJob | ofMember},
	Debited:   {"debited", ofJob | ofAmount | ofUntil},
	Parked:    {"parked", ofJob | ofMember},
	Denied:    {"denied", ofJob | ofMember},
	Stopped:   {"stopped", ofMember},
	Resumed:   {"resumed", ofMember},
	Revoked:   {"revoked", ofMember | ofDigest | ofVersion},
	Refunded:  {"refunded", ofJob | ofAmount},
	Round:     {"round", ofJob | ofAttempt | ofDigest},
}

func (k Kind) known() bool { return k >= Opened && int(k) < len(kinds) }

// String returns the name of the kind.
func (k Kind) String() string {
	if !k.known() {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kinds[k].name
}

// ParseKind reads what [Kind.String] returns for a known kind.
func ParseKind(name string) (Kind, bool) {
	for k := Opened; k.known(); k++ {
		if kinds[k].name == name {
			return k, true
		}
	}
	return 0, false
}

// Limits of an entry, in bytes.
const (
	MaxEntry   = 1 << 10
	maxMember  = 64
	maxPurpose = 200
	maxTable   = 63
	maxState   = 16
	codeLength = len("TACIT-P000")
)

// Entry is one line of a ledger. Fields that its kind does not have are zero.
type Entry struct {
	Seq  uint64 // position in the ledger, from 0
	Time int64  // milliseconds since 1970 UTC, by the member's clock
	Kind Kind

	Job      [16]byte
	Manifest [32]byte // hash: the same at every member
	About    Subject  // of Asked
	Member   string   // who accepted, refused, withdrew or parked; an approver's name of Approved and Denied
	Code     string   // why: "" or TACIT-X000
	State    string   // how the job ended: lower-case letters
	Attempt  uint32   // of Round: its number
	Digest   [32]byte // Round: the study; Opened: random; Charter: its hash; Revoked: of member and key; keys: the set; Released: what was released
	Version  uint32   // of the charter
	Usage    Usage    // of Ended
	Amount   uint64   // of Debited and Refunded, in units of 1e-9 rho
	Until    int64    // of Debited: last time at which the answer may become known, as Time
}

// Subject is what a job is about, as its analyst signed it.
type Subject struct {
	Analyst string   // member id
	Purpose string   //
	Table   string   // "" if the charter does not have it
	Plan    [32]byte // hash: its text holds constants
	Cells   uint64   //
	Sums    uint32   // per cell
	Cohort  uint32   // k of the table; 0 if the charter does not have it
}

// Usage is what a job cost the member since its last start.
type Usage struct {
	Sent    uint64 // bytes of messages
	Compute uint64 // milliseconds in the owner's engine
}

// When returns the time of the entry.
func (e *Entry) When() time.Time { return time.UnixMilli(e.Time).UTC() }

// clean returns the entry as it is written: nothing that its kind does not have, and
// texts of others cut to their limits. So an append never fails for what a peer said.
func (e Entry) clean() Entry {
	has := kinds[e.Kind].has
	e.Time = max(e.Time, 0)
	e.cleanNumbers(has)
	e.About = e.About.clean()
	if has&ofAbout == 0 {
		e.About = Subject{}
	}
	e.Member = cut(e.Member, maxMember)
	if has&ofMember == 0 {
		e.Member = ""
	}
	if has&ofCode == 0 || !isCode(e.Code) {
		e.Code = ""
	}
	switch {
	case has&ofState == 0:
		e.State = ""
	case !isState(e.State):
		e.State = "unknown"
	}
	return e
}

// cleanNumbers drops what the kind does not have.
func (e *Entry) cleanNumbers(has field) {
	if has&ofJob == 0 {
		e.Job, e.Manifest = [16]byte{}, [32]byte{}
	}
	if has&ofAttempt == 0 {
		e.Attempt = 0
	}
	if has&ofDigest == 0 {
		e.Digest = [32]byte{}
	}
	if has&ofVersion == 0 {
		e.Version = 0
	}
	if has&ofUsage == 0 {
		e.Usage = Usage{}
	}
	if has&ofAmount == 0 {
		e.Amount = 0
	}
	if e.Until = max(e.Until, 0); has&ofUntil == 0 {
		e.Until = 0
	}
}

func (s Subject) clean() Subject {
	s.Analyst, s.Purpose, s.Table = cut(s.Analyst, maxMember), cut(s.Purpose, maxPurpose), cut(s.Table, maxTable)
	return s
}

// cut makes a text printable and at most limit bytes long.
func cut(s string, limit int) string {
	if s == "" {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	for len(s) > limit {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// isCode reports whether a text is "" or looks like a code.
func isCode(s string) bool {
	if s == "" {
		return true
	}
	if len(s) != codeLength || !strings.HasPrefix(s, "TACIT-") || s[6] < 'A' || s[6] > 'Z' {
		return false
	}
	return strings.Trim(s[7:], "0123456789") == ""
}

func isState(s string) bool {
	return s != "" && len(s) <= maxState && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}
