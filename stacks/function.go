package stacks

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/thumbing/thumbing/internal/settings"
)

const (
	// Lambda gives a processor's share in proportion to memory, a whole one with 1769 MB. Measured with these
	// shares, a photograph of 12 megapixels takes 87 ms with 512 MB, 37 with 1024 and 24 with 1769, and no less
	// with two processors. The work costs the same everywhere, but the wait for S3 is paid for too, by memory:
	// what 1769 MB would save in time is too little to see, and costs half as much again. All that is needed to
	// hold the largest picture that the limits let through is 115 MB.
	functionMemoryMB = 1024
	// Several times what the largest picture takes, waiting for S3 included.
	functionTimeoutSeconds = 30
	// Lambda's own default, and its most.
	functionRetries = 2
	// Lambda's most: an event that waits for its turn is not given up earlier.
	functionMaxEventAgeHours = 6
)

// bootstrap is the name of the executable that Lambda starts.
const bootstrap = "bootstrap"

// reach is what the function works with.
type reach struct {
	uploads, assets awss3.IBucket
	topic           awssns.Topic
	topicKey        awskms.Key
	letters         awssqs.Queue
}

// newThumbnailer makes the function that turns uploads into avatars.
func newThumbnailer(stack awscdk.Stack, s settings.Settings, code string, to reach) awslambda.Function {
	logs := newLogGroup(stack, "ThumbnailerLogs")
	props := &awslambda.FunctionProps{
		Description:   new("Turns each uploaded picture into an avatar"),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  architecture(s.Architecture),
		Handler:       new(bootstrap),
		Code:          awslambda.Code_FromAsset(new(code), nil),
		MemorySize:    new(float64(functionMemoryMB)),
		Timeout:       awscdk.Duration_Seconds(new(float64(functionTimeoutSeconds))),
		RetryAttempts: new(float64(functionRetries)),
		MaxEventAge:   awscdk.Duration_Hours(new(float64(functionMaxEventAgeHours))),
		OnFailure:     &onFailure{to.letters},
		Role:          newThumbnailerRole(stack, s, logs, to),
		LogGroup:      logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
		Environment:   environment(s, to),
		// A configuration that loops is refused by the settings and by the function; this is the third lock.
		RecursiveLoop: awslambda.RecursiveLoop_TERMINATE,
	}
	if s.Concurrency > 0 {
		props.ReservedConcurrentExecutions = new(float64(s.Concurrency))
	}
	if s.Tracing {
		props.Tracing = awslambda.Tracing_ACTIVE // the CDK adds the rights, which X-Ray gives on * only
	}
	return awslambda.NewFunction(stack, new("Thumbnailer"), props)
}

// newThumbnailerRole makes a role that may do what the function does, and nothing else.
//
// Of uploads it may read the current version, which it pins by ETag, and an older one: of an upload that was
// overwritten before it was read the avatar is made all the same, should the newer be rejected. Of avatars it may read what it is about
// to replace, whose metadata tell whether the upload is newer; S3 also wants s3:GetObject of whoever
// writes on condition of an ETag. It may list neither bucket, so S3 answers 403 instead of 404 for a key
// that does not exist. It tells the topic, which is encrypted, of rejected pictures; and it is with the function's rights that
// Lambda itself writes to the dead letters.
func newThumbnailerRole(stack awscdk.Stack, s settings.Settings, logs awslogs.LogGroup, to reach) awsiam.Role {
	role := awsiam.NewRole(stack, new("ThumbnailerRole"), &awsiam.RoleProps{
		Description: new("What the thumbnail function may do"),
		AssumedBy:   lambdaService(),
	})
	role.AddToPolicy(writeLogs(logs))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("ReadUploads"),
		Actions:   list("s3:GetObject", "s3:GetObjectVersion"),
		Resources: &[]*string{to.uploads.ArnForObjects(new(s.FolderInput + "*"))},
	}))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("WriteAvatars"),
		Actions:   list("s3:GetObject", "s3:PutObject"),
		Resources: &[]*string{to.assets.ArnForObjects(new(s.FolderOutput + "*"))},
	}))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("PublishRejections"),
		Actions:   list("sns:Publish"),
		Resources: &[]*string{to.topic.TopicArn()},
	}))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("UseTopicKey"),
		Actions:   list(useKey...),
		Resources: &[]*string{to.topicKey.KeyArn()},
	}))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("SendDeadLetters"),
		Actions:   list("sqs:SendMessage"),
		Resources: &[]*string{to.letters.QueueArn()},
	}))
	return role
}

// onFailure sends to a queue the events that the function failed on to the last. The CDK's own destination
// grants more than to send.
type onFailure struct{ queue awssqs.Queue }

// Bind names the queue.
func (d *onFailure) Bind(constructs.Construct, awslambda.IFunction, *awslambda.DestinationOptions) *awslambda.DestinationConfig {
	return &awslambda.DestinationConfig{Destination: d.queue.QueueArn()}
}

// newLogGroup makes a log group for one function. It goes with the stack.
func newLogGroup(stack awscdk.Stack, id string) awslogs.LogGroup {
	return awslogs.NewLogGroup(stack, new(id), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

// writeLogs allows a function to write to its own log group.
func writeLogs(logs awslogs.LogGroup) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("WriteLogs"),
		Actions:   list("logs:CreateLogStream", "logs:PutLogEvents"),
		Resources: &[]*string{logs.LogGroupArn()},
	})
}

func lambdaService() awsiam.ServicePrincipal {
	return awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil)
}

func architecture(name string) awslambda.Architecture {
	if name == settings.X8664 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

// environment is what the function reads at its start.
func environment(s settings.Settings, to reach) *map[string]*string {
	f := s.Function()
	f.SourceBucket, f.DestBucket, f.Topic = *to.uploads.BucketName(), *to.assets.BucketName(), *to.topic.TopicArn()
	variables := map[string]*string{
		// Room for what is not Go's heap: near this limit the collector works harder instead of dying.
		"GOMEMLIMIT": new(fmt.Sprintf("%dMiB", functionMemoryMB*9/10)),
	}
	for name, value := range f.Variables() {
		variables[name] = new(value)
	}
	return &variables
}

// machine is what an executable for the architecture, by AWS's name, says in its ELF header.
func machine(architecture string) elf.Machine {
	if architecture == settings.X8664 {
		return elf.EM_X86_64
	}
	return elf.EM_AARCH64
}

// CheckFunction refuses a project whose compiled function Lambda could not start on the architecture.
func CheckFunction(dir, architecture string) error {
	return checkFunction(functionFolder(dir), architecture)
}

// functionFolder is where the function is compiled to.
func functionFolder(dir string) string { return filepath.Join(dir, "build", "thumbnail") }

// checkFunction refuses a folder without an executable that Lambda could start on the architecture: a
// deployment would succeed, and every upload fail.
func checkFunction(code, architecture string) error {
	const hint = "run make build"
	path := filepath.Join(code, bootstrap)
	file, err := elf.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return problem{fmt.Errorf("the thumbnail function is not built: there is no %s", path), hint}
	}
	if err != nil {
		return problem{fmt.Errorf("the thumbnail function is no executable for Linux: %s: %w", path, err), hint}
	}
	defer file.Close()
	if file.Machine != machine(architecture) {
		return problem{fmt.Errorf("the thumbnail function is built for another processor: %s is of %s, and %s is %s",
			path, file.Machine, settings.Architecture, architecture), hint}
	}
	return nil
}
