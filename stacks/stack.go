// Package stacks is the CDK app: settings in, constructs out.
//
// [New] makes the one stack: a bucket for uploads and one for assets (or one for both), the thumbnail
// function between them, the topic that tells of processed and of rejected pictures, the queue for what
// could not be done, the distribution that serves the pictures, and the alarms. [Synth] writes it as a cloud assembly. The wiring of the pipeline is all here; what runs locally is read from the template.
//
// Construct ids are part of a deployed stack's identity: a renamed one replaces its resource.
package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/thumbing/thumbing/internal/settings"
)

// StackID is the stack's name.
const StackID = "ThumbingServerlessCdkStack"

// New makes the stack below scope, an app. Code is the folder that holds the function's executable,
// bootstrap.
//
// The stack is bound to no account or region: its template is the same for everyone, and whoever deploys
// it decides.
func New(scope constructs.Construct, s settings.Settings, code string) awscdk.Stack {
	stack := awscdk.NewStack(scope, new(StackID), &awscdk.StackProps{
		Description: new("Thumbing: turns uploaded pictures into avatars"),
	})
	b := newBuckets(stack, s)
	letters := newDeadLetters(stack, s)
	key := newTopicKey(stack)
	topic := newTopic(stack, s, key, letters)
	function := newThumbnailer(stack, s, code, reach{b.uploads, b.assets, topic, key, letters})

	notifyFunction(b.uploads, function, s.FolderInput)
	notifyTopic(b.assets, topic, s.TopicName, s.FolderOutput)
	narrowNotificationsHandler(stack)

	var cdn awscloudfront.Distribution
	if s.CDN {
		cdn = newCDN(stack, s, b)
	}
	if s.CDN && s.DomainName != "" && s.HostedZoneName != "" {
		newRecords(stack, s, cdn)
	}

	m := newMetrics(function, topic, letters, cdn)
	newDashboard(stack, m, newAlarms(stack, s, key, m))
	newOutputs(stack, s, b, function, topic, letters, cdn)
	return stack
}
