package cognito

import (
	"net/http"
	"strings"
)

// Bearer gives the token in a request's Authorization header: "Bearer TOKEN", the scheme in any case (RFC 6750,
// section 2.1; RFC 9110, section 11.1). Without such a header found is false. A header that is anything else
// is an [*Error]: whoever sends one wants to be known by it, and by nothing else that the request has.
func Bearer(h http.Header) (token string, found bool, err error) {
	values := h.Values("Authorization")
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
	default:
		return "", true, invalid("there are %d Authorization headers", len(values))
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true, invalid("the Authorization header is not of the scheme Bearer")
	}
	token = strings.Trim(token, " ")
	if token == "" || strings.ContainsAny(token, " \t,") {
		return "", true, invalid("the Authorization header holds not one token")
	}
	return token, true, nil
}
