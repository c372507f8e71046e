package source

// stamp tells, without reading a file, whether its content is the one seen before.
type stamp struct {
	size     int64
	modified int64  // Unix nanoseconds
	changed  int64  // Unix nanoseconds; 0 where the system does not tell
	device   uint64 // as changed
	inode    uint64 // as changed
}
