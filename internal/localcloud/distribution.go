package localcloud

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/thumbing/thumbing/internal/localcloud/template"
)

// Distribution is a CloudFront distribution before a bucket.
type Distribution struct {
	Name    string
	Bucket  string      // that it reads
	Folders []string    // "a/b/": what it serves of the bucket; what is outside is missing
	Headers http.Header // of every response
}

// responseHeaders are the properties of AWS::CloudFront::ResponseHeadersPolicy that have an effect here: there is
// no HTTPS to insist on, and headers to be removed are none that the local CDN shows.
type responseHeaders struct {
	SecurityHeadersConfig struct {
		ContentTypeOptions    *struct{}
		ContentSecurityPolicy struct{ ContentSecurityPolicy string }
	}
	CorsConfig struct {
		AccessControlAllowOrigins, AccessControlExposeHeaders struct{ Items []string }
	}
	CustomHeadersConfig struct {
		Items []struct{ Header, Value string }
	}
}

func (h responseHeaders) header() http.Header {
	all := http.Header{}
	set := func(name, value string) {
		if value != "" {
			all.Set(name, value)
		}
	}
	if h.SecurityHeadersConfig.ContentTypeOptions != nil {
		set("X-Content-Type-Options", "nosniff")
	}
	set("Content-Security-Policy", h.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy)
	// No request here is with credentials, so one origin stands for all of them as well as any.
	if origins := h.CorsConfig.AccessControlAllowOrigins.Items; len(origins) > 0 {
		set("Access-Control-Allow-Origin", origins[0])
		set("Access-Control-Expose-Headers", strings.Join(h.CorsConfig.AccessControlExposeHeaders.Items, ", "))
	}
	for _, custom := range h.CustomHeadersConfig.Items {
		set(custom.Header, custom.Value)
	}
	return all
}

// addDistribution takes a distribution whose pictures come from one bucket. Its functions at the edge are not
// run: the local CDN knows by itself what ours do.
func (p *planner) addDistribution(r template.Resource) error {
	type behaviour struct{ PathPattern, TargetOriginId, ResponseHeadersPolicyId string }
	var in struct {
		DistributionConfig struct {
			CacheBehaviors []behaviour
			Origins        []struct{ Id, DomainName string }
		}
		Tags any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	id, err := p.t.PhysicalID(r)
	if err != nil {
		return err
	}
	d := Distribution{Name: id}
	for _, b := range in.DistributionConfig.CacheBehaviors {
		folder, ok := strings.CutSuffix(strings.TrimPrefix(b.PathPattern, "/"), "*")
		if !ok || strings.ContainsAny(folder, "*?") {
			p.notice(r, "its path %s is no folder, and is not served here", strconv.Quote(b.PathPattern))
			continue
		}
		d.Folders = append(d.Folders, folder)
		for _, origin := range in.DistributionConfig.Origins {
			if origin.Id == b.TargetOriginId {
				d.Bucket, _, _ = strings.Cut(origin.DomainName, ".s3.")
			}
		}
		d.Headers = p.headers[b.ResponseHeadersPolicyId].header()
	}
	p.distributions = append(p.distributions, d)
	return nil
}

// addResponseHeaders keeps a policy for the distribution that names it.
func (p *planner) addResponseHeaders(r template.Resource) error {
	var in struct{ ResponseHeadersPolicyConfig responseHeaders }
	if err := p.decode(r, &in); err != nil {
		return err
	}
	id, err := p.t.PhysicalID(r)
	if err != nil {
		return err
	}
	p.headers[id] = in.ResponseHeadersPolicyConfig
	return nil
}

// Distribution finds the one that serves a bucket; ok is false where there is none.
func (p Plan) Distribution(bucket string) (d Distribution, ok bool) {
	i := slices.IndexFunc(p.Distributions, func(d Distribution) bool { return d.Bucket == bucket })
	if i < 0 {
		return Distribution{}, false
	}
	return p.Distributions[i], true
}
