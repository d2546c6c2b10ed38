package snsmessage

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// maxURL bounds the URLs in a message, in bytes.
const maxURL = 4096

// topicRE is the form of a topic's ARN; its groups are partition and region.
var topicRE = regexp.MustCompile(`^arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$`)

// origin is where SNS keeps a topic's certificate and takes its confirmations: one host of one region.
type origin struct {
	host  string
	names []string // the certificate must be issued for one of these
}

// originOf gives the origin of a topic. In most regions the certificate is one for sns.amazonaws.com, in
// those that an account must opt in to it is one for sns-signing.REGION, in China and GovCloud for
// sns-REGION. Source: SnsHostProvider of the AWS SDK for Java 2.x.
func originOf(topicARN string) (origin, error) {
	g := topicRE.FindStringSubmatch(topicARN)
	if g == nil {
		return origin{}, fmt.Errorf("%q is not the ARN of a topic", topicARN)
	}
	partition, region, domain := g[1], g[2], ""
	switch partition {
	case "aws", "aws-us-gov":
		domain = "amazonaws.com"
	case "aws-cn":
		domain = "amazonaws.com.cn"
	default:
		return origin{}, fmt.Errorf("topics of the partition %s are not supported", partition)
	}
	o := origin{host: "sns." + region + "." + domain}
	o.names = []string{"sns." + domain, o.host, "sns-signing." + region + "." + domain, "sns-" + region + "." + domain}
	if partition == "aws-us-gov" {
		o.names = append(o.names, "sns-us-gov-west-1."+domain)
	}
	return o, nil
}

// admit parses a URL of a message if it lies at the origin, or below one of the local prefixes; local
// tells which.
func (o origin) admit(raw string, prefixes []string) (u *url.URL, local bool, err error) {
	if len(raw) > maxURL {
		return nil, false, fmt.Errorf("the URL has %d bytes", len(raw))
	}
	if u, err = url.Parse(raw); err != nil {
		return nil, false, err
	}
	if u.User != nil || u.Opaque != "" || strings.Contains(raw, "#") {
		return nil, false, fmt.Errorf("%q names a user or a fragment", u.Redacted())
	}
	for _, p := range prefixes {
		if strings.HasPrefix(raw, p) && u.EscapedPath() == u.Path && (u.Path == path.Clean(u.Path) || u.Path == path.Clean(u.Path)+"/") {
			return u, true, nil
		}
	}
	if u.Scheme != "https" || u.Host != o.host {
		return nil, false, fmt.Errorf("%q is not at https://%s", u.Redacted(), o.host)
	}
	return u, false, nil
}

// certificatePath is where certificates lie at the origin: SimpleNotificationService-HEX.pem.
var certificatePath = regexp.MustCompile(`^/[A-Za-z0-9._-]+\.pem$`)

// admitCertificate is admit for a SigningCertURL.
func (o origin) admitCertificate(raw string, prefixes []string) (u *url.URL, local bool, err error) {
	u, local, err = o.admit(raw, prefixes)
	switch {
	case err != nil:
		return nil, false, err
	case strings.Contains(raw, "?"), !local && !certificatePath.MatchString(u.EscapedPath()), local && path.Ext(u.Path) != ".pem":
		return nil, false, fmt.Errorf("%q is not a .pem file", u.Redacted())
	}
	return u, local, nil
}

// admitConfirmation is admit for the SubscribeURL of m: it must confirm m's own topic and token.
func (o origin) admitConfirmation(m *Message, prefixes []string) (*url.URL, error) {
	u, local, err := o.admit(m.SubscribeURL, prefixes)
	if err != nil {
		return nil, err
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	if !local && u.Path != "/" && u.Path != "" || q.Get("Action") != "ConfirmSubscription" || q.Get("TopicArn") != m.TopicARN || q.Get("Token") != m.Token {
		return nil, fmt.Errorf("%q does not confirm this subscription", u.Redacted())
	}
	return u, nil
}

// checkPrefix tells whether p is good for [Config.LocalPrefixes].
func checkPrefix(p string) error {
	u, err := url.Parse(p)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.ContainsAny(p, "?#%") || !strings.HasSuffix(u.Path, "/") {
		return fmt.Errorf("%q is not of the form http://127.0.0.1:PORT/PATH/", u.Redacted())
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q is not on this machine", u.Redacted())
	}
	return nil
}
