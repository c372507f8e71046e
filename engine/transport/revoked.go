package transport

import "github.com/tacit-space/tacit/engine/fault"

func revokedKey(member string) *fault.Fault { return NotMember.New("the key of %s is revoked", member) }

// Cut ends the session and the connection of a worker whose key was revoked; see [Registry.Revoke]. Calls
// of analysts are refused one by one.
func (h *Hub) Cut(member string) {
	h.mu.Lock()
	p := h.peers[member]
	h.mu.Unlock()
	if p != nil {
		p.cutOff(revokedKey(member))
	}
}

// cutOff ends session and connection.
func (p *peerState) cutOff(why *fault.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil {
		return
	}
	if p.conn != nil {
		p.session.detach(p.conn, why, 0)
		p.conn.cut(why)
		p.conn = nil
	}
	p.session.end(why)
	p.session = nil
}
