// Package loopback tells the names by which this machine calls itself.
package loopback

import (
	"net"
	"net/netip"
	"strings"
)

// IsHost tells whether a Host header or the host of a URL, with or without a port, names this machine. A page
// of another site can have its own name lead to this machine, but its requests then carry that name.
func IsHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), "."))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
