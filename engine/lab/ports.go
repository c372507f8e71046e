package lab

import "net"

// ports finds n loopback addresses that are free now. All are held until the last
// is found, so they differ.
func ports(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, ErrStart.New("no free port on this machine: %w", err)
		}
		defer l.Close()
		addresses[i] = l.Addr().String()
	}
	return addresses, nil
}
