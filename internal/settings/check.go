package settings

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// boolean reads a switch.
func boolean(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	}
	return false, fmt.Errorf("is %q, which is neither on nor off: write true or false", text)
}

// architecture reads a Lambda function's processor architecture.
func architecture(text string) (string, error) {
	switch strings.ToLower(text) {
	case ARM64, X8664:
		return strings.ToLower(text), nil
	case "aarch64":
		return "", fmt.Errorf("is %q: write %s, which is AWS's name for it", text, ARM64)
	case "amd64", "x86-64", "x64":
		return "", fmt.Errorf("is %q: write %s, which is AWS's name for it", text, X8664)
	}
	return "", fmt.Errorf("is %q, which no Lambda function runs on: write %s or %s", text, ARM64, X8664)
}

// maxConcurrency is far beyond what AWS gives an account that does not ask for more.
const maxConcurrency = 10_000

// concurrency reads how many pictures may be worked on at once.
func concurrency(text string) (int, error) {
	if strings.EqualFold(text, "off") {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxConcurrency {
		return 0, fmt.Errorf("is %q: write a whole number from 1 to %d, or off to reserve none", text, maxConcurrency)
	}
	return n, nil
}

// priceClass reads where the CDN has edges.
func priceClass(text string) (string, error) {
	switch v := strings.TrimPrefix(strings.ToLower(text), "priceclass_"); v {
	case PriceClass100, PriceClass200, PriceClassAll:
		return v, nil
	}
	return "", fmt.Errorf("is %q: write %s, %s or %s", text, PriceClass100, PriceClass200, PriceClassAll)
}

var (
	bucketNameRE = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// Reserved by S3 for access points, directory buckets, table buckets and its own examples.
	bucketPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	bucketSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// bucketName checks a name by S3's rules for general purpose buckets
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
func bucketName(text string) (string, error) {
	wrong := func(why string) (string, error) {
		return "", fmt.Errorf("is %q, %s: write a bucket name of 3 to 63 lower-case letters, digits, hyphens and single dots", text, why)
	}
	switch {
	case strings.HasPrefix(text, "arn:"), strings.Contains(text, "://"):
		return wrong("which is an address, not a name")
	case len(text) < 3 || len(text) > 63:
		return wrong(fmt.Sprintf("which has %d characters", len(text)))
	case !bucketNameRE.MatchString(text):
		return wrong("which has a character that S3 does not take, or not there")
	case strings.Contains(text, ".."), strings.Contains(text, ".-"), strings.Contains(text, "-."):
		return wrong("where a dot stands beside another or beside a hyphen")
	}
	if _, err := netip.ParseAddr(text); err == nil {
		return wrong("which is an IP address")
	}
	for _, p := range bucketPrefixes {
		if strings.HasPrefix(text, p) {
			return wrong("which begins with " + p + ", kept by S3 for itself")
		}
	}
	for _, s := range bucketSuffixes {
		if strings.HasSuffix(text, s) {
			return wrong("which ends with " + s + ", kept by S3 for itself")
		}
	}
	return text, nil
}

// maxPathPattern is the most that CloudFront takes in a path, in bytes.
const maxPathPattern = 255

// maxFolder leaves half of the 1024 bytes of an S3 key to the name below the folder.
const maxFolder = 512

// Folders stand in event filters, where S3 wants other characters percent-encoded, and in resource
// patterns of IAM, where *, ? and $ have a meaning of their own.
var folderRE = regexp.MustCompile(`^[A-Za-z0-9!_.'()/-]*$`)

// folder normalises a key prefix to "" or "a/b/".
func folder(text string) (string, error) {
	trimmed := strings.Trim(text, "/")
	switch {
	case !folderRE.MatchString(text):
		return "", fmt.Errorf("is %q: write a folder of letters, digits, slashes and - _ . ! ' ( )", text)
	case len(trimmed) >= maxFolder:
		return "", fmt.Errorf("has %d characters: write a folder of fewer than %d", len(text), maxFolder)
	case trimmed == "":
		return "", nil
	}
	for part := range strings.SplitSeq(trimmed, "/") {
		switch part {
		case "", ".", "..":
			return "", fmt.Errorf("is %q, where a part between slashes is %q: write a plain folder such as avatar/original/", text, part)
		}
	}
	return trimmed + "/", nil
}

var topicNameRE = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// topicName checks the name of a standard SNS topic.
func topicName(text string) (string, error) {
	switch {
	case strings.HasSuffix(text, ".fifo"):
		return "", fmt.Errorf("is %q, a FIFO topic, which S3 cannot send to: write a name without .fifo", text)
	case !topicNameRE.MatchString(text):
		return "", fmt.Errorf("is %q: write a topic name of 1 to 256 letters, digits, hyphens and underscores", text)
	}
	return text, nil
}

var topicARNRE = regexp.MustCompile(`^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)

// topicARN checks the ARN of a standard SNS topic.
func topicARN(text string) (string, error) {
	if !topicARNRE.MatchString(text) {
		return "", fmt.Errorf("is %q, which is no topic's ARN: write one such as arn:aws:sns:us-east-1:123456789012:avatars", text)
	}
	return text, nil
}

// webhookURL checks where SNS delivers: messages are signed but not secret to the network, so plain http
// is for this machine only.
func webhookURL(text string) (string, error) {
	u, err := absoluteURL(text)
	switch {
	case err != nil:
		return "", err
	case u.User != nil:
		return "", errors.New("holds a user name or password, which the template would show to all who may read the stack: write the URL without it")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "", fmt.Errorf("is %q, with a fragment, which no server is sent: write the URL without the # and what follows", text)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("is %q, which would cross the network unencrypted: write an https:// URL (http:// is for localhost)", text)
	}
	return text, nil
}

// origins reads a comma separated list of web origins (RFC 6454, section 6.2) into their serialised form.
func origins(text string) ([]string, error) {
	var all []string
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if strings.Contains(item, "*") {
			return nil, fmt.Errorf("has %q, where a * would let other pages upload too: write each origin in full, such as https://www.example.com", item)
		}
		u, err := absoluteURL(item)
		if err != nil {
			return nil, fmt.Errorf("has an origin that %w", err)
		}
		if u.User != nil || (u.Path != "" && u.Path != "/") || strings.ContainsAny(item, "?#") {
			return nil, fmt.Errorf("has %q, which is more than an origin: write only %s://%s", item, u.Scheme, u.Host)
		}
		host := strings.ToLower(u.Host)
		if p := u.Port(); p == "" || (u.Scheme == "https" && p == "443") || (u.Scheme == "http" && p == "80") {
			host = strings.TrimSuffix(strings.TrimSuffix(host, p), ":")
		}
		if o := u.Scheme + "://" + host; !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all, nil
}

// absoluteURL parses an http or https URL with a host of visible ASCII.
func absoluteURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		return nil, fmt.Errorf("is %q, which has no scheme: write https://%s", text, strings.TrimLeft(text, "/"))
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("is %q, which is no URL (%w): write one such as https://www.example.com", text, errors.Unwrap(err))
	}
	host := u.Hostname()
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("is %q, of the scheme %s: write an https:// URL", text, u.Scheme)
	case host == "":
		return nil, fmt.Errorf("is %q, which names no host: write one such as https://www.example.com", text)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, fmt.Errorf("is %q, with a character that must be encoded: write international host names in their xn-- form, and others as %%XX", text)
	}
	if _, err := netip.ParseAddr(host); err != nil && !hostRE.MatchString(host) {
		return nil, fmt.Errorf("is %q, where %q is no host name: write one such as https://www.example.com", text, host)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("is %q, where %s is no port: write one between 1 and 65535", text, p)
		}
	}
	return u, nil
}

// isLoopback tells whether a URL's host is this machine: a loopback address or a localhost name
// (RFC 6761, section 6.3).
func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

var (
	hostRE   = regexp.MustCompile(`^(?i)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)
	domainRE = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
)

// domainName normalises a DNS name to lower case, without the dot at its end.
func domainName(text string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	if len(name) > 253 || !domainRE.MatchString(name) {
		return "", fmt.Errorf("is %q, which is no domain name: write one such as assets.example.com", text)
	}
	return name, nil
}

var hostedZoneRE = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)

// hostedZoneID checks the id of a Route 53 hosted zone, with or without what the API puts in front of it.
func hostedZoneID(text string) (string, error) {
	id := strings.TrimPrefix(text, "/hostedzone/")
	if !hostedZoneRE.MatchString(id) {
		return "", fmt.Errorf("is %q, which is no hosted zone's id: write one such as Z0123456789ABCDEFGHIJ", text)
	}
	return id, nil
}

var certificateRE = regexp.MustCompile(`^arn:aws(-[a-z]+)*:acm:([a-z0-9-]+):[0-9]{12}:certificate/[A-Za-z0-9-]+$`)

// certificateARN checks the ARN of an ACM certificate that CloudFront can use.
func certificateARN(text string) (string, error) {
	m := certificateRE.FindStringSubmatch(text)
	switch {
	case m == nil:
		return "", fmt.Errorf("is %q, which is no certificate's ARN: write one such as arn:aws:acm:us-east-1:123456789012:certificate/ID", text)
	case m[2] != CertificateRegion:
		return "", fmt.Errorf("is of a certificate in %s, where CloudFront does not look: write the ARN of one issued in %s", m[2], CertificateRegion)
	}
	return text, nil
}

// email checks a bare mail address.
func email(text string) (string, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("is %q, which is no mail address: write one such as alarms@example.com", text)
	}
	return text, nil
}
