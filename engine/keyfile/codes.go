package keyfile

import "github.com/tacit-space/tacit/engine/fault"

// Codes.
var (
	ErrExists = fault.Declare("TACIT-K001", "key file exists",
		"The key file, or the public file beside it, is already there. Keys are never overwritten.",
		"Choose another name, or move the old files away and keep them: the space knows the member by them.")
	ErrMissing = fault.Declare("TACIT-K002", "key file cannot be read",
		"The key file does not exist, or this user may not read it.",
		"Check the name and who may read the file.")
	ErrPermissions = fault.Declare("TACIT-K003", "key file open to others",
		"The key file is not encrypted, and its group or everybody may read or write it.",
		"chmod 600 FILE. If others may have read it, make a new key and amend the charter.")
	ErrPassphrase = fault.Declare("TACIT-K004", "wrong passphrase",
		"The passphrase does not open the key file, or there is none.",
		"Enter the right one, or set TACIT_PASSPHRASE_FILE to a file that holds it.")
	ErrFormat = fault.Declare("TACIT-K005", "not a key file",
		"The file is no key file of this version, or it is damaged.",
		"Check that the name is that of the key, not of the .pub file, or restore it from a backup.")
	ErrWrite = fault.Declare("TACIT-K006", "key file cannot be written",
		"The folder does not exist, is not writable, or the disk is full.",
		"Check the folder.")
)
