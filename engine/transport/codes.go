package transport

import "github.com/tacit-space/tacit/engine/fault"

// Ways in which the network fails. The messages of [NotMember] and
// [WrongCoordinator] name no key.
var (
	Unresolved = fault.Declare("TACIT-N001", "name not resolved",
		"The name of the coordinator, or of the proxy, has no address here.",
		"Check the address in the configuration and the name service of this machine.")
	Unreachable = fault.Declare("TACIT-N002", "coordinator unreachable",
		"No TCP connection could be made.",
		"Check that the coordinator runs and that the firewall lets this machine out to its port.")
	ProxyRefused = fault.Declare("TACIT-N003", "proxy refused",
		"The HTTP proxy did not open a tunnel to the coordinator.",
		"Ask the proxy's operator to allow CONNECT to the coordinator's address, or correct the proxy's user and password.")
	Intercepted = fault.Declare("TACIT-N004", "TLS intercepted",
		"The peer's certificate is not a self-signed Ed25519 certificate, as every member's is. Something between intercepts TLS, or the address is not a coordinator's.",
		"Ask for an exception from TLS inspection for the coordinator's address, and check the address.")
	WrongCoordinator = fault.Declare("TACIT-N005", "not the coordinator of the charter",
		"The peer's key is not the one that the charter names for the coordinator.",
		"Check the address, and that both sides use the same charter.")
	NotMember = fault.Declare("TACIT-N006", "key not in the coordinator's charter",
		"The coordinator refused the key of this member, as it is not in its charter.",
		"Check that this machine uses the identity whose fingerprint is in the charter, and that the coordinator has that charter.")
	NoHTTP2 = fault.Declare("TACIT-N007", "no HTTP/2",
		"TLS was made, but HTTP/2 was not agreed on.",
		"Something on the way, such as a gateway, does not pass HTTP/2: let the connection through as plain TCP.")
	TimedOut = fault.Declare("TACIT-N008", "timed out",
		"The other side did not answer in time.",
		"Try again; if it stays, check the load of the coordinator and the network between.")
	TLSFailed = fault.Declare("TACIT-N009", "TLS failed",
		"TLS 1.3 could not be agreed on.",
		"Check that the address is the coordinator's and that nothing between speaks TLS itself.")
	UpgradeMember = fault.Declare("TACIT-N010", "this side is too old",
		"The coordinator no longer speaks the protocol version of this program.",
		"Install the release that the coordinator runs.")
	UpgradeCoordinator = fault.Declare("TACIT-N011", "the coordinator is too old",
		"The coordinator does not yet speak the protocol version of this program.",
		"Ask the coordinator's operator to install this release, or use the one before.")
	OtherCharter = fault.Declare("TACIT-N012", "another charter",
		"This side and the coordinator have different versions of the charter, or different charters.",
		"Give both sides the newest space.json and start them again: compare the versions with `tacit space history`.")
	Replaced = fault.Declare("TACIT-N013", "second instance",
		"Another process connected with the key of this member and took its place.",
		"Run one worker per identity; stop one of the two.")
	Away = fault.Declare("TACIT-N014", "peer away",
		"There is no session with the peer; the packet is not queued.",
		"Nothing: what is stored is sent when the peer connects.")
	Full = fault.Declare("TACIT-N015", "queue full",
		"The peer takes packets more slowly than they are sent.",
		"Check the network and the load of the peer, or raise the limit of the outbox.")
	TooBig = fault.Declare("TACIT-N016", "message too big",
		"A message is above the size that this side or the other accepts.",
		"Ask for fewer cells, or raise the limit on both sides.")
	NotAllowed = fault.Declare("TACIT-N017", "role missing",
		"The charter does not give this member the role that the call needs.",
		"Use an identity with that role, or amend the charter.")
	Busy = fault.Declare("TACIT-N018", "too many at once",
		"This member has too many connections, calls or failed attempts at the coordinator.",
		"Wait a little, and stop programs that retry without a pause.")
	Violation = fault.Declare("TACIT-N019", "protocol broken",
		"The other side sent bytes that the transport protocol does not allow.",
		"Run the same release on both sides; if it stays, report it.")
	Stopping = fault.Declare("TACIT-N020", "coordinator stops",
		"The coordinator is being shut down or restarted.",
		"Nothing: workers connect again by themselves.")
	PortInUse = fault.Declare("TACIT-N021", "port in use",
		"Another program listens on the address.",
		"Stop the other program, or listen on another port.")
	CannotListen = fault.Declare("TACIT-N022", "cannot listen",
		"The address could not be opened.",
		"Check that the address is one of this machine's and that the port is allowed.")
	Lost = fault.Declare("TACIT-N023", "connection lost",
		"The connection broke.",
		"Nothing: it is made again. If it happens at regular times, something on the way cuts idle or long connections.")
	BadConfig = fault.Declare("TACIT-N024", "network settings",
		"A setting of the network is missing or outside its range.",
		"Correct the configuration.")
)
