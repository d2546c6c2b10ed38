package doctor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/settings"
)

const (
	stack    = "Stack"
	topicARN = "arn:aws:sns:eu-west-1:123456789012:cruddur-webhook-avatar"
	webhook  = "https://api.example.com/hook"
	cert     = "arn:aws:acm:us-east-1:123456789012:certificate/0a"
)

// names is a DNS that knows these.
type names map[string]bool

func (n names) LookupHost(_ context.Context, host string) ([]string, error) {
	if !n[host] {
		return nil, errors.New("no such host")
	}
	return []string{"192.0.2.1"}, nil
}

// full are settings that ask for everything.
func full(t *testing.T, changes map[string]string) settings.Settings {
	t.Helper()
	variables := map[string]string{
		settings.UploadsBucketName: "my-uploads", settings.AssetsBucketName: "my-assets", settings.WebhookURL: webhook, settings.AlarmEmail: "a@example.com",
		settings.AssetsDomainName: "assets.example.com", settings.HostedZoneName: "example.com", settings.CertificateARN: cert,
	}
	maps.Copy(variables, changes)
	s, err := settings.Parse(func(name string) (string, bool) { v, ok := variables[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// empty is an account that the stack can be deployed to.
func empty() account {
	return account{
		"sts GetCallerIdentity":                     identity("arn:aws:sts::123456789012:assumed-role/deployer/me"),
		"cloudformation DescribeStacks CDKToolkit":  stackIs("CREATE_COMPLETE", map[string]string{"BootstrapVersion": "29"}),
		"cloudformation DescribeStacks Stack":       refused(400, "ValidationError"),
		"s3 HEAD /my-uploads":                       {status: 404},
		"s3 HEAD /my-assets":                        {status: 404},
		"lambda GET /2016-08-19/account-settings":   {body: `{"AccountLimit":{"UnreservedConcurrentExecutions":1000}}`},
		"acm DescribeCertificate":                   {body: `{"Certificate":{"Status":"ISSUED","DomainName":"example.com","SubjectAlternativeNames":["example.com","*.example.com"]}}`},
		"route53 GET /2013-04-01/hostedzonesbyname": {body: zones("Z1")},
	}
}

func zones(ids ...string) string {
	var list strings.Builder
	for _, id := range ids {
		list.WriteString(`<HostedZone><Id>/hostedzone/` + id + `</Id><Name>example.com.</Name><CallerReference>x</CallerReference></HostedZone>`)
	}
	return `<ListHostedZonesByNameResponse><HostedZones>` + list.String() + `</HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesByNameResponse>`
}

// deployed is an account with a stack that is well.
func deployed() account {
	a := empty()
	maps.Copy(a, account{
		"cloudformation DescribeStacks Stack": stackIs("UPDATE_COMPLETE", map[string]string{"FunctionName": "fn", "TopicArn": topicARN, "DeadLettersName": "dead",
			"CDNDomainName": "d1.cloudfront.net", "AssetsBucketPolicy": `{"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudfront::123456789012:distribution/E1"}}}`}),
		"cloudformation ListStackResources Stack":                    bucketsOfStack("my-uploads", "my-assets"),
		"s3 HEAD /my-uploads":                                        bucketIn("eu-west-1"),
		"s3 HEAD /my-assets":                                         bucketIn("eu-west-1"),
		"lambda GET /2015-03-31/functions/fn/configuration":          {body: `{"FunctionName":"fn","State":"Active"}`},
		"s3 GET /my-uploads?notification":                            notifies("CloudFunctionConfiguration", "CloudFunction", "arn:aws:lambda:eu-west-1:123456789012:function:fn"),
		"s3 GET /my-assets?notification":                             notifies("TopicConfiguration", "Topic", topicARN),
		"sns ListSubscriptionsByTopic cruddur-webhook-avatar":        subscribed(webhook, topicARN+":1"),
		"sns ListSubscriptionsByTopic cruddur-webhook-avatar-alarms": subscribed("a@example.com", topicARN+"-alarms:1"),
		"sqs GetQueueUrl":                                            {body: `{"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/dead"}`},
		"sqs GetQueueAttributes":                                     {body: `{"Attributes":{"ApproximateNumberOfMessages":"0"}}`},
		"s3 GET /my-assets?policy":                                   {body: `{"Statement":[{"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudfront::123456789012:distribution/E1"}}}]}`},
	})
	return a
}

// examine returns what is to be done, a line each, and what is looked at.
func examine(t *testing.T, a account, s settings.Settings, dns Resolver) (todo, looked []string) {
	t.Helper()
	Examine(t.Context(), Config{Settings: s, Stack: stack, AWS: a.config(t), DNS: dns}, func(f Finding) {
		looked = append(looked, f.About)
		if !f.OK() {
			todo = append(todo, f.About+": "+f.Says+": "+f.Do)
		}
		if f.Says == "" {
			t.Errorf("nothing is said of %s", f.About)
		}
	})
	return todo, looked
}

func TestWell(t *testing.T) {
	dns := names{"assets.example.com": true, "d1.cloudfront.net": true}
	todo, looked := examine(t, empty(), full(t, nil), dns)
	if len(todo) > 0 {
		t.Errorf("an empty account: %q", todo)
	}
	before := []string{"credentials", "region", "bootstrap", "stack", "uploads bucket", "assets bucket", "concurrency", "certificate", "hosted zone"}
	if !slices.Equal(looked, before) {
		t.Errorf("looked at %q, want %q", looked, before)
	}
	todo, looked = examine(t, deployed(), full(t, nil), dns)
	if len(todo) > 0 {
		t.Errorf("a deployed stack: %q", todo)
	}
	after := append(before, "function", "uploads notification", "avatars notification", "webhook", "alarms", "dead letters", "DNS")
	if !slices.Equal(looked, after) {
		t.Errorf("looked at %q, want %q", looked, after)
	}
	// Without what is optional there is less to look at.
	plain := full(t, map[string]string{settings.CDN: "off", settings.WebhookURL: "", settings.AlarmEmail: "", settings.Concurrency: "off"})
	if todo, _ := examine(t, deployed(), plain, names{}); len(todo) > 0 {
		t.Errorf("a plain stack: %q", todo)
	}
}

func TestToDo(t *testing.T) {
	imports := map[string]string{settings.UploadsBucketImport: "true", settings.AssetsBucketImport: "true"}
	own := map[string]string{settings.CertificateARN: "", settings.HostedZoneID: "Z1"}
	known := names{"assets.example.com": true}
	none := account{}
	for _, c := range []struct {
		name     string
		account  account
		changes  account
		settings map[string]string
		dns      names
		want     []string // parts of the lines, in order
	}{
		{"no credentials", none, account{"sts GetCallerIdentity": refused(403, "InvalidClientTokenId")}, nil, known, []string{"credentials: AWS refuses them"}},
		{"the account's own credentials", empty(), account{"sts GetCallerIdentity": identity("arn:aws:iam::123456789012:root")}, nil, known, []string{"credentials: they are those of account 123456789012 itself"}},
		{"own certificate elsewhere", empty(), account{"route53 GET /2013-04-01/hostedzone/Z1": {body: `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name></HostedZone></GetHostedZoneResponse>`}},
			own, known, []string{"region: eu-west-1: CERTIFICATE_ARN is not set"}},
		{"not bootstrapped", empty(), account{"cloudformation DescribeStacks CDKToolkit": refused(400, "ValidationError")}, nil, known, []string{"bootstrap: the CDK has not prepared eu-west-1 of this account: run make bootstrap"}},
		{"bootstrapped long ago", empty(), account{"cloudformation DescribeStacks CDKToolkit": stackIs("CREATE_COMPLETE", map[string]string{"BootstrapVersion": "3"})}, nil, known, []string{"bootstrap: it is of version 3"}},
		{"not told", empty(), account{"cloudformation DescribeStacks CDKToolkit": refused(403, "AccessDenied")}, nil, known, []string{"bootstrap: AWS does not tell: AccessDenied: no: look as somebody who may"}},
		{"first deployment failed", empty(), account{"cloudformation DescribeStacks Stack": stackIs("ROLLBACK_COMPLETE", nil), "cloudformation ListStackResources Stack": bucketsOfStack()}, nil, known,
			[]string{"stack: its first deployment failed: ROLLBACK_COMPLETE: run make destroy"}},
		{"being deployed", empty(), account{"cloudformation DescribeStacks Stack": stackIs("CREATE_IN_PROGRESS", nil), "cloudformation ListStackResources Stack": bucketsOfStack()}, nil, known, []string{"stack: it is being changed"}},
		{"name of others", empty(), account{"s3 HEAD /my-uploads": {status: 403}}, nil, known, []string{"uploads bucket: my-uploads exists, and these credentials may not look at it: it is another account's, or closed to them: set UPLOADS_BUCKET_NAME"}},
		{"name that is there", empty(), account{"s3 HEAD /my-assets": bucketIn("eu-west-1")}, nil, known, []string{"assets bucket: my-assets exists already, and the stack cannot make it again: set ASSETS_BUCKET_IMPORT=true"}},
		{"import of nothing", empty(), nil, imports, known, []string{"uploads bucket: my-uploads does not exist: set UPLOADS_BUCKET_IMPORT=false", "assets bucket: my-assets does not exist"}},
		{"import from afar", empty(), account{"s3 HEAD /my-uploads": bucketIn("us-west-2"), "s3 HEAD /my-assets": bucketIn("eu-west-1")}, imports, known, []string{"uploads bucket: my-uploads is in another region than eu-west-1"}},
		{"import of our own", deployed(), nil, imports, known, []string{"uploads bucket: my-uploads is the stack's own: set UPLOADS_BUCKET_IMPORT=false", "assets bucket: my-assets is the stack's own"}},
		{"bucket gone", deployed(), account{"s3 HEAD /my-assets": {status: 404}}, nil, known, []string{"assets bucket: my-assets was removed by somebody"}},
		{"new account", empty(), account{"lambda GET /2016-08-19/account-settings": {body: `{"AccountLimit":{"UnreservedConcurrentExecutions":10}}`}}, nil, known,
			[]string{"concurrency: the account has 10 functions at once left, and Lambda lets none be reserved of the last 100: set THUMBING_CONCURRENCY=off"}},
		{"certificate not issued", empty(), account{"acm DescribeCertificate": {body: `{"Certificate":{"Status":"PENDING_VALIDATION","DomainName":"assets.example.com"}}`}}, nil, known, []string{"certificate: it is not issued yet: make the DNS record"}},
		{"certificate expired", empty(), account{"acm DescribeCertificate": {body: `{"Certificate":{"Status":"EXPIRED","DomainName":"assets.example.com"}}`}}, nil, known, []string{"certificate: it is expired"}},
		{"certificate of another name", empty(), account{"acm DescribeCertificate": {body: `{"Certificate":{"Status":"ISSUED","DomainName":"example.com"}}`}}, nil, known, []string{"certificate: it is for example.com: name one for assets.example.com"}},
		{"no certificate", empty(), account{"acm DescribeCertificate": {status: 400, body: `{"__type":"ResourceNotFoundException","message":"no"}`}}, nil, known, []string{"certificate: there is no arn:aws:acm"}},
		{"no zone", empty(), account{"route53 GET /2013-04-01/hostedzonesbyname": {body: zones()}}, nil, known, []string{"hosted zone: there is no zone example.com in this account"}},
		{"two zones", empty(), account{"route53 GET /2013-04-01/hostedzonesbyname": {body: zones("Z1", "Z2")}}, nil, known, []string{"hosted zone: several are example.com: Z1, Z2: set HOSTED_ZONE_ID"}},
		{"zone of another name", empty(), account{"route53 GET /2013-04-01/hostedzone/Z1": {body: `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.org.</Name></HostedZone></GetHostedZoneResponse>`}},
			map[string]string{settings.HostedZoneID: "Z1"}, known, []string{"hosted zone: Z1 is example.org., not example.com"}},
		{"no such zone", empty(), account{"route53 GET /2013-04-01/hostedzone/Z1": refused(404, "NoSuchHostedZone")}, map[string]string{settings.HostedZoneID: "Z1"}, known, []string{"hosted zone: there is no zone Z1"}},
		{"function failed", deployed(), account{"lambda GET /2015-03-31/functions/fn/configuration": {body: `{"FunctionName":"fn","State":"Failed","StateReason":"broken"}`}}, nil, known, []string{"function: it is Failed: broken"}},
		{"function gone", deployed(), account{"lambda GET /2015-03-31/functions/fn/configuration": {status: 404, body: `{"Message":"no"}`}}, nil, known, []string{"function: it was removed by somebody"}},
		{"notifications replaced", deployed(), account{"s3 GET /my-uploads?notification": {body: `<NotificationConfiguration/>`}, "s3 GET /my-assets?notification": notifies("TopicConfiguration", "Topic", topicARN+"x")}, nil, known,
			[]string{"uploads notification: my-uploads does not tell", "avatars notification: my-assets does not tell"}},
		{"S11: never confirmed", deployed(), account{"sns ListSubscriptionsByTopic cruddur-webhook-avatar": subscribed(webhook, "PendingConfirmation"),
			"sns ListSubscriptionsByTopic cruddur-webhook-avatar-alarms": subscribed("a@example.com", "PendingConfirmation")}, nil, known,
			[]string{"webhook: https://api.example.com/hook has not confirmed yet", "alarms: a@example.com has not confirmed yet that it wants to be told: follow the link"}},
		{"T8: webhook here", deployed(), nil, map[string]string{settings.WebhookURL: "http://localhost:3000/hook"}, known, []string{"webhook: http://localhost:3000/hook is on this machine"}},
		{"cancelled", deployed(), account{"sns ListSubscriptionsByTopic cruddur-webhook-avatar": subscribed("https://other.example", topicARN+":1")}, nil, known, []string{"webhook: https://api.example.com/hook is not subscribed"}},
		{"dead letters", deployed(), account{"sqs GetQueueAttributes": {body: `{"Attributes":{"ApproximateNumberOfMessages":"3"}}`}}, nil, known, []string{"dead letters: 3 wait: see why in the function's log, mend it, and run thumbing redrive"}},
		{"domain not known", deployed(), nil, nil, names{}, []string{"DNS: assets.example.com is not known: no such host: see that the registrar"}},
		{"domain elsewhere not known", deployed(), nil, map[string]string{settings.HostedZoneName: ""}, names{}, []string{"DNS: assets.example.com is not known: no such host: make a CNAME record of assets.example.com for d1.cloudfront.net"}},
		{"CDN may not read", deployed(), account{"cloudformation ListStackResources Stack": bucketsOfStack(), "s3 GET /my-assets?policy": {status: 404, body: `<Error><Code>NoSuchBucketPolicy</Code><Message>no</Message></Error>`}}, imports, known,
			[]string{"CDN's rights: my-assets has no policy that lets the CDN read: add the statements of the stack's output AssetsBucketPolicy"}},
		{"another CDN may read", deployed(), account{"cloudformation ListStackResources Stack": bucketsOfStack(), "s3 GET /my-assets?policy": {body: `{"a":"arn:aws:cloudfront::123456789012:distribution/E2"}`}}, imports, known,
			[]string{"CDN's rights: the policy of my-assets does not let the CDN read"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := maps.Clone(c.account)
			maps.Copy(a, c.changes)
			todo, _ := examine(t, a, full(t, c.settings), c.dns)
			if len(todo) != len(c.want) {
				t.Fatalf("to do: %q, want %q", todo, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(todo[i], want) {
					t.Errorf("to do: %q, want %q", todo[i], want)
				}
			}
		})
	}
}

// An AWS that does not answer is told of once, not at every question.
func TestNobodyAnswers(t *testing.T) {
	c := account{}.config(t)
	c.BaseEndpoint = new("http://127.0.0.1:1")
	var said []Finding
	Examine(t.Context(), Config{Settings: full(t, nil), Stack: stack, AWS: c, DNS: names{}}, func(f Finding) { said = append(said, f) })
	if len(said) != 1 || said[0].OK() || said[0].About != "credentials" {
		t.Errorf("said %+v", said)
	}
}
