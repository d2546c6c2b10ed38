package signin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// maxReturn bounds the path to come back to: it waits in a cookie.
const maxReturn = 1024

// returnTo gives the path to come back to after a sign-in: what is asked for if it is a path of this site, else the home.
func (s *Service) returnTo(asked string) string {
	if isPath(asked) && !strings.HasPrefix(asked, "/signin") {
		return asked
	}
	return s.config.Home
}

// isPath tells whether browsers take a text for a path, and perhaps a query, of the site that they are on. They take
// "//host" and "/\host" for another, and leave out line ends and tabs (WHATWG URL Standard, section 4.4).
func isPath(text string) bool {
	if len(text) > maxReturn || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// elsewhere tells whether the browser calls this machine by another name than the public URL has. The pool would send it
// back to that one, where the cookies of this one are not. Behind a proxy names may differ, so only this machine's own
// names, localhost and 127.0.0.1, are told apart.
func (s *Service) elsewhere(r *http.Request) bool {
	return r.Host != s.public.Host && isLoopback(r.Host) && isLoopback(s.public.Host)
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// unkept keeps an answer out of caches, and its address, which may hold a code, from other sites.
func unkept(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
