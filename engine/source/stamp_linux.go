package source

import (
	"os"
	"syscall"
)

// stampOf adds what only the system sets: the inode, and the time of the last change
// of content or metadata, which no program can set back.
func stampOf(info os.FileInfo) stamp {
	s := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.device, s.inode, s.changed = uint64(st.Dev), st.Ino, st.Ctim.Nano()
	}
	return s
}
