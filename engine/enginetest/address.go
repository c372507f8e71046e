package enginetest

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// anyPort is an address to listen on, with port 0. A coordinator that is started again listens on the same port, which
// another program may have taken meanwhile: not so on a loopback address that nobody else uses. Linux has all of
// 127.0.0.0/8; elsewhere it is 127.0.0.1.
func anyPort() string {
	own := fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	l, err := net.Listen("tcp", own)
	if err != nil {
		return "127.0.0.1:0"
	}
	_ = l.Close()
	return own
}
