package config

import (
	"net"
	"net/url"
	"slices"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// NoProxy as the proxy means that none is used, whatever the environment says.
const NoProxy = "none"

// check adds what the tags cannot say.
func (w *Worker) check(ps *strictyaml.Problems) {
	checkProxy(w.Proxy, "worker.proxy", ps)
	checkDial(w.Coordinator, "worker.coordinator", ps)
	names := make([]string, 0, len(w.Tables))
	for name := range w.Tables {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.Tables[name].check("worker.tables."+name, ps)
	}
	if e, err := dp.ParseEpsilon(w.Accept.Budget); w.Accept.Budget != "" && (err != nil || e == 0) {
		ps.Add("worker.accept.budget", "wants a number above 0 with at most nine digits after the point, such as 5")
	}
	if e, err := dp.ParseEpsilon(w.Accept.MaxEpsilon); w.Accept.MaxEpsilon != "" && (err != nil || e == 0) {
		ps.Add("worker.accept.max_epsilon", "wants a number above 0 with at most nine digits after the point, such as 0.5")
	}
	for _, name := range w.Accept.Tables {
		if !slices.Contains(names, name) {
			ps.Add("worker.accept.tables", "table %q is not mapped%s", name, strictyaml.Suggest(name, names))
		}
	}
	w.Accept.Hours.check("worker.accept.hours", ps)
	w.Approval.check("worker.approval", names, ps)
}

func (t Table) check(path string, ps *strictyaml.Problems) {
	if t.Query == "" && len(t.Files) == 0 {
		ps.Add(path, "wants files, or a query and the files that it reads")
	}
	if slices.Contains(t.Files, "") {
		ps.Add(path+".files", "an empty name")
	}
}

func (a *Analyst) check(ps *strictyaml.Problems) {
	checkProxy(a.Proxy, "analyst.proxy", ps)
	checkDial(a.Coordinator, "analyst.coordinator", ps)
}

// checkDial: an address to connect to names a host and a port.
func checkDial(address Address, path string, ps *strictyaml.Problems) {
	host, port, err := net.SplitHostPort(string(address))
	if err == nil && (host == "" || port == "0") {
		ps.Add(path, "wants the host and the port to connect to")
	}
}

func checkProxy(proxy, path string, ps *strictyaml.Problems) {
	if proxy == "" || proxy == NoProxy {
		return
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		ps.Add(path, `wants "none" or a URL such as http://proxy.example.org:3128`) // the text may hold a password
	}
}
