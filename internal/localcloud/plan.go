package localcloud

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
	"github.com/thumbing/thumbing/internal/localcloud/template"
)

// Plan is what a template asks for, as far as it runs here.
type Plan struct {
	Buckets   []Bucket
	Functions []Function
	Topics    []Topic
	Queues    []Queue

	Distributions []Distribution

	Outputs []template.Output
	Notices []Notice
}

// Bucket is an S3 bucket that the template creates, or an existing one whose notifications it sets.
type Bucket struct {
	Name      string
	Imported  bool
	Versioned bool
	CORS      []CORSRule
	Rules     []Rule
}

// CORSRule is one rule of a bucket for pages of other origins.
type CORSRule struct {
	AllowedOrigins, AllowedMethods, AllowedHeaders, ExposedHeaders []string
	MaxAge                                                         int // seconds
}

// Rule sends events about a bucket's keys to a function or a topic.
type Rule struct {
	Events         []string // "s3:ObjectCreated:*"
	Prefix, Suffix string
	Target         string // ARN
}

// Function is a Lambda function.
type Function struct {
	Name, ARN   string
	Role        iam.Role
	LogGroup    string // name
	Env         map[string]string
	Timeout     time.Duration
	MemoryMB    int
	Concurrency int // reserved; 0 when none is
	MaxRetries  int // of an asynchronous invocation
	MaxEventAge time.Duration
	Traced      bool   // Lambda sends traces to X-Ray
	OnFailure   string // ARN of where events go that failed for good; "" for nowhere
}

// Topic is an SNS topic with its subscriptions.
type Topic struct {
	Name, ARN     string
	Key           string // ARN of the KMS key that publishers need the right to use; "" for none
	Subscriptions []Subscription
}

// Subscription delivers a topic's messages.
type Subscription struct {
	Protocol, Endpoint string
	DeadLetters        string // ARN of the queue of what was not taken; "" for none
}

// Queue is an SQS queue.
type Queue struct {
	Name, ARN string
	Retention time.Duration // of a message
}

// Notice says of one resource what does not happen here, and why.
type Notice struct {
	Resource, Type, Text string
}

func (n Notice) String() string { return fmt.Sprintf("%s (%s): %s", n.Resource, n.Type, n.Text) }

// AWS's defaults for functions and their asynchronous invocations.
const (
	defaultTimeout     = 3 * time.Second
	defaultMemoryMB    = 128
	defaultMaxRetries  = 2
	defaultMaxEventAge = 6 * time.Hour
)

// defaultRetention is SQS's.
const defaultRetention = 4 * 24 * time.Hour

// elsewhere names the resource types that need nothing here, and why.
var elsewhere = map[string]string{
	"AWS::Logs::LogGroup":     "log lines are printed here instead",
	"AWS::S3::BucketPolicy":   "not enforced here: access keys and roles alone tell who may do what",
	"AWS::SQS::QueuePolicy":   "not enforced here: only the local SNS and Lambda send",
	"AWS::SNS::TopicPolicy":   "not enforced here: S3 may always publish",
	"AWS::Lambda::Permission": "",
	"AWS::CDK::Metadata":      "",

	"AWS::KMS::Key":                        "not encrypted here, where messages stay on this machine; publishing takes the right to use it all the same",
	"AWS::CloudWatch::Alarm":               "nobody is alarmed here: what goes wrong is in the log",
	"AWS::CloudWatch::Dashboard":           "there are no graphs here: the log has a line an outcome",
	"AWS::CloudFront::OriginAccessControl": "the local CDN reads the bucket by itself",
	"AWS::CloudFront::CachePolicy":         "the local CDN caches nothing, so that the newest picture is always seen",
	"AWS::CloudFront::Function":            "not run here: the local CDN knows by itself what is missing, and which version may be kept",
	"AWS::CertificateManager::Certificate": "the local CDN is on plain http, for this machine alone",
	"AWS::Route53::RecordSet":              "there is no DNS here: the CDN is at its own address",
}

// NewPlan reads what runs here out of a template. What it cannot run is told in the plan's notices; an
// error means that the template itself is broken.
func NewPlan(t *template.Template) (Plan, error) {
	p := planner{t: t, buckets: map[string]*Bucket{}, functions: map[string]*Function{}, topics: map[string]*Topic{},
		queues: map[string]*Queue{}, roles: newRoles(), headers: map[string]responseHeaders{}, handlers: map[string]bool{}}
	resources, err := t.Resources()
	if err != nil {
		return Plan{}, err
	}
	// What others refer to comes first.
	order := func(r template.Resource) int {
		switch r.Type {
		case "AWS::S3::Bucket", "AWS::SNS::Topic", "Custom::S3BucketNotifications", "AWS::IAM::Role", "AWS::CloudFront::ResponseHeadersPolicy":
			return 0
		case "AWS::Lambda::Function":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(resources, func(a, b template.Resource) int { return cmp.Compare(order(a), order(b)) })
	for _, r := range resources {
		if err := p.add(r); err != nil {
			return Plan{}, err
		}
	}
	p.assignRoles()
	p.checkTargets()
	outputs, err := t.Outputs()
	if err != nil {
		return Plan{}, err
	}
	return Plan{Buckets: sorted(p.buckets), Functions: sorted(p.functions), Topics: sorted(p.topics),
		Queues: sorted(p.queues), Distributions: p.distributions, Outputs: outputs, Notices: p.notices}, nil
}

type planner struct {
	t         *template.Template
	buckets   map[string]*Bucket   // by name
	functions map[string]*Function // by ARN
	topics    map[string]*Topic    // by ARN
	queues    map[string]*Queue    // by ARN
	roles     roles
	handlers  map[string]bool // ARNs of the CDK's own functions, whose work is done here directly
	notices   []Notice

	distributions []Distribution
	headers       map[string]responseHeaders // by the policy's id
}

func (p *planner) notice(r template.Resource, format string, args ...any) {
	p.notices = append(p.notices, Notice{r.Name(), r.Type, fmt.Sprintf(format, args...)})
}

func (p *planner) add(r template.Resource) error {
	switch r.Type {
	case "AWS::S3::Bucket":
		return p.addBucket(r)
	case "Custom::S3BucketNotifications":
		return p.addNotifications(r)
	case "AWS::Lambda::Function":
		return p.addFunction(r)
	case "AWS::Lambda::EventInvokeConfig":
		return p.addInvokeConfig(r)
	case "AWS::SNS::Topic":
		return p.addTopic(r)
	case "AWS::SNS::Subscription":
		return p.addSubscription(r)
	case "AWS::IAM::Role":
		return p.addRole(r)
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
		return p.addPolicy(r)
	case "AWS::SQS::Queue":
		return p.addQueue(r)
	case "AWS::CloudFront::ResponseHeadersPolicy":
		return p.addResponseHeaders(r)
	case "AWS::CloudFront::Distribution":
		return p.addDistribution(r)
	}
	why, known := elsewhere[r.Type]
	switch {
	case !known:
		p.notice(r, "cannot run here and is left out")
	case why != "" && !p.ofHandler(r):
		p.notice(r, "%s", why)
	}
	return nil
}

// ofHandler tells whether a resource belongs to the CDK's own notification handler, which is not run.
func (p *planner) ofHandler(r template.Resource) bool {
	return strings.Contains(r.Name()+r.LogicalID, "BucketNotificationsHandler")
}

// decode stores a resource's properties, and tells of those that have no effect here.
func (p *planner) decode(r template.Resource, into any) error {
	unknown, err := p.t.Decode(r, into)
	if len(unknown) > 0 {
		p.notice(r, "%s has no effect here", strings.Join(unknown, ", "))
	}
	return err
}

func (p *planner) addBucket(r template.Resource) error {
	var in struct {
		BucketName              string
		CorsConfiguration       struct{ CorsRules []CORSRule }
		VersioningConfiguration struct{ Status string }

		// These protect what is stored in the cloud; here it is one person's folder.
		BucketEncryption, LifecycleConfiguration, OwnershipControls, PublicAccessBlockConfiguration, Tags any

		LoggingConfiguration any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	if in.LoggingConfiguration != nil {
		p.notice(r, "who asks for what is not written to a bucket here")
	}
	name, err := p.t.PhysicalID(r)
	if err != nil {
		return err
	}
	b := p.bucket(name)
	b.Imported, b.CORS, b.Versioned = false, in.CorsConfiguration.CorsRules, in.VersioningConfiguration.Status == "Enabled"
	return nil
}

// bucket finds a bucket by name. One that only notifications speak of exists outside the stack.
func (p *planner) bucket(name string) *Bucket {
	b, ok := p.buckets[name]
	if !ok {
		b = &Bucket{Name: name, Imported: true}
		p.buckets[name] = b
	}
	return b
}

// addNotifications applies what the CDK's custom resource would ask of PutBucketNotificationConfiguration.
func (p *planner) addNotifications(r template.Resource) error {
	type filter struct {
		Key struct {
			FilterRules []struct{ Name, Value string }
		}
	}
	type target struct {
		Id                                    string
		Events                                []string
		Filter                                filter
		LambdaFunctionArn, TopicArn, QueueArn string
	}
	var in struct {
		ServiceToken, BucketName  string
		NotificationConfiguration struct {
			LambdaFunctionConfigurations, TopicConfigurations, QueueConfigurations []target
			EventBridgeConfiguration                                               any
		}
		Managed, SkipDestinationValidation any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	p.handlers[in.ServiceToken] = true
	c := in.NotificationConfiguration
	if len(c.QueueConfigurations) > 0 || c.EventBridgeConfiguration != nil {
		p.notice(r, "events to queues and EventBridge are not delivered here")
	}
	b := p.bucket(in.BucketName)
	for _, t := range slices.Concat(c.LambdaFunctionConfigurations, c.TopicConfigurations) {
		rule := Rule{Events: t.Events, Target: cmp.Or(t.LambdaFunctionArn, t.TopicArn)}
		for _, f := range t.Filter.Key.FilterRules {
			switch strings.ToLower(f.Name) {
			case "prefix":
				rule.Prefix = f.Value
			case "suffix":
				rule.Suffix = f.Value
			default:
				return fmt.Errorf("%s (%s): a filter is by prefix or suffix, not by %q", r.Name(), r.Type, f.Name)
			}
		}
		b.Rules = append(b.Rules, rule)
	}
	return nil
}

func (p *planner) addFunction(r template.Resource) error {
	arn, err := p.t.Attribute(r, "Arn")
	if err != nil {
		return err
	}
	if p.handlers[arn] {
		return nil
	}
	var in struct {
		FunctionName, Runtime, Handler string
		Role                           string
		Environment                    struct{ Variables map[string]string }
		Timeout, MemorySize            int
		ReservedConcurrentExecutions   int
		LoggingConfig                  struct{ LogGroup, LogFormat string } // JSON or not, lines are printed
		TracingConfig                  struct{ Mode string }
		RecursiveLoop                  any // the function refuses settings that loop

		Architectures []string // this machine's build runs, whatever the cloud's architecture
		Code          any      // likewise
		Description   any
		Tags          any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	if !strings.HasPrefix(in.Runtime, "provided") {
		p.notice(r, "the runtime %s cannot run here, so the function is left out", cmp.Or(in.Runtime, "of a container image"))
		return nil
	}
	name, err := p.t.PhysicalID(r)
	if err != nil {
		return err
	}
	f := &Function{Name: name, ARN: arn, Role: iam.Role{ARN: in.Role}, LogGroup: cmp.Or(in.LoggingConfig.LogGroup, "/aws/lambda/"+name), Traced: in.TracingConfig.Mode == "Active",
		Env: in.Environment.Variables, MemoryMB: cmp.Or(in.MemorySize, defaultMemoryMB),
		Timeout: time.Duration(in.Timeout) * time.Second, Concurrency: in.ReservedConcurrentExecutions,
		MaxRetries: defaultMaxRetries, MaxEventAge: defaultMaxEventAge}
	f.Timeout = cmp.Or(f.Timeout, defaultTimeout)
	p.functions[arn] = f
	return nil
}

func (p *planner) addInvokeConfig(r template.Resource) error {
	var in struct {
		FunctionName, Qualifier  string
		MaximumRetryAttempts     *int
		MaximumEventAgeInSeconds int
		DestinationConfig        struct{ OnFailure struct{ Destination string } }
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	for _, f := range p.functions {
		if in.FunctionName != f.Name && in.FunctionName != f.ARN {
			continue
		}
		if in.MaximumRetryAttempts != nil {
			f.MaxRetries = *in.MaximumRetryAttempts
		}
		if in.MaximumEventAgeInSeconds > 0 {
			f.MaxEventAge = time.Duration(in.MaximumEventAgeInSeconds) * time.Second
		}
		f.OnFailure = in.DestinationConfig.OnFailure.Destination
		return nil
	}
	p.notice(r, "its function %s does not run here", in.FunctionName)
	return nil
}

func (p *planner) addTopic(r template.Resource) error {
	var in struct {
		TopicName        string
		SignatureVersion string
		DisplayName      any
		KmsMasterKeyId   string
		Tags             any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	arn, err := p.t.PhysicalID(r)
	if err != nil {
		return err
	}
	p.topics[arn] = &Topic{Name: in.TopicName, ARN: arn, Key: in.KmsMasterKeyId}
	if strings.HasPrefix(in.KmsMasterKeyId, "alias/") { // alias/aws/sns is everybody's
		p.topics[arn].Key = ""
	} else if in.KmsMasterKeyId != "" && !strings.HasPrefix(in.KmsMasterKeyId, "arn:") {
		place := p.t.Place
		p.topics[arn].Key = fmt.Sprintf("arn:%s:kms:%s:%s:key/%s", place.Partition, place.Region, place.AccountID, in.KmsMasterKeyId)
	}
	if in.SignatureVersion == "1" {
		p.notice(r, "messages are signed with SignatureVersion 2 here, never 1")
	}
	return nil
}

func (p *planner) addSubscription(r template.Resource) error {
	var in struct {
		Protocol, Endpoint, TopicArn string
		RedrivePolicy                struct{ DeadLetterTargetArn string }
		Region                       any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	t, ok := p.topics[in.TopicArn]
	switch {
	case !ok:
		p.notice(r, "its topic %s is not in this template", in.TopicArn)
	case in.Protocol != "http" && in.Protocol != "https":
		p.notice(r, "deliveries by %s cannot run here", in.Protocol)
	default:
		t.Subscriptions = append(t.Subscriptions, Subscription{in.Protocol, in.Endpoint, in.RedrivePolicy.DeadLetterTargetArn})
	}
	return nil
}

func (p *planner) addQueue(r template.Resource) error {
	var in struct {
		MessageRetentionPeriod int

		QueueName                  any // told by its attribute, also where the template gives none
		SqsManagedSseEnabled, Tags any // as with buckets
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	name, err := p.t.Attribute(r, "QueueName")
	if err != nil {
		return err
	}
	arn, err := p.t.Attribute(r, "Arn")
	if err != nil {
		return err
	}
	p.queues[arn] = &Queue{name, arn, cmp.Or(time.Duration(in.MessageRetentionPeriod)*time.Second, defaultRetention)}
	return nil
}

// checkTargets tells of rules and dead letters that lead nowhere here.
func (p *planner) checkTargets() {
	for _, f := range sorted(p.functions) {
		if f.OnFailure != "" && p.queues[f.OnFailure] == nil {
			p.notices = append(p.notices, Notice{f.Name, "function", "its on-failure destination " + f.OnFailure + " does not run here, so events that it fails on are only logged"})
		}
	}
	for _, t := range sorted(p.topics) {
		for _, s := range t.Subscriptions {
			if s.DeadLetters != "" && p.queues[s.DeadLetters] == nil {
				p.notices = append(p.notices, Notice{t.Name, "subscription", "its dead-letter queue " + s.DeadLetters + " does not run here, so messages that are not taken are only logged"})
			}
		}
	}
	for _, b := range sorted(p.buckets) {
		for _, rule := range b.Rules {
			if p.functions[rule.Target] == nil && p.topics[rule.Target] == nil {
				p.notices = append(p.notices, Notice{b.Name, "notification", "its target " + rule.Target + " does not run here, so its events go nowhere"})
			}
		}
	}
}

func sorted[T any](m map[string]*T) []T {
	all := make([]T, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, *m[k])
	}
	return all
}
