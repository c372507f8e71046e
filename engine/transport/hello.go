package transport

import (
	"context"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// Protocol is the version of the wire that this release speaks. Each release
// also speaks the one before, so that members need not upgrade all at once.
const Protocol = 1

// helloKey is the metadata key of the Hello.
const helloKey = "tacit-hello-bin"

const (
	maxHello    = 512 // bytes
	maxSoftware = 64  // bytes
)

// span is a range of protocol versions, both ends included.
type span struct{ oldest, newest uint32 }

// spoken are the versions of this release.
var spoken = span{oldest: max(1, Protocol-1), newest: Protocol}

// agree returns the newest version that both sides speak, or why there is none.
// It is judged on the coordinator's side; the fault is for the member.
func agree(coordinator, member span) (uint32, *fault.Kind) {
	switch {
	case member.oldest < 1 || member.oldest > member.newest:
		return 0, Violation
	case member.newest < coordinator.oldest:
		return 0, UpgradeMember
	case member.oldest > coordinator.newest:
		return 0, UpgradeCoordinator
	}
	return min(coordinator.newest, member.newest), nil
}

// withHello adds the Hello to the metadata of outgoing calls.
func withHello(ctx context.Context, cfg *ClientConfig) context.Context {
	charter := cfg.Directory.Charter()
	hello, err := proto.Marshal(&tacitv1.Hello{
		MinProtocol: cfg.speaks.oldest,
		MaxProtocol: cfg.speaks.newest,
		Software:    cfg.Software,
		Charter:     charter[:],
	})
	if err != nil { // only for invalid UTF-8, which the configuration refuses
		return ctx
	}
	return metadata.NewOutgoingContext(ctx, metadata.Pairs(helloKey, string(hello)))
}

// greeting is a Hello that was accepted.
type greeting struct {
	protocol uint32
	software string
}

// checkHello judges the Hello of an incoming call.
func checkHello(ctx context.Context, cfg *ServerConfig) (greeting, *fault.Fault) {
	var hello tacitv1.Hello
	values := metadata.ValueFromIncomingContext(ctx, helloKey)
	if len(values) != 1 || len(values[0]) > maxHello {
		return greeting{}, Violation.New("the call has no hello")
	}
	if err := proto.Unmarshal([]byte(values[0]), &hello); err != nil {
		return greeting{}, Violation.New("the hello cannot be read")
	}
	theirs := printable(hello.Software, maxSoftware)
	member := span{hello.MinProtocol, hello.MaxProtocol}
	protocol, kind := agree(cfg.speaks, member)
	if kind != nil {
		return greeting{}, kind.New("the coordinator (%s) speaks protocol versions %d to %d, this side (%s) %d to %d",
			orUnknown(cfg.Software), cfg.speaks.oldest, cfg.speaks.newest, orUnknown(theirs), member.oldest, member.newest)
	}
	if charter := cfg.Directory.Charter(); string(hello.Charter) != string(charter[:]) {
		if len(hello.Charter) != len(charter) {
			return greeting{}, Violation.New("the hello has no charter hash")
		}
		return greeting{}, OtherCharter.New("the coordinator has %s of the charter, this side has %s",
			cfg.Directory.Name(charter), cfg.Directory.Name([32]byte(hello.Charter)))
	}
	return greeting{protocol, theirs}, nil
}

func orUnknown(software string) string {
	if software == "" {
		return "release unknown"
	}
	return software
}
