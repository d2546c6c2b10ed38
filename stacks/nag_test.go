package stacks

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/settings"
)

// accepted is a finding of cdk-nag's AwsSolutions pack that is lived with, and why. On says of what the rule
// was found, where cdk-nag tells.
type accepted struct{ path, rule, on, why string }

const (
	whyQueue = "It is itself the queue of dead letters, of the function and of the webhook's subscription, which cdk-nag does not see. " +
		"Its alarm goes off with the first message."
	whyFolder  = "The folder's objects, which have no names yet. Nothing else of the bucket is allowed."
	whyTraces  = "X-Ray gives these rights on everything or not at all: it has no resources to name."
	whyHandler = "The template does not have it: the stack takes the policy from the CDK's handler after cdk-nag has looked."
	whyLogs    = "It is where access logs go, which are not logged again."
	whyGeo     = "People are looked at from everywhere. Who wants to keep countries out adds it to the distribution."
	whyWAF     = "Pictures are read from a bucket: there is no code to attack, and a WAF costs more than all the rest. " +
		"What is outside the pictures' folder is answered at the edge."
	whyTLS = "CloudFront's own certificate comes with CloudFront's own minimum. With a domain and its certificate it is TLS 1.2 of 2021."
)

// T10: what cdk-nag finds is either mended or accepted with a reason, and no reason is kept for what is not found.
func TestNag(t *testing.T) {
	const dead, cdn, role = "DeadLetters/Resource", "CDN/Resource", "ThumbnailerRole/DefaultPolicy/Resource"
	always := []accepted{
		{dead, "SQS3", "", whyQueue},
		{notificationsHandler + "/Role/Resource", "IAM4", "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", whyHandler},
	}
	edge := []accepted{{cdn, "CFR1", "", whyGeo}, {cdn, "CFR2", "", whyWAF}}
	noDomain := []accepted{{cdn, "CFR4", "", whyTLS}}
	traced := []accepted{{role, "IAM5", "Resource::*", whyTraces}}
	onlyCDN := []accepted{{"AccessLogs/Resource", "S1", "", whyLogs}}
	folders := func(uploads, assets string) []accepted {
		return []accepted{{role, "IAM5", "Resource::" + uploads, whyFolder}, {role, "IAM5", "Resource::" + assets, whyFolder}}
	}
	smallest := imported()
	smallest.CDN, smallest.WebhookURL = false, ""
	for name, test := range map[string]struct {
		settings settings.Settings
		accepted []accepted
	}{
		"two bucket names": {defaults(), slices.Concat(always, edge, noDomain, traced, folders("<Uploads4F6EB0FD.Arn>/*", "<Assets9A31D427.Arn>/avatar/processed/*"))},
		"everything":       {everything(), slices.Concat(always, edge, traced, folders("<Uploads4F6EB0FD.Arn>/avatar/original/*", "<Assets9A31D427.Arn>/avatar/processed/*"))},
		"imported":         {imported(), slices.Concat(always, edge, noDomain, onlyCDN, folders("arn:<AWS::Partition>:s3:::my-uploads/*", "arn:<AWS::Partition>:s3:::my-assets/avatar/processed/*"))},
		"smallest":         {smallest, slices.Concat(always, folders("arn:<AWS::Partition>:s3:::my-uploads/*", "arn:<AWS::Partition>:s3:::my-assets/avatar/processed/*"))},
		"one bucket":       {oneBucket(), slices.Concat(always, edge, noDomain, traced, folders("<Uploads4F6EB0FD.Arn>/in/*", "<Uploads4F6EB0FD.Arn>/out/*"))},
	} {
		t.Run(name, func(t *testing.T) {
			got := nag(t, test.settings, test.accepted)
			slices.SortFunc(got, byFinding)
			slices.SortFunc(test.accepted, byFinding)
			if d := cmp.Diff(test.accepted, got, cmp.AllowUnexported(accepted{})); d != "" {
				t.Errorf("what is accepted, and what cdk-nag finds (-accepted +found):\n%s", d)
			}
		})
	}
}

func byFinding(a, b accepted) int { return strings.Compare(a.path+a.rule+a.on, b.path+b.rule+b.on) }

// nag runs cdk-nag over a stack with these settings, and returns what it finds.
func nag(t *testing.T, s settings.Settings, accept []accepted) []accepted {
	t.Helper()
	code := fakeFunction(t, t.TempDir(), s.Architecture)
	out := t.TempDir()
	props, err := appProps(Options{Dir: "..", OutDir: out}, settings.CDK{})
	if err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(props)
	stack := New(app, s, code)
	for _, a := range accept {
		suppression := &cdknag.NagPackSuppression{Id: new("AwsSolutions-" + a.rule), Reason: new(a.why)}
		if a.on != "" {
			suppression.AppliesTo = &[]any{a.on}
		}
		cdknag.NagSuppressions_AddResourceSuppressionsByPath(stack, new("/"+StackID+"/"+a.path),
			&[]*cdknag.NagPackSuppression{suppression}, nil)
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Reports: new(true)}), nil)
	func() {
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("the CDK refuses the stack: %v", r) // the report tells more
			}
		}()
		app.Synth(nil)
	}()
	return findings(t, filepath.Join(out, "AwsSolutions-"+StackID+"-NagReport.csv"))
}

// granular is how cdk-nag tells in a report of what a rule was found.
var granular = regexp.MustCompile(`^\[(.*)\] (.*)$`)

// findings reads cdk-nag's report: the rule, the resource, whether it complies, and why it need not.
func findings(t *testing.T, report string) []accepted {
	t.Helper()
	file, err := os.Open(report)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("cdk-nag wrote no report")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var found []accepted
	compliant := 0
	for _, row := range rows[1:] {
		rule, path, compliance, why := strings.TrimPrefix(row[0], "AwsSolutions-"), strings.TrimPrefix(row[1], StackID+"/"), row[2], row[3]
		switch compliance {
		case "Compliant":
			compliant++
		case "Suppressed":
			on := ""
			if m := granular.FindStringSubmatch(why); m != nil {
				on, why = m[1], m[2]
			}
			found = append(found, accepted{path, rule, on, why})
		default:
			found = append(found, accepted{path, rule, "", compliance})
		}
	}
	if compliant < 10 {
		t.Errorf("cdk-nag looked at %d things only", compliant)
	}
	return found
}
