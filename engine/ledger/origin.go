package ledger

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Role is the role whose ledger it is. A member with two roles keeps two ledgers.
type Role string

// Roles.
const (
	Worker      Role = "worker"
	Coordinator Role = "coordinator"
	Analyst     Role = "analyst"
)

// Origin names one ledger.
type Origin struct {
	Space  string // id of the charter
	Member string // id
	Role   Role
	ID     [8]byte // the first bytes of the random number in the first entry
}

const originPrefix = "tacit"

// String returns the first line of a checkpoint.
func (o Origin) String() string {
	return fmt.Sprintf("%s/%s/%s/%s/%x", originPrefix, o.Space, o.Member, o.Role, o.ID)
}

// parseOrigin reads what [Origin.String] returns.
func parseOrigin(line string) (Origin, error) {
	parts := strings.Split(line, "/")
	if len(parts) != 5 || parts[0] != originPrefix || !isID(parts[1]) || !isID(parts[2]) {
		return Origin{}, Malformed.New("the first line names no ledger")
	}
	o := Origin{Space: parts[1], Member: parts[2], Role: Role(parts[3])}
	switch o.Role {
	case Worker, Coordinator, Analyst:
	default:
		return Origin{}, Malformed.New("the first line names no role")
	}
	id, err := hex.DecodeString(parts[4])
	if err != nil || len(id) != len(o.ID) {
		return Origin{}, Malformed.New("the first line names no ledger")
	}
	o.ID = [8]byte(id)
	if o.String() != line {
		return Origin{}, Malformed.New("the first line is not as it is written")
	}
	return o, nil
}

// isID reports whether a text can be the id of a member or space.
func isID(s string) bool {
	return s != "" && len(s) <= maxMember && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
