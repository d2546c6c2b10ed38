package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/thumbing/thumbing/internal/settings"
)

func (e *examination) credentials(ctx context.Context) bool {
	const about = "credentials"
	ctx, cancel := within(ctx)
	defer cancel()
	elsewhere := ""
	if endpoint := aws.ToString(e.AWS.BaseEndpoint); endpoint != "" {
		elsewhere = fmt.Sprintf("; or unset AWS_ENDPOINT_URL, which leads to %s and not to AWS", endpoint)
	}
	who, err := e.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	switch {
	case err != nil && status(err) == 0:
		e.todo(about, "set AWS_PROFILE, or sign in, for example with aws sso login"+elsewhere, "there are none that AWS takes: %v", err)
		return false
	case err != nil:
		e.todo(about, "set AWS_PROFILE to others, or renew them, for example with aws sso login"+elsewhere, "AWS refuses them: %v", err)
		return false
	}
	e.account = aws.ToString(who.Account)
	if arn := aws.ToString(who.Arn); strings.HasSuffix(arn, ":root") {
		e.todo(about, "use a role or a user: the account's own can do everything, and cannot be held to less", "they are those of account %s itself", e.account)
	} else {
		e.ok(about, "%s", arn)
	}
	return true
}

func (e *examination) region() {
	if err := e.Settings.CheckRegion(e.AWS.Region); err != nil {
		e.todo("region", "set CERTIFICATE_ARN, or AWS_REGION="+settings.CertificateRegion, "%s: %s %v", e.AWS.Region, settings.CertificateARN, err)
		return
	}
	e.ok("region", "%s of account %s", e.AWS.Region, e.account)
}

const (
	bootstrapStack = "CDKToolkit"
	minBootstrap   = 6 // what templates of today ask for
)

func (e *examination) bootstrap(ctx context.Context) {
	const about, do = "bootstrap", "run make bootstrap"
	stack, err := e.describe(ctx, bootstrapStack)
	switch {
	case is(err, "ValidationError"): // that is how CloudFormation says that there is none
		e.todo(about, do, "the CDK has not prepared %s of this account", e.AWS.Region)
		return
	case err != nil:
		e.unknown(about, err)
		return
	}
	version, err := strconv.Atoi(outputsOf(stack)["BootstrapVersion"])
	if err == nil && version < minBootstrap {
		e.todo(about, do, "it is of version %d, and %d is needed", version, minBootstrap)
		return
	}
	e.ok(about, "there is the stack %s", bootstrapStack)
}

func (e *examination) describe(ctx context.Context, name string) (cftypes.Stack, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	out, err := e.cloudformation.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return cftypes.Stack{}, err
	}
	return out.Stacks[0], nil
}

func outputsOf(stack cftypes.Stack) map[string]string {
	all := map[string]string{}
	for _, o := range stack.Outputs {
		all[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return all
}

func (e *examination) stack(ctx context.Context) {
	const about = "stack"
	stack, err := e.describe(ctx, e.Stack)
	switch {
	case is(err, "ValidationError"):
		e.ok(about, "%s is not deployed: make deploy does it", e.Stack)
		return
	case err != nil:
		e.unknown(about, err)
		return
	}
	e.outputs = outputsOf(stack)
	switch state := string(stack.StackStatus); {
	case state == "ROLLBACK_COMPLETE" || state == "ROLLBACK_FAILED" || state == "CREATE_FAILED":
		e.todo(about, "run make destroy, and deploy again", "its first deployment failed: %s", state)
	case strings.HasSuffix(state, "_FAILED"):
		e.todo(about, "see why in CloudFormation's events, and mend it there", "%s", state)
	case strings.HasSuffix(state, "_IN_PROGRESS"):
		e.todo(about, "wait, and look again", "it is being changed: %s", state)
	default:
		e.deployed = true
		e.ok(about, "%s: %s", e.Stack, state)
	}
	e.listOurs(ctx)
}

// listOurs finds the buckets that the stack has made.
func (e *examination) listOurs(ctx context.Context) {
	ctx, cancel := within(ctx)
	defer cancel()
	e.ours = map[string]bool{}
	pages := cloudformation.NewListStackResourcesPaginator(e.cloudformation, &cloudformation.ListStackResourcesInput{StackName: &e.Stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			e.unknown("stack", err)
			return
		}
		for _, r := range page.StackResourceSummaries {
			if aws.ToString(r.ResourceType) == "AWS::S3::Bucket" {
				e.ours[aws.ToString(r.PhysicalResourceId)] = true
			}
		}
	}
}

func (e *examination) buckets(ctx context.Context) {
	e.bucket(ctx, "uploads bucket", e.Settings.Uploads, settings.UploadsBucketName, settings.UploadsBucketImport)
	if !e.Settings.OneBucket() {
		e.bucket(ctx, "assets bucket", e.Settings.Assets, settings.AssetsBucketName, settings.AssetsBucketImport)
	}
}

// bucket looks whether a name is free to be made or, for an import, there to be used.
func (e *examination) bucket(ctx context.Context, about string, b settings.Bucket, nameVariable, importVariable string) {
	ctx, cancel := within(ctx)
	defer cancel()
	head, err := e.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.Name})
	code := status(err)
	switch {
	case err != nil && code == 0:
		e.unknown(about, err)
	case code == http.StatusForbidden:
		e.todo(about, "set "+nameVariable+" to a name of your own: names are shared by all accounts",
			"%s exists, and these credentials may not look at it: it is another account's, or closed to them", b.Name)
	case code == http.StatusMovedPermanently || err == nil && aws.ToString(head.BucketRegion) != "" && aws.ToString(head.BucketRegion) != e.AWS.Region:
		e.todo(about, "deploy to the bucket's region by AWS_REGION, or name another bucket", "%s is in another region than %s, where S3 cannot invoke the function", b.Name, e.AWS.Region)
	case code == http.StatusNotFound && b.Import:
		e.todo(about, "set "+importVariable+"=false, for the stack to make it, or correct "+nameVariable, "%s does not exist", b.Name)
	case code == http.StatusNotFound && e.ours[b.Name]:
		e.todo(about, "run make destroy and make deploy", "%s was removed by somebody, though the stack has it", b.Name)
	case code == http.StatusNotFound:
		e.ok(about, "the name %s is free", b.Name)
	case err != nil:
		e.unknown(about, err)
	case b.Import && e.ours[b.Name]:
		e.todo(about, "set "+importVariable+"=false: else the next deployment leaves the bucket behind", "%s is the stack's own", b.Name)
	case b.Import || e.ours[b.Name]:
		e.ok(about, "%s is there", b.Name)
	default:
		e.todo(about, "set "+importVariable+"=true", "%s exists already, and the stack cannot make it again", b.Name)
	}
}

// minUnreserved is what Lambda keeps of an account's concurrency for functions that reserve none.
const minUnreserved = 100

func (e *examination) concurrency(ctx context.Context) {
	const about = "concurrency"
	n := e.Settings.Concurrency
	if n == 0 {
		e.ok(about, "none is reserved: the account's limit is the only bound to what the function costs")
		return
	}
	if e.deployed {
		e.ok(about, "%d functions at once", n)
		return
	}
	ctx, cancel := within(ctx)
	defer cancel()
	account, err := e.lambda.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		e.unknown(about, err)
		return
	}
	if free := int(aws.ToInt32(account.AccountLimit.UnreservedConcurrentExecutions)); free-n < minUnreserved {
		e.todo(about, "set THUMBING_CONCURRENCY=off, or ask AWS for more (Service Quotas, Lambda, concurrent executions)",
			"the account has %d functions at once left, and Lambda lets none be reserved of the last %d", free, minUnreserved)
		return
	}
	e.ok(about, "%d functions at once can be reserved", n)
}

func (e *examination) certificate(ctx context.Context) {
	const about = "certificate"
	s := e.Settings
	if s.OwnCertificate() {
		e.ok(about, "the stack makes it, and proves in %s that the domain is yours", s.HostedZoneName)
		return
	}
	ctx, cancel := within(ctx)
	defer cancel()
	out, err := e.acm.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &s.CertificateARN})
	switch {
	case is(err, "ResourceNotFoundException"):
		e.todo(about, "correct CERTIFICATE_ARN", "there is no %s", s.CertificateARN)
		return
	case err != nil:
		e.unknown(about, err)
		return
	}
	names := append([]string{aws.ToString(out.Certificate.DomainName)}, out.Certificate.SubjectAlternativeNames...)
	switch {
	case out.Certificate.Status == acmtypes.CertificateStatusPendingValidation:
		e.todo(about, "make the DNS record that ACM asks for", "it is not issued yet")
	case out.Certificate.Status != acmtypes.CertificateStatusIssued:
		e.todo(about, "name one that is issued", "it is %s", strings.ToLower(string(out.Certificate.Status)))
	case !slices.ContainsFunc(names, func(name string) bool { return covers(name, s.DomainName) }):
		e.todo(about, "name one for "+s.DomainName, "it is for %s", strings.Join(names, ", "))
	default:
		e.ok(about, "issued for %s", s.DomainName)
	}
}

// covers tells whether a certificate's name is for a domain (RFC 6125, section 6.4.3).
func covers(name, domain string) bool {
	if rest, wild := strings.CutPrefix(name, "*."); wild {
		_, parent, _ := strings.Cut(domain, ".")
		return parent == rest
	}
	return name == domain
}

func (e *examination) zone(ctx context.Context) {
	const about = "hosted zone"
	s := e.Settings
	ctx, cancel := within(ctx)
	defer cancel()
	switch {
	case s.HostedZoneName == "":
		e.ok(about, "none: DNS records of %s are yours to make, for the name in the output CDNDomainName", s.DomainName)
	case s.HostedZoneID != "":
		zone, err := e.route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &s.HostedZoneID})
		switch {
		case is(err, "NoSuchHostedZone"):
			e.todo(about, "correct HOSTED_ZONE_ID", "there is no zone %s in this account", s.HostedZoneID)
		case err != nil:
			e.unknown(about, err)
		case aws.ToString(zone.HostedZone.Name) != s.HostedZoneName+".":
			e.todo(about, "correct HOSTED_ZONE_ID or HOSTED_ZONE_NAME", "%s is %s, not %s", s.HostedZoneID, aws.ToString(zone.HostedZone.Name), s.HostedZoneName)
		default:
			e.ok(about, "%s is %s", s.HostedZoneID, s.HostedZoneName)
		}
	default:
		e.zoneByName(ctx, about)
	}
}

func (e *examination) zoneByName(ctx context.Context, about string) {
	name := e.Settings.HostedZoneName + "."
	list, err := e.route53.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: &name})
	if err != nil {
		e.unknown(about, err)
		return
	}
	var ids []string
	for _, zone := range list.HostedZones {
		if aws.ToString(zone.Name) == name {
			ids = append(ids, strings.TrimPrefix(aws.ToString(zone.Id), "/hostedzone/"))
		}
	}
	switch len(ids) {
	case 0:
		e.todo(about, "correct HOSTED_ZONE_NAME, or leave it out and make the DNS records elsewhere", "there is no zone %s in this account", e.Settings.HostedZoneName)
	case 1:
		e.ok(about, "%s is %s", ids[0], e.Settings.HostedZoneName)
	default:
		e.todo(about, "set HOSTED_ZONE_ID to the public one", "several are %s: %s", e.Settings.HostedZoneName, strings.Join(ids, ", "))
	}
}
